package i18n_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"wangge/dispatch/i18n"
)

func TestStray_FoundAndShown(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text, escaped, line, without string
		at                           int
	}{
		{"垃圾满溢, \"quoted\"\tand\nlines\r\n", "垃圾满溢, \"quoted\"\tand\nlines\r\n", "垃圾满溢, \"quoted\"\tand\\nlines\\n", "垃圾满溢, \"quoted\"\tand\nlines\r\n", 0},
		{"👩‍🚒 naïve \u200f", "👩‍🚒 naïve \u200f", "👩‍🚒 naïve \u200f", "👩‍🚒 naïve \u200f", 0},
		{"ok \x1b]0;t\x07\x1b[2J", `ok \u001b]0;t\u0007\u001b[2J`, `ok \u001b]0;t\u0007\u001b[2J`, "ok  ]0;t  [2J", 4},
		{"a\x00b", `a\u0000b`, `a\u0000b`, "a b", 2},
		{"a\rb", `a\u000db`, `a\u000db`, "a b", 2},
		{"\x7f", `\u007f`, `\u007f`, " ", 1},
		{"\u009b2J", `\u009b2J`, `\u009b2J`, " 2J", 1},
		{"甲\u202e乙\u2066丙\u2029", `甲\u202e乙\u2066丙\u2029`, `甲\u202e乙\u2066丙\u2029`, "甲乙丙", 2},
		{"bad \xff\xc3", `bad \xff\xc3`, `bad \xff\xc3`, "bad ", 5},
		{"\ufffd stands in it", "\ufffd stands in it", "\ufffd stands in it", "\ufffd stands in it", 0},
	} {
		_, at := i18n.Stray(tc.text)
		if at != tc.at || i18n.Escape(tc.text) != tc.escaped || i18n.OneLine(tc.text) != tc.line || i18n.Without(tc.text) != tc.without {
			t.Errorf("%q: at %d, %q, %q, %q", tc.text, at, i18n.Escape(tc.text), i18n.OneLine(tc.text), i18n.Without(tc.text))
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a\x1b\u202e\xff\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		out := i18n.Escape(text)
		if _, at := i18n.Stray(out); at != 0 || !utf8.ValidString(out) {
			t.Errorf("Escape(%q) = %q, which is stray at %d", text, out, at)
		}
		if _, at := i18n.Stray(i18n.Without(text)); at != 0 && !strings.Contains(text, "\r") {
			t.Errorf("Without(%q) is stray at %d", text, at)
		}
		if strings.ContainsAny(i18n.OneLine(text), "\n\r") {
			t.Errorf("OneLine(%q) has lines", text)
		}
		if !utf8.ValidString(text) {
			return
		}
		// What JSON says stays the same.
		encoded, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var back string
		if err := json.Unmarshal([]byte(i18n.Escape(string(encoded))), &back); err != nil || back != text {
			t.Errorf("%s says %q, %v; want %q", i18n.Escape(string(encoded)), back, err, text)
		}
	})
}
