package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"

	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
)

// JSON on standard output is one object a line, with the names of the wire; see JSON.md.

// Encode prints v as JSON on one line.
func Encode(w io.Writer, v any) error {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// Note prints a remark on standard error: a sentence, or with --json an object that holds the sentence as "note" beside the values of
// more.
func (o *Options) Note(cmd *cobra.Command, more map[string]any, text i18n.Text) {
	w := cmd.ErrOrStderr()
	if !o.JSON {
		fmt.Fprintln(w, i18n.OneLine(text.In(o.Lang)))
		return
	}
	line := map[string]any{"note": text.In(o.Lang)}
	maps.Copy(line, more)
	_ = Encode(w, line) // nobody is left to tell
}

// Beside is what a command prints beside its answer.
type Beside struct {
	Lines  []string       // in the language of --lang; texts of people are not escaped
	Fields map[string]any // the same by the names of the wire, for --json
}
