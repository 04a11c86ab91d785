package supposed_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"wangge/cmd/wangge/citytools/supposed"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/explain"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// Of a road that has fallen in, every person sent has a line with the limit to arrive and its end, and the work that follows one with
// what it follows. The inspector is sent to the report of a caller, and has arrived with a report of the own.
func TestPrintMilestones_OfEverybodyWhoIsSent(t *testing.T) {
	t.Parallel()
	c, err := cli.LoadCity("harbin")
	if err != nil {
		t.Fatal(err)
	}
	p, err := routing.PlaceOf(c, grid.Position{Lat: 45.755, Lng: 126.600, Datum: grid.WGS84})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 4, 16, 50, 0, 0, c.Location)
	for source, sent := range map[dispatch.Source]bool{dispatch.SourceHotline: true, dispatch.SourceInspector: false} {
		e, err := explain.CaseFrom(c, source, p, "E0505", "", at)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		supposed.PrintMilestones(&out, c, e.Milestones, e.Owner, "zh")
		for line, want := range map[string]bool{
			"到场，市政设施养护中心：30 分钟，截止 2026-03-04 17:20": true, "围护，市政设施养护中心：1 小时，在 到场 之后起算": true,
			"到场，道里区 监督员：30 分钟，截止 2026-03-04 17:20": sent,
		} {
			if got := strings.Contains(out.String(), line); got != want {
				t.Errorf("source %d: %q is printed: %v, want %v, in\n%s", source, line, got, want, out.String())
			}
		}
	}
}
