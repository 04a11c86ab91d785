package cli

import (
	"bytes"
	"io"
	"sync"
	"unicode/utf8"

	"wangge/dispatch/i18n"
)

// plainWriter is the one place through which everything is printed: characters that a terminal would
// act on, or that show a text as it is not, are written as i18n.Escape writes them. Safe for concurrent use.
type plainWriter struct {
	to   io.Writer
	mu   sync.Mutex
	rest []byte // the beginning of a character
}

func newPlainWriter(to io.Writer) *plainWriter { return &plainWriter{to: to} }

// Write implements io.Writer. The beginning of a character waits for its end.
func (p *plainWriter) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := b
	if len(p.rest) > 0 {
		all = append(p.rest, b...)
	}
	whole := len(all) - incomplete(all)
	p.rest = bytes.Clone(all[whole:])
	if whole == 0 {
		return len(b), nil
	}
	if _, err := io.WriteString(p.to, i18n.Escape(string(all[:whole]))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// incomplete is how many bytes at the end begin a character, or a line end, that is not whole.
func incomplete(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if tail[0] >= utf8.RuneSelf && !utf8.FullRune(tail) || n == 1 && tail[0] == '\r' {
				return n
			}
			return 0
		}
	}
	return 0
}

// flush writes what still waits for its end.
func (p *plainWriter) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rest) > 0 {
		_, _ = io.WriteString(p.to, i18n.Escape(string(p.rest))) // the stream ends: nobody is left to tell
	}
	p.rest = nil
}
