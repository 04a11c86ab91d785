package desk_test

import (
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/escalation"
)

// A milestone that is late, or a co-owner, puts a case on the overdue lists although its own deadline is far off,
// and takes it off when it is done.
func TestOverdue_LateMilestone(t *testing.T) {
	t.Parallel()
	dir := riverTown()
	dir["conditions.csv"] = []byte("code,condition,name,severity,limit,limit_unit,closing,milestone,after\nE1,1,坑洼,B,30,work_days,done,,\nE1,1,围挡,B,2,work_hours,fenced,fence,\nE4,1,塌陷,B,2,work_days,done,,\n")
	for _, tt := range []struct {
		category string
		late     time.Duration // after the filing
		settle   func(a *acts, cs *dispatch.Case) *dispatch.Case
	}{
		{"E1", 3 * time.Hour, func(a *acts, cs *dispatch.Case) *dispatch.Case {
			return a.at("owner-department-TEAM", cs, dispatch.Command{Act: dispatch.ActCompleteMilestone, Milestone: "fence"})
		}},
		{"E4", 0, func(a *acts, cs *dispatch.Case) *dispatch.Case {
			return a.at("owner-department-TEAM", cs, dispatch.Command{Act: dispatch.ActAssist})
		}},
	} {
		a, clock := river(t, dir)
		cs := a.file(watchman, reportAt(tt.category, 30.001, 120.0005, dispatch.SourceInspector))
		wants := func(n int) {
			t.Helper()
			for _, u := range []roster.Unit{{Kind: roster.UnitArea, ID: "c"}, {Kind: roster.UnitArea, ID: "b1"}, cs.Owner.Unit} {
				page, err := a.d.Overdue(t.Context(), mayor, view.Query{Scope: u})
				if err != nil || len(page.Cases) != n {
					t.Errorf("%s: %d overdue cases of %s, want %d: %v", tt.category, len(page.Cases), u, n, err)
				}
				rows, err := a.d.Summarize(t.Context(), mayor, u, clock.Now())
				if err != nil || rows[0].Overdue != n || (n > 0) != (rows[0].WorstLate > 0) {
					t.Errorf("%s: the summary of %s says %+v, want %d: %v", tt.category, u, rows[0], n, err)
				}
			}
		}
		wants(0)
		if tt.late == 0 { // being checked, the co-owner's part still open
			cs = a.at("owner-department-WORKS", cs, dispatch.Command{Act: dispatch.ActStart})
			clock.add(40 * 24 * time.Hour)
			cs = a.at("owner-department-WORKS", cs, dispatch.Command{Act: dispatch.ActResolve})
			cs = a.at("checker-area-c", cs, dispatch.Command{Act: dispatch.ActCheck, Passed: true})
			page, err := a.d.Overdue(t.Context(), mayor, view.Query{Scope: roster.Unit{Kind: roster.UnitArea, ID: "c"}})
			debts := escalation.Obligations(cs)
			if err != nil || len(page.Cases) != 1 || len(debts) != 1 || debts[0].Owner.Unit.ID != "TEAM" || debts[0].Owner.Duty != "fence" {
				t.Errorf("a late co-owner: %d overdue, owed %+v, %v", len(page.Cases), debts, err)
			}
			cs = tt.settle(a, cs)
			if len(escalation.Obligations(cs)) != 0 {
				t.Errorf("it still owes %+v", escalation.Obligations(cs))
			}
			continue
		}
		clock.add(tt.late)
		wants(1)
		if debts := escalation.Obligations(cs); len(debts) != 1 || debts[0].Milestone != "fence" || debts[0].Owner != cs.Owner {
			t.Errorf("it owes %+v", debts)
		}
		tt.settle(a, cs)
		wants(0)
	}
}
