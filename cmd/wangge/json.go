package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"

	"github.com/spf13/cobra"

	"wangge/dispatch/i18n"
)

// JSON on standard output is one object a line, by the names of the wire: see JSON.md.

// encode prints one JSON object on a line.
func encode(w io.Writer, v any) error {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// note says on standard error what the output does not: a sentence for people; with --json an object with the sentence as
// note, beside the values of more.
func (o *options) note(cmd *cobra.Command, more map[string]any, text i18n.Text) {
	w := cmd.ErrOrStderr()
	if !o.json {
		fmt.Fprintln(w, i18n.OneLine(text.In(o.lang)))
		return
	}
	line := map[string]any{"note": text.In(o.lang)}
	maps.Copy(line, more)
	_ = encode(w, line) // nobody is left to tell
}
