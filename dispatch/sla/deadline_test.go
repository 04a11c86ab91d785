package sla_test

import (
	"strings"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/citytest"
)

// Next year's holidays are not published yet: the report is filed with a provisional deadline.
func TestDeadline_ProvisionalAtYearEnd(t *testing.T) {
	t.Parallel()
	dir := citytest.ToyDirectory()
	c := citytest.Varied(t, map[string]string{
		"categories.csv": strings.Replace(string(dir["categories.csv"]), "Stall,C,2,work_days", "Stall,C,4,work_days", 1),
		"calendar.yaml":  strings.Replace(string(dir["calendar.yaml"]), "require_holidays: false", "require_holidays: true", 1),
	})
	cs := casetest.FileToy(t, c, citytest.Stall, dispatch.SourceInspector, casetest.At(c, "2026-12-31 16:00"))
	if cs.Stage != dispatch.Dispatched || !cs.Clock.Provisional || cs.Clock.Due.Year() != 2027 {
		t.Errorf("%s, clock %+v; want dispatched with a provisional deadline", cs.Stage, cs.Clock)
	}
	if cs = casetest.FileToy(t, c, citytest.Stall, dispatch.SourceInspector, casetest.At(c, "2026-12-21 16:00")); cs.Clock.Provisional || cs.Clock.Due.Year() != 2026 {
		t.Errorf("ten days earlier: clock %+v; want a deadline within the published year", cs.Clock)
	}
}
