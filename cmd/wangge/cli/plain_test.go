package cli

import (
	"bytes"
	"testing"
)

// A character, or a line end, that is written in two parts is one.
func TestPlain_CharactersWrittenInParts(t *testing.T) {
	t.Parallel()
	text := "甲\u202e乙\r\n👩‍🚒\x1b[2J\u009b\xff end\r"
	want := "甲\\u202e乙\r\n👩‍🚒\\u001b[2J\\u009b\\xff end\\u000d"
	for size := 1; size < 8; size++ {
		var out bytes.Buffer
		p := newPlainWriter(&out)
		for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			if n, err := p.Write(rest[:min(size, len(rest))]); err != nil || n != min(size, len(rest)) {
				t.Fatalf("Write = %d, %v", n, err)
			}
		}
		p.flush()
		if out.String() != want {
			t.Errorf("%d bytes at a time: %q, want %q", size, out.String(), want)
		}
	}
}
