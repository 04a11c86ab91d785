package cli

import (
	"bytes"
	"io"
	"sync"
	"unicode/utf8"

	"wangge/dispatch/i18n"
)

// plainWriter is the writer of everything that is printed. It escapes characters on which a terminal would act, or that hide what a text
// really is; see i18n.Escape. Safe for concurrent use.
type plainWriter struct {
	to   io.Writer
	mu   sync.Mutex
	rest []byte // the beginning of a character
}

func newPlainWriter(to io.Writer) *plainWriter { return &plainWriter{to: to} }

// Write implements io.Writer. An incomplete character is kept until the rest of it is written.
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

// incomplete is the number of bytes at the end of b that begin a character, or a line end, without completing it.
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

// flush writes the incomplete character that is kept, if any.
func (p *plainWriter) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rest) > 0 {
		_, _ = io.WriteString(p.to, i18n.Escape(string(p.rest))) // the stream ends: nobody is left to tell
	}
	p.rest = nil
}
