package say_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
	"time"
	"wangge/dispatch/say"
)

func TestAnErrorIsSaidInBothLanguages(t *testing.T) {
	_, missing := os.Open("no-such-file")
	inner := say.Errorf("%q is no time", "%q 不是时间", "x")
	for _, tc := range []struct {
		err    error
		en, zh string
	}{
		{inner, `"x" is no time`, `"x" 不是时间`},
		{fmt.Errorf("--until %w", inner), `--until "x" is no time`, `--until "x" 不是时间`},
		{errors.Join(inner, say.Errorf("two", "二")), "\"x\" is no time\ntwo", "\"x\" 不是时间\n二"},
		{say.Errorf("d holds no store: %v", "d 中没有数据：%v", missing), "d holds no store: open no-such-file: no such file or directory", "d 中没有数据：no-such-file：文件或目录不存在"},
		{errors.New("plain"), "plain", "plain"},
	} {
		if got := say.Of(tc.err); got.En != tc.en || got.Zh != tc.zh {
			t.Errorf("Of(%v) = %+v, want %q, %q", tc.err, got, tc.en, tc.zh)
		}
	}
	if err := say.Errorf("a: %v", "甲：%v", missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v hides its cause", err)
	}
}

func TestMeasures(t *testing.T) {
	at := time.Date(2026, 9, 30, 16, 0, 5, 0, time.UTC)
	for _, tc := range []struct {
		got    say.Text
		en, zh string
	}{
		{say.Metres(40.2), "40 m", "40 米"},
		{say.Metres(1234), "1.2 km", "1.2 公里"},
		{say.Metres(7939235), "7939 km", "7939 公里"},
		{say.Lasting(26 * time.Hour), "1 d 2 h", "1 天 2 小时"},
		{say.Lasting(24*time.Hour + 5*time.Minute), "1 d", "1 天"},
		{say.Lasting(90 * time.Second), "1 min 30 s", "1 分 30 秒"},
		{say.Lasting(0), "0 s", "0 秒"},
		{say.Day(at), "Wed 2026-09-30 16:00:05", "周三 2026-09-30 16:00:05"},
		{say.Day(at.Truncate(time.Minute)), "Wed 2026-09-30 16:00", "周三 2026-09-30 16:00"},
	} {
		if tc.got.En != tc.en || tc.got.Zh != tc.zh {
			t.Errorf("got %+v, want %q, %q", tc.got, tc.en, tc.zh)
		}
	}
}
