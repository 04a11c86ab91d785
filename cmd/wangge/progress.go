package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// progress draws a bar on a terminal and is silent elsewhere.
type progress struct{ w io.Writer }

// newProgress draws on the error output of a command.
func newProgress(w io.Writer) *progress {
	if p, ok := w.(*plainWriter); ok {
		w = p.to // a bar is drawn over itself
	}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &progress{w}
		}
	}
	return &progress{io.Discard}
}

// show draws how much is done: a number of records, which are a share of all from 0 to 1.
func (b *progress) show(records int, share float64) {
	const width = 30
	full := min(int(share*width), width)
	fmt.Fprintf(b.w, "\r[%s%s] %3.0f %%  %d records", strings.Repeat("#", full), strings.Repeat(".", width-full), share*100, records)
}

// done ends the line of the bar.
func (b *progress) done() { fmt.Fprintln(b.w) }
