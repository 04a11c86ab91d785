package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Progress draws a bar on a terminal, and nothing elsewhere.
type Progress struct{ w io.Writer }

// NewProgress returns a bar on the error output of a command.
func NewProgress(w io.Writer) *Progress {
	if p, ok := w.(*plainWriter); ok {
		w = p.to // a bar is drawn over itself
	}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &Progress{w}
		}
	}
	return &Progress{io.Discard}
}

// Show draws the bar: the number of records that are done, and their share of all records, from 0 to 1.
func (b *Progress) Show(records int, share float64) {
	const width = 30
	full := min(int(share*width), width)
	fmt.Fprintf(b.w, "\r[%s%s] %3.0f %%  %d records", strings.Repeat("#", full), strings.Repeat(".", width-full), share*100, records)
}

// Done ends the line of the bar.
func (b *Progress) Done() { fmt.Fprintln(b.w) }
