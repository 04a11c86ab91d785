package lifecycle_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/rights"
)

// The straight road with one failed check: the fixer may not check, rework keeps the deadline.
func TestDecide_WholeCaseWithRework(t *testing.T) {
	t.Parallel()
	c := casetest.Harbin(t)
	cs := casetest.File(t, c, casetest.AnyEvent(c), dispatch.SourceInspector, casetest.At(c, "2026-03-04 09:00"))
	due := cs.Clock.Due
	fixer, _ := c.Roster.OnDuty(cs.Owner.Post, casetest.At(c, "2026-03-04 09:00"))
	do := func(act dispatch.Act, when string, mod func(*dispatch.Command)) {
		t.Helper()
		cmd := dispatch.Command{Act: act, At: casetest.At(c, when), Actor: fixer, Photos: []string{"after"}, Position: &casetest.Daoli}
		if mod != nil {
			mod(&cmd)
		}
		cs = casetest.Apply(t, cs, cmd, c)
	}
	do(dispatch.ActStart, "2026-03-04 09:10", nil)
	do(dispatch.ActResolve, "2026-03-04 09:20", nil)

	_, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActCheck, At: casetest.At(c, "2026-03-04 09:25"), Actor: fixer, Passed: true}, lifecycle.Facts{}, c)
	var refused *dispatch.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Why.En, "can't check") {
		t.Errorf("the fixer's own check: %v, want refused", err)
	}
	_, err = lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActClose, At: casetest.At(c, "2026-03-04 09:25"), Actor: "acceptor", Closing: "x"}, lifecycle.Facts{}, c)
	if !errors.As(err, &refused) {
		t.Errorf("close before the check: %v, want refused", err)
	}

	do(dispatch.ActCheck, "2026-03-04 09:30", func(m *dispatch.Command) { m.Actor, m.Note = "checker", "still dirty" })
	if cs.Stage != dispatch.Handling || cs.Reworks != 1 || !cs.Clock.Due.Equal(due) {
		t.Errorf("after a failed check: %v reworks %d due %v, want handling, 1, the first deadline %v", cs.Stage, cs.Reworks, cs.Clock.Due, due)
	}
	do(dispatch.ActResolve, "2026-03-04 10:00", nil)
	do(dispatch.ActCheck, "2026-03-04 10:10", func(m *dispatch.Command) { m.Actor, m.Passed = "checker", true })
	do(dispatch.ActClose, "2026-03-04 10:20", func(m *dispatch.Command) { m.Closing, m.Outcome = "done", dispatch.OutcomeFixed })
	if cs.Open() || !cs.NextAt.IsZero() || cs.Outcome != dispatch.OutcomeFixed {
		t.Errorf("closed case %+v still has a timer or no outcome", cs)
	}
	if _, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: casetest.At(c, "2026-12-04 10:20")}, lifecycle.Facts{}, c); !errors.Is(err, dispatch.ErrNothingDue) {
		t.Errorf("tick of a closed case: %v, want ErrNothingDue", err)
	}
}

func TestReturn_NeedsReasonAndWindow(t *testing.T) {
	t.Parallel()
	c := casetest.Harbin(t)
	cs := casetest.File(t, c, casetest.AnyEvent(c), dispatch.SourceInspector, casetest.At(c, "2026-03-04 09:00"))
	var refused *dispatch.RefusedError
	_, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActReturn, At: casetest.At(c, "2026-03-04 09:10")}, lifecycle.Facts{}, c)
	if !errors.As(err, &refused) {
		t.Errorf("return without a reason: %v, want refused", err)
	}
	_, err = lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyArea, At: casetest.At(c, "2026-03-05 09:10")}, lifecycle.Facts{}, c)
	if !errors.As(err, &refused) {
		t.Errorf("return after the window: %v, want refused", err)
	}
	cs = casetest.Apply(t, cs, dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyArea, At: casetest.At(c, "2026-03-04 09:10")}, c)
	if cs.Stage != dispatch.Returned || cs.Returns != 1 || cs.Owner.Post != "" {
		t.Errorf("returned case: %v returns %d owner %+v", cs.Stage, cs.Returns, cs.Owner)
	}
}

// By hand, to a level, with a reason; the ladder's own steps all still come.
func TestEscalate_ByHand(t *testing.T) {
	t.Parallel()
	c := casetest.Boston(t, nil)
	cs := casetest.Opened(t, c)
	steps := len(c.Policies[cs.EscalationPolicy].Steps)
	at := cs.FiledAt.Add(time.Hour)
	var refused *dispatch.RefusedError
	for _, cmd := range []dispatch.Command{{To: "city_leader"}, {To: "somebody", Note: "why"}, {Note: "why"}} {
		cmd.Act, cmd.At = dispatch.ActEscalate, at
		if _, err := lifecycle.Decide(cs, cmd, lifecycle.Facts{}, c); !errors.As(err, &refused) {
			t.Errorf("escalate to %q because of %q: %v, want refused", cmd.To, cmd.Note, err)
		}
	}
	was := cs.NextAt
	cs, events := casetest.Do(t, c, cs, dispatch.Command{Act: dispatch.ActEscalate, Actor: "b-dispatcher", At: at, To: "city_leader", Note: "the mayor asks"})
	if e := events[0]; e.Kind != dispatch.EventEscalatedByHand || e.Notified[0] != "b-leader" || e.Note == "" || !cs.NextAt.Equal(was) {
		t.Errorf("escalated %+v, next %v; want the leader told and the ladder as it was", e, cs.NextAt)
	}
	if got := escalation.NotifiedPosts(c, cs); !slices.Equal(got, []roster.PostID{"leader@area:BOS"}) {
		t.Errorf("it stands at %v, want the city's leader", got)
	}
	if _, fired := casetest.Wait(t, c, cs, at.AddDate(1, 0, 0)); len(fired) != steps {
		t.Errorf("%d steps after it, want all %d", len(fired), steps)
	}
}

func TestAuthorize_OnlyUnitsBelow(t *testing.T) {
	t.Parallel()
	c := casetest.Harbin(t)
	when := casetest.At(c, "2026-03-04 09:00")
	cs := casetest.File(t, c, casetest.AnyEvent(c), dispatch.SourceInspector, when)
	leaderOf := func(area string) roster.PersonID {
		t.Helper()
		post, ok := c.Roster.Post(roster.Unit{Kind: roster.UnitArea, ID: area}, roster.Leader)
		if !ok {
			t.Fatalf("no leader at %s", area)
		}
		return c.Roster.Holdings(post)[0].Person
	}
	if !rights.MayRead(c, leaderOf("230102"), cs, when) {
		t.Error("the leader of 道里区 can't read a case in 道里区")
	}
	if rights.MayRead(c, leaderOf("230110"), cs, when) {
		t.Error("the leader of 香坊区 reads a case in 道里区")
	}
	var denied *dispatch.NotAllowedError
	if _, err := lifecycle.Authorize(c, leaderOf("230110"), dispatch.ActClose, cs, when); !errors.As(err, &denied) {
		t.Errorf("Authorize = %v, want *NotAllowedError", err)
	}
}
