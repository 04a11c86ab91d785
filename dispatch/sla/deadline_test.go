package sla_test

import (
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/calendar"
)

// Next year's holidays are not published yet: the report is filed with a provisional deadline.
func TestDeadline_ProvisionalAtYearEnd(t *testing.T) {
	t.Parallel()
	c := casetest.Harbin(t)
	for code, cat := range c.Categories {
		if limit := cat.Conditions[0].Limit; limit.Unit == calendar.WorkDays && limit.N > 3 {
			cs := casetest.File(t, c, code, dispatch.SourceInspector, casetest.At(c, "2026-12-31 16:00"))
			if cs.Stage != dispatch.Dispatched || !cs.Clock.Provisional || cs.Clock.Due.Year() != 2027 {
				t.Errorf("%s: %s, clock %+v; want dispatched with a provisional deadline", code, cs.Stage, cs.Clock)
			}
			return
		}
	}
	t.Error("no category has a limit in work days")
}
