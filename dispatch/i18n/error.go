package i18n

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// Error is an error with its sentence in both languages.
type Error struct {
	Text   Text
	causes []error
}

// Errorf formats an error in both languages. An argument that is an error is formatted in each language too, and
// errors.Is and errors.As find that error.
func Errorf(en, zh string, args ...any) error {
	e := &Error{Text: F(en, zh, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			e.causes = append(e.causes, err)
		}
	}
	return e
}

// Error implements error, in English.
func (e *Error) Error() string { return e.Text.En }

// Localized returns the sentence in both languages.
func (e *Error) Localized() Text { return e.Text }

// Unwrap returns the errors among the arguments.
func (e *Error) Unwrap() []error { return e.causes }

// Of returns the text of an error in both languages. An error type with a method Localized() Text supplies its own text. In
// any other error, each wrapped error that has a Chinese text is translated and the rest stays as written.
func Of(err error) Text {
	t := Text{En: err.Error(), Zh: err.Error()}
	if e, ok := err.(interface{ Localized() Text }); ok {
		return e.Localized()
	}
	var inner []error
	switch e := err.(type) { //nolint:errorlint // each layer is looked at by itself
	case *fs.PathError:
		if zh := systemWords(e.Err); zh != "" {
			t.Zh = e.Path + "：" + zh
		}
		return t
	case syscall.Errno:
		if zh := systemWords(e); zh != "" {
			t.Zh = zh
		}
		return t
	case *csv.ParseError:
		if zh := csvWords(e.Err); zh != "" {
			t.Zh = fmt.Sprintf("第 %d 行第 %d 列：%s", e.Line, e.Column, zh)
		}
		return t
	case *json.SyntaxError:
		t.Zh = fmt.Sprintf("第 %d 个字节处不符合 JSON 语法", e.Offset)
		return t
	case interface{ Unwrap() []error }:
		inner = e.Unwrap()
	case interface{ Unwrap() error }:
		inner = []error{e.Unwrap()}
	}
	for _, in := range inner {
		if in != nil {
			t.Zh = strings.Replace(t.Zh, in.Error(), Of(in).Zh, 1)
		}
	}
	return t
}

// csvWords returns the Chinese text of an error of package csv; "" for a rare one.
func csvWords(err error) string {
	switch {
	case errors.Is(err, csv.ErrQuote):
		return "引号多余或不成对"
	case errors.Is(err, csv.ErrBareQuote):
		return "未加引号的单元格中有引号"
	case errors.Is(err, csv.ErrFieldCount):
		return "单元格个数与表头不同"
	}
	return ""
}

// systemWords returns the Chinese text of an error of the operating system; "" for a rare one.
func systemWords(err error) string {
	for _, w := range []struct {
		is error
		zh string
	}{
		{fs.ErrNotExist, "文件或目录不存在"},
		{fs.ErrPermission, "没有权限"},
		{fs.ErrExist, "已存在"},
		{syscall.ENOTDIR, "不是目录"},
		{syscall.EISDIR, "是目录，不是文件"},
		{syscall.ENOSPC, "磁盘空间不足"},
		{syscall.EDQUOT, "磁盘配额已用完"},
		{syscall.EROFS, "文件系统只读"},
		{syscall.EIO, "磁盘读写出错"},
		{syscall.EADDRINUSE, "地址已被占用"},
		{syscall.EADDRNOTAVAIL, "本机没有该地址"},
		{syscall.ECONNREFUSED, "连接被拒绝"},
	} {
		if errors.Is(err, w.is) {
			return w.zh
		}
	}
	return ""
}
