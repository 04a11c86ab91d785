package i18n_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/i18n"
)

func TestText_ErrorInBothLanguages(t *testing.T) {
	t.Parallel()
	_, missing := os.Open("no-such-file")
	inner := i18n.Errorf("%q is no time", "%q 不是时间", "x")
	for _, tc := range []struct {
		err    error
		en, zh string
	}{
		{inner, `"x" is no time`, `"x" 不是时间`},
		{fmt.Errorf("--until %w", inner), `--until "x" is no time`, `--until "x" 不是时间`},
		{errors.Join(inner, i18n.Errorf("two", "二")), "\"x\" is no time\ntwo", "\"x\" 不是时间\n二"},
		{i18n.Errorf("d holds no store: %v", "d 中没有数据：%v", missing), "d holds no store: open no-such-file: no such file or directory", "d 中没有数据：no-such-file：文件或目录不存在"},
		{errors.New("plain"), "plain", "plain"},
	} {
		if got := i18n.Of(tc.err); got.En != tc.en || got.Zh != tc.zh {
			t.Errorf("Of(%v) = %+v, want %q, %q", tc.err, got, tc.en, tc.zh)
		}
	}
	if err := i18n.Errorf("a: %v", "甲：%v", missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v hides its cause", err)
	}
}

// Whatever is put into a sentence is said in the sentence's language: errors of files and of readers, texts.
func TestText_ArgumentsFollowTheLanguage(t *testing.T) {
	t.Parallel()
	_, missing := os.Open("no-such-file")
	_, quote := csv.NewReader(strings.NewReader("a,\"b\nc")).ReadAll()
	_, bare := csv.NewReader(strings.NewReader("a,b\"\n")).ReadAll()
	_, count := csv.NewReader(strings.NewReader("a,b\nc\n")).ReadAll()
	syntax := json.Unmarshal([]byte(`{"a" 1}`), new(any))
	for _, tc := range []struct {
		arg    any
		en, zh string
	}{
		{missing, "open no-such-file: no such file or directory", "no-such-file：文件或目录不存在"},
		{fmt.Errorf("a.csv: %w", missing), "a.csv: open no-such-file: no such file or directory", "a.csv: no-such-file：文件或目录不存在"},
		{quote, `record on line 1; parse error on line 2, column 2: extraneous or missing " in quoted-field`, "第 2 行第 2 列：引号多余或不成对"},
		{bare, `parse error on line 1, column 4: bare " in non-quoted-field`, "第 1 行第 4 列：未加引号的单元格中有引号"},
		{count, "record on line 2: wrong number of fields", "第 2 行第 1 列：单元格个数与表头不同"},
		{syntax, "invalid character '1' after object key", "第 6 个字节处不符合 JSON 语法"},
		{i18n.F("two", "二"), "two", "二"},
		{7, "7", "7"},
	} {
		got := i18n.F("can't be read: %v", "无法读取：%v", tc.arg)
		if got.En != "can't be read: "+tc.en || got.Zh != "无法读取："+tc.zh {
			t.Errorf("F(%v) = %+v, want %q, %q", tc.arg, got, tc.en, tc.zh)
		}
	}
}

func TestText_Measures(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 9, 30, 16, 0, 5, 0, time.UTC)
	for _, tc := range []struct {
		got    i18n.Text
		en, zh string
	}{
		{i18n.Metres(40.2), "40 m", "40 米"},
		{i18n.Metres(1234), "1.2 km", "1.2 公里"},
		{i18n.Metres(7939235), "7939 km", "7939 公里"},
		{i18n.Lasting(26 * time.Hour), "1 d 2 h", "1 天 2 小时"},
		{i18n.Lasting(24*time.Hour + 5*time.Minute), "1 d", "1 天"},
		{i18n.Lasting(90 * time.Second), "1 min 30 s", "1 分 30 秒"},
		{i18n.Lasting(0), "0 s", "0 秒"},
		{i18n.Day(at), "Wed 2026-09-30 16:00:05", "周三 2026-09-30 16:00:05"},
		{i18n.Day(at.Truncate(time.Minute)), "Wed 2026-09-30 16:00", "周三 2026-09-30 16:00"},
	} {
		if tc.got.En != tc.en || tc.got.Zh != tc.zh {
			t.Errorf("got %+v, want %q, %q", tc.got, tc.en, tc.zh)
		}
	}
}

// A word has the form of the number before it, in English; what is printed of texts of people stays as it is.
func TestF_Plural(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		format string
		args   []any
		want   string
	}{
		{"%d {case|cases} moved", []any{1}, "1 case moved"},
		{"%d {case|cases} moved", []any{0}, "0 cases moved"},
		{"%d {case|cases} moved", []any{uint64(1)}, "1 case moved"},
		{"%d {case|cases}, %d {deadline|deadlines} moved", []any{2, 1}, "2 cases, 1 deadline moved"},
		{"%[2]s: %[1]d {case|cases} {was|were} not acted on", []any{1, "A"}, "A: 1 case was not acted on"},
		{"{1:is|are} there %d {way|ways}?", []any{1}, "is there 1 way?"},
		{"%.1[2]f %% of %5[1]d {case|cases}", []any{1, 2.5}, "2.5 % of     1 case"},
		{"%s {case|cases}", []any{"1 {a|b}"}, "1 {a|b} cases"},
		{"nudge: {after: 1 work_days, whom: owner}", nil, "nudge: {after: 1 work_days, whom: owner}"},
	} {
		if got := i18n.F(tc.format, "", tc.args...).En; got != tc.want {
			t.Errorf("F(%q, %v) = %q, want %q", tc.format, tc.args, got, tc.want)
		}
	}
}
