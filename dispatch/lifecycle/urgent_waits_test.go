package lifecycle

import (
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
	for _, stage := range []dispatch.Stage{dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Returned, dispatch.Arbitration} {
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

// A closing by force takes the work from a merged report of severity A, as a void does.
func TestForceClose_KeepsMergedUrgentReport(t *testing.T) {
	t.Parallel()
	c := lifeCity()
	cs := &dispatch.Case{ID: 7, Stage: dispatch.Handling, Category: "C0101", Severity: catalog.SeverityA}
	urgent := []*dispatch.Case{{ID: 9, Stage: dispatch.Merged, MergedInto: 7, Severity: catalog.SeverityA}}
	if _, err := decideForceClose(cs, dispatch.Command{Act: dispatch.ActForceClose, At: lifeStart, Note: "x"}, Facts{Joined: urgent}, c); err == nil {
		t.Error("a closing by force is asked for a case that holds a merged report of severity A")
	}
}
