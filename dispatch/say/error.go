package say

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Error is an error whose sentence is in both languages.
type Error struct {
	Text   Text
	causes []error
}

// Errorf is an error in both languages. An argument that is an error is said in each of them too, and
// found by errors.Is and errors.As.
func Errorf(en, zh string, args ...any) error {
	e := &Error{}
	inZh := make([]any, len(args))
	for i, a := range args {
		inZh[i] = a
		if err, ok := a.(error); ok {
			e.causes, inZh[i] = append(e.causes, err), Of(err).Zh
		}
	}
	e.Text = Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, inZh...)}
	return e
}

// Error implements error, in English.
func (e *Error) Error() string { return e.Text.En }

// Said is the sentence in both languages.
func (e *Error) Said() Text { return e.Text }

// Unwrap gives the errors among the arguments.
func (e *Error) Unwrap() []error { return e.causes }

// Of is what an error says in both languages. What it wraps is put into Chinese where it has a
// Chinese sentence; the rest stays as it is. A type of error says itself with a method Said.
func Of(err error) Text {
	t := Text{En: err.Error(), Zh: err.Error()}
	if e, ok := err.(interface{ Said() Text }); ok { //nolint:errorlint // each layer is looked at by itself
		return e.Said()
	}
	var inner []error
	switch e := err.(type) { //nolint:errorlint // each layer is looked at by itself
	case *fs.PathError:
		if errors.Is(e.Err, fs.ErrNotExist) {
			t.Zh = e.Path + "：文件或目录不存在"
		}
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
