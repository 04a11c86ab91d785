package lifecycle_test

import (
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/lifecycle"
)

// twoTrees is the toy city with platforms in which a fallen tree and a leaning one have limits of their own.
func twoTrees(t *testing.T) *city.City {
	t.Helper()
	files := map[string]string{city.ExpectationsFile: ""}
	for name, data := range citytest.PlatformsDirectory() {
		files[name] = string(data)
	}
	files["conditions.csv"] = "code,condition,name,severity,limit,limit_unit,closing,milestone,after\n" +
		"E0301,1,倒伏,B,1,work_days,清除,,\nE0301,2,倾斜,C,5,work_days,扶正,,\n"
	return citytest.Varied(t, files)
}

// reopened takes a case up again, as the desk does.
func reopened(t *testing.T, c *city.City, cs *dispatch.Case, at time.Time) *dispatch.Case {
	t.Helper()
	r := lifecycle.Reopened(cs, citytest.Acceptor, at)
	return filed(t, c, cs.ID+1, &lifecycle.Filing{Report: &r, Place: &cs.Place, Reopens: cs}, at)
}

func filed(t *testing.T, c *city.City, id dispatch.CaseID, f *lifecycle.Filing, at time.Time) *dispatch.Case {
	t.Helper()
	events, err := lifecycle.Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: at, Actor: citytest.Acceptor}, lifecycle.Facts{Filing: f}, c)
	if err != nil {
		t.Fatal(err)
	}
	return dispatch.FoldNew(id, events)
}

// A tree on a power line was judged severity A, which its condition is not. When the matter comes back, the case is again of
// severity A, judged, with the limit of severity A.
func TestReopen_KeepsTheJudgedSeverity(t *testing.T) {
	t.Parallel()
	c := twoTrees(t)
	d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")}
	d.cs = casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, d.at)
	d.do(dispatch.ActAccept, citytest.Acceptor, func(cmd *dispatch.Command) {
		cmd.Condition, cmd.Severity, cmd.Note = "2", catalog.SeverityA, "压在电线上"
	})
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	d.later(60)
	n := reopened(t, c, d.cs, d.at)
	if n.Stage != dispatch.Dispatched || n.Severity != catalog.SeverityA || !n.Judged || n.Condition != "2" || n.Clock.Limit != d.cs.Clock.Limit {
		t.Errorf("taken up again: %s, condition %q, severity %v, judged %t, limit %v; want dispatched as severity A with %v",
			n.Stage, n.Condition, n.Severity, n.Judged, n.Clock.Limit, d.cs.Clock.Limit)
	}
	if n.Reopens != d.cs.ID {
		t.Errorf("takes up case %s, want %s", n.Reopens, d.cs.ID)
	}
}

// A case that was closed before anybody had chosen its condition waits for the desk when it is taken up again: no condition
// is a default.
func TestReopen_WithoutAConditionTheDeskChooses(t *testing.T) {
	t.Parallel()
	c := twoTrees(t)
	at := casetest.At(c, "2026-04-08 09:00")
	closed := casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, at)
	closed.Report.Condition = ""
	closed = filed(t, c, closed.ID, &lifecycle.Filing{Report: &closed.Report, Place: &closed.Place}, at)
	if closed.Stage != dispatch.Reported || closed.Condition != "" {
		t.Fatalf("the report is %s under condition %q, want it to wait without one", closed.Stage, closed.Condition)
	}
	n := reopened(t, c, closed, at)
	if n.Stage != dispatch.Reported || n.Condition != "" || n.Severity != catalog.SeverityB || n.Reopens != closed.ID {
		t.Errorf("taken up again: %s, condition %q, severity %v, of case %s; want a report that waits, as severe as can be",
			n.Stage, n.Condition, n.Severity, n.Reopens)
	}
}
