package lifecycle_test

import (
	"errors"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
)

func TestFile_InspectorReportIsDispatchedAtOnce(t *testing.T) {
	t.Parallel()
	c := casetest.Harbin(t)
	cs := casetest.File(t, c, casetest.AnyEvent(c), dispatch.SourceInspector, casetest.At(c, "2026-03-04 09:00"))
	if cs.Stage != dispatch.Dispatched || cs.Owner.Post == "" || cs.Rule == "" {
		t.Errorf("stage %v owner %+v rule %q, want dispatched to a post by a rule", cs.Stage, cs.Owner, cs.Rule)
	}
	if !cs.Clock.Due.After(cs.Clock.Since) || !cs.NextAt.After(cs.Clock.Since) {
		t.Errorf("clock %+v next %v, want a deadline and an armed timer", cs.Clock, cs.NextAt)
	}
	if got := cs.Seq; got != 3 {
		t.Errorf("seq %d, want 3: reported, filed, dispatched", got)
	}
}

func TestFile_HotlineReportWaitsForAcceptor(t *testing.T) {
	t.Parallel()
	c := casetest.Harbin(t)
	cs := casetest.File(t, c, casetest.AnyEvent(c), dispatch.SourceHotline, casetest.At(c, "2026-03-04 09:00"))
	if cs.Stage != dispatch.Reported || cs.Owner.Post != "" {
		t.Fatalf("stage %v owner %+v, want reported and nobody's yet", cs.Stage, cs.Owner)
	}
	cs = casetest.Apply(t, cs, dispatch.Command{Act: dispatch.ActAccept, At: casetest.At(c, "2026-03-04 09:05"), Actor: "acceptor"}, c)
	cs = casetest.Apply(t, cs, dispatch.Command{Act: dispatch.ActDispatch, At: casetest.At(c, "2026-03-04 09:06"), Actor: "dispatcher"}, c)
	if cs.Stage != dispatch.Dispatched || cs.Owner.Post == "" {
		t.Errorf("stage %v owner %+v, want dispatched", cs.Stage, cs.Owner)
	}
}

// Only an inspector's own ground, and a handler of the owner's own people.
func TestFile_WhoMayVouchAndHandle(t *testing.T) {
	t.Parallel()
	c := casetest.Harbin(t)
	start := casetest.At(c, "2026-03-04 09:00")
	p, err := routing.PlaceOf(c, casetest.Daoli)
	if err != nil {
		t.Fatal(err)
	}
	for person, want := range map[roster.PersonID]dispatch.Stage{"p-230102-inspector-1": dispatch.Dispatched, "p-230110-inspector-1": dispatch.Reported, "p-lighting-owner": dispatch.Reported} {
		r := &dispatch.Report{ClientID: "r-1", Reporter: person, Source: dispatch.SourceInspector, Category: casetest.AnyEvent(c), Condition: "1", Position: casetest.Daoli, CapturedAt: start, ReceivedAt: start}
		if cs := casetest.Filed(t, c, 1, person, r, &p); cs.Stage != want {
			t.Errorf("%s files as an inspector: %s, want %s", person, cs.Stage, want)
		}
	}
	cs := casetest.File(t, c, casetest.AnyEvent(c), dispatch.SourceInspector, start)
	var refused *dispatch.RefusedError
	if _, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActStart, At: start, Actor: "p-leader", Handler: "p-checker-1"}, lifecycle.Facts{}, c); !errors.As(err, &refused) {
		t.Errorf("a checker as handler: %v, want refused", err)
	}
	accepted := casetest.Filed(t, c, 1, "p-acceptor-1", &dispatch.Report{
		ClientID: "r-2", Source: dispatch.SourceHotline, Category: "C0101", Condition: "2", Position: casetest.Daoli, CapturedAt: start, ReceivedAt: start,
	}, &p)
	accepted = casetest.Apply(t, accepted, dispatch.Command{Act: dispatch.ActAccept, At: start, Actor: "p-acceptor-1"}, c)
	if accepted.Condition != "2" {
		t.Errorf("accepted under condition %q, want the reported 2", accepted.Condition)
	}
}

func BenchmarkDecideFile(b *testing.B) {
	c := casetest.Harbin(b)
	p, err := routing.PlaceOf(c, casetest.Daoli)
	if err != nil {
		b.Fatal(err)
	}
	when := casetest.At(c, "2026-03-04 09:00")
	r := &dispatch.Report{ClientID: "r", Source: dispatch.SourceInspector, Category: casetest.AnyEvent(c), Condition: "1", Position: casetest.Daoli, CapturedAt: when, ReceivedAt: when}
	b.ReportAllocs()
	for b.Loop() {
		facts := lifecycle.Facts{Filing: &lifecycle.Filing{Report: r, Place: &p}}
		if _, err := lifecycle.Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: when}, facts, c); err != nil {
			b.Fatal(err)
		}
	}
}
