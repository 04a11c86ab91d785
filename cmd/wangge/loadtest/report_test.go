package loadtest

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/cli/clitest"
)

// A run with errors ends with exit 1, for people and with --json, and its totals are in both languages.
func TestReport_LoadWithErrorsFails(t *testing.T) {
	t.Parallel()
	for _, asJSON := range []bool{false, true} {
		for lang, words := range map[string][]string{"en": {"per second", "first error: refused"}, "zh": {"每秒", "首个错误：refused"}} {
			o := &cli.Options{JSON: asJSON, Lang: lang}
			var out bytes.Buffer
			if err := report(&out, o, []Measure{{Phase: "reports", Done: 1, Errors: 1, FirstErr: "refused"}, {Phase: "pages", Done: 1}}); !errors.Is(err, cli.ErrFound) {
				t.Errorf("json %v: %v", asJSON, err)
			}
			if asJSON {
				if got := clitest.JSONLines(t, []string{"load"}, out.String(), time.UTC); len(got) != 2 {
					t.Errorf("load --json printed %s", &out)
				}
				continue
			}
			for _, w := range words {
				if !strings.Contains(out.String(), w) {
					t.Errorf("load --lang %s printed %q, want %q", lang, &out, w)
				}
			}
			if err := report(&out, o, []Measure{{Phase: "reports", Done: 1}}); err != nil {
				t.Error(err)
			}
		}
	}
}
