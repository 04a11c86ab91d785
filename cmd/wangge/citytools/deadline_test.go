package citytools

import (
	"bytes"
	"strings"
	"testing"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/sla"
)

// A deadline in a year whose holidays are not out says so, in both languages.
func TestPrintDeadline_Provisional(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"en": "provisional: it reaches a year", "zh": "暂定：所及年份"} {
		for _, provisional := range []bool{false, true} {
			var out bytes.Buffer
			if err := printDeadline(&out, &cli.Options{Lang: lang}, sla.Deadline{Provisional: provisional}, cli.Beside{}); err != nil || strings.Contains(out.String(), want) != provisional {
				t.Errorf("%s, provisional %v: printed %s, %v", lang, provisional, &out, err)
			}
		}
	}
}
