package lifecycle

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/routing"
)

// A report of severity A that the city would dispatch at once doesn't end in a case on which nobody works yet: it would lose its
// dispatch, and its owner would be told nothing.
func TestDuplicate_UrgentReportKeepsItsDispatch(t *testing.T) {
	t.Parallel()
	c := lifeCity()
	place, err := routing.PlaceOf(c, north(0))
	if err != nil {
		t.Fatal(err)
	}
	r := &dispatch.Report{ClientID: "r", Reporter: "p-230102-inspector-1", Source: dispatch.SourceInspector, Category: "C0101", Condition: "1", Position: north(0), CapturedAt: lifeStart, ReceivedAt: lifeStart, Joins: 7}
	for _, stage := range []dispatch.Stage{dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Returned, dispatch.Arbitration, dispatch.Suspended} {
		to := &dispatch.Case{ID: 7, Stage: stage, Category: "C0101", Severity: catalog.SeverityA, Place: place, Report: dispatch.Report{Reporter: "other", Category: "C0101", ReceivedAt: lifeStart.Add(-10 * time.Minute)}}
		events, err := Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: lifeStart, Actor: r.Reporter}, Facts{Filing: &Filing{Report: r, Place: &place}, Other: to}, c)
		if err != nil {
			t.Fatal(err)
		}
		if cs := dispatch.FoldAll(&dispatch.Case{ID: 9}, events); cs.Stage != dispatch.Dispatched || cs.Proposed != 7 {
			t.Errorf("into a case that is %s: %s, merged into %d; want it dispatched, with case 7 proposed", stage, cs.Stage, cs.MergedInto)
		}
		// The same by the act of an acceptor: work in hand isn't stopped for a report that nobody has taken up.
		mine := &dispatch.Case{ID: 9, Stage: dispatch.Handling, Category: "C0101", Severity: catalog.SeverityA, Place: place, Report: dispatch.Report{ReceivedAt: lifeStart}}
		if CheckMerge(c, mine, to, dispatch.Command{Act: dispatch.ActMerge, Target: 7, At: lifeStart}) == nil {
			t.Errorf("a case of severity A in handling may be merged into one that is %s", stage)
		}
	}
}

// Every act of the life of a case into which a report of severity A was merged: an act by which the case would leave the work
// unfixed, become less urgent or another matter is refused, and names the merged report; after every other act somebody has the
// case, as urgent as before.
func TestJoined_UrgentReportKeepsItsWork(t *testing.T) {
	t.Parallel()
	family := func(cmd *dispatch.Command) { cmd.Category, cmd.Condition = "E0401", "" }
	for _, tt := range []struct {
		name  string
		act   dispatch.Act // tried at each stage from which it starts
		with  func(*dispatch.Command)
		first bool // nothing was asked for yet
		keeps bool
	}{
		{"rejected", dispatch.ActReject, nil, false, false},
		{"voided", dispatch.ActVoid, nil, false, false},
		{"put right on the spot", dispatch.ActSelfResolve, nil, false, false},
		{"a suspension is asked for", dispatch.ActSuspend, nil, false, false},
		{"put off", dispatch.ActDecideSuspension, nil, false, false},
		{"not put off", dispatch.ActDecideSuspension, func(cmd *dispatch.Command) { cmd.Passed = false }, false, true},
		{"closed without a fix", dispatch.ActClose, func(cmd *dispatch.Command) { cmd.Outcome = dispatch.OutcomeNotFixed }, false, false},
		{"closed as fixed", dispatch.ActClose, nil, false, true},
		{"a closing by force is asked for", dispatch.ActForceClose, nil, true, false},
		{"closed by force", dispatch.ActForceClose, nil, false, false},
		{"closed by force, as fixed", dispatch.ActForceClose, func(cmd *dispatch.Command) { cmd.Outcome = dispatch.OutcomeFixed }, false, false},
		{"judged less severe on acceptance", dispatch.ActAccept, func(cmd *dispatch.Command) { cmd.Severity = catalog.SeverityB }, false, false},
		{"accepted under a condition of severity B", dispatch.ActAccept, func(cmd *dispatch.Command) { cmd.Condition = "2" }, false, false},
		{"accepted as urgent", dispatch.ActAccept, nil, false, true},
		{"judged less severe later", dispatch.ActReclassify, func(cmd *dispatch.Command) { cmd.Condition, cmd.Severity = "", catalog.SeverityC }, false, false},
		{"under a less severe condition", dispatch.ActReclassify, nil, false, false},
		{"another family, as urgent", dispatch.ActReclassify, func(cmd *dispatch.Command) { family(cmd); cmd.Severity = catalog.SeverityA }, false, false},
		{"returned", dispatch.ActReturn, nil, false, true},
		{"referred to an arbiter", dispatch.ActRefer, nil, false, true},
		{"ruled upon", dispatch.ActArbitrate, nil, false, true},
		{"dispatched", dispatch.ActDispatch, nil, false, true},
		{"given to another owner", dispatch.ActReroute, nil, false, true},
		{"found on the ground", dispatch.ActConfirm, nil, false, true},
		{"not found on the ground", dispatch.ActConfirm, func(cmd *dispatch.Command) { cmd.Passed = false }, false, true},
		{"reported done", dispatch.ActResolve, nil, false, true},
		{"a check that fails", dispatch.ActCheck, func(cmd *dispatch.Command) { cmd.Passed = false }, false, true},
	} {
		row, _ := rowOf(tt.act)
		if !tt.keeps && !slices.Contains(row.lookUps, LookUpJoined) {
			t.Errorf("%s: the desk looks up no merged cases for %s", tt.name, tt.act)
		}
		for _, stage := range row.from {
			l := lives(t, stage)
			if !tt.first {
				l.ready(tt.act)
			}
			if tt.act != dispatch.ActSelfResolve { // a small matter
				l.cs.Severity = catalog.SeverityA
			}
			if tt.act == dispatch.ActAccept {
				l.cs.Condition = "1"
			}
			cmd := l.full(tt.act)
			if tt.with != nil {
				tt.with(&cmd)
			}
			if _, err := l.try(cmd); err != nil {
				t.Errorf("%s, of a case that is %s, with nothing merged into it: %v", tt.name, stage, err)
				continue
			}
			l.facts.Joined = []*dispatch.Case{
				{ID: 8, Stage: dispatch.Merged, MergedInto: 42, Category: "C0101", Severity: catalog.SeverityB},
				{ID: 9, Stage: dispatch.Merged, MergedInto: 42, Category: "C0101", Severity: catalog.SeverityA},
			}
			events, err := l.try(cmd)
			var refused *dispatch.RefusedError
			switch {
			case tt.keeps && err != nil:
				t.Errorf("%s, of a case that is %s: %v", tt.name, stage, err)
			case tt.keeps:
				if n := dispatch.FoldAll(l.cs, events); !n.Open() && n.Outcome != dispatch.OutcomeFixed || n.Open() && (n.NextAt.IsZero() || n.Severity != catalog.SeverityA) {
					t.Errorf("%s, of a case that is %s: it is %s, of severity %d, and waits for %v", tt.name, stage, n.Stage, n.Severity, n.NextAt)
				}
			case !errors.As(err, &refused):
				t.Errorf("%s, of a case that is %s: %v, want refused", tt.name, stage, err)
			case !strings.Contains(refused.Why.En, dispatch.CaseID(9).String()) || !strings.Contains(refused.Why.Zh, "A 级案件 "+dispatch.CaseID(9).String()):
				t.Errorf("%s, of a case that is %s: %q, want the merged report named", tt.name, stage, refused.Why)
			}
			l.facts.Joined = l.facts.Joined[:1] // nothing urgent: nothing is refused
			if _, err := l.try(cmd); err != nil {
				t.Errorf("%s, of a case that is %s, with a report of severity B: %v", tt.name, stage, err)
			}
		}
	}
}

// Every act by which a case may end, be put off or become less severe looks up what was merged into the case; so does every act
// that is added. A merge takes what was merged into the case along, to a case on which somebody works; unmerged, the case is at its
// stage before.
func TestJoined_IsLookedUpWhereWorkMayEnd(t *testing.T) {
	t.Parallel()
	for i := range transitions {
		row := &transitions[i]
		ends := slices.ContainsFunc(row.to, func(s dispatch.Stage) bool {
			return row.act != dispatch.ActUnmerge && s != dispatch.Merged && (s == dispatch.Suspended || !slices.Contains(openStages, s))
		})
		judges := slices.Contains(row.may, dispatch.NeedSeverity)
		asks := row.act == dispatch.ActSuspend
		if got := slices.Contains(row.lookUps, LookUpJoined); got != (ends || judges || asks) {
			t.Errorf("%s looks up merged cases: %t; it may end or put off a case: %t, may judge the severity: %t, asks for that: %t", row.act, got, ends, judges, asks)
		}
	}
}
