package lifecycle

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/escalation"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
	"wangge/grid"
)

// lifeCity is Harbin, compiled once and shared: a city is never changed.
func lifeCity() *city.City {
	c, err := citytest.BuiltIn("harbin")
	if err != nil {
		panic(err)
	}
	return c
}

// fatal ends a test with a message: a *testing.T or a *rapid.T.
type fatal interface{ Fatalf(string, ...any) }

// life is a case with all its events.
type life struct {
	t      fatal
	c      *city.City
	cs     *dispatch.Case
	events []dispatch.Event
	last   int // the first event of the last act
	now    time.Time
	facts  Facts // what the desk would have looked up
}

// lookedUp are facts for every act that needs some.
func lookedUp() Facts {
	return Facts{Other: &dispatch.Case{ID: 7, Stage: dispatch.Handling}, NewID: 99}
}

// report files a case.
func (l *life) report(r *dispatch.Report, place *dispatch.Place) {
	l.facts.Filing = &Filing{Report: r, Place: place}
	l.do(dispatch.Command{Act: dispatch.ActFile, Actor: r.Reporter})
}

var lifeStart = time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC) // Wednesday, 09:00 in Harbin

func (l *life) do(cmd dispatch.Command) {
	if events, err := l.try(cmd); err != nil {
		l.t.Fatalf("%s of a case that is %s: %v", cmd.Act, l.cs.Stage, err)
	} else {
		l.events = append(l.events, events...)
		l.cs = dispatch.FoldAll(l.cs, events)
	}
}

func (l *life) try(cmd dispatch.Command) ([]dispatch.Event, error) {
	cmd.At = l.now
	from := l.cs
	if cmd.Act == dispatch.ActFile {
		from = nil
	}
	return Decide(from, cmd, l.facts, l.c)
}

// full is a command that carries everything its act may need.
func (l *life) full(act dispatch.Act) dispatch.Command {
	cmd := dispatch.Command{
		Act: act, Actor: "somebody", Note: "because", Reason: dispatch.NotMyLine, Photos: []string{"photo"}, Passed: true, Closing: "as it was", Outcome: dispatch.OutcomeFixed,
		Until: l.now.AddDate(0, 0, 10), Position: &grid.Position{Lat: l.cs.Place.Point.Lat, Lng: l.cs.Place.Point.Lng, Datum: grid.WGS84}, Satisfied: dispatch.Satisfied,
		Milestone: "repair", Target: 7, To: "city_leader", Party: roster.Unit{},
	}
	// Not exhaustive: the other acts need no more.
	//exhaustive:ignore
	switch act {
	case dispatch.ActReroute, dispatch.ActArbitrate:
		cmd.Owner = &dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN"}}
	case dispatch.ActReclassify:
		cmd.Condition = "2"
	case dispatch.ActCheck:
		cmd.Actor = "a checker"
	case dispatch.ActExtend:
		cmd.Until = time.Time{} // the limit once more
	case dispatch.ActVoid:
		cmd.Actor = "p-chief-day"
	case dispatch.ActStart:
		cmd.Handler, _ = l.c.Roster.OnDuty(l.cs.Owner.Post, l.now)
	case dispatch.ActAcknowledge, dispatch.ActCompleteMilestone:
		cmd.Actor, _ = l.c.Roster.OnDuty(l.cs.Owner.Post, l.now)
	case dispatch.ActHandOver:
		cmd.Handler = l.colleague()
	case dispatch.ActAssist:
		cmd.Actor, _ = l.c.Roster.OnDuty("owner@area:230102", l.now)
	case dispatch.ActForceClose:
		cmd.Post = "leader@area:230100"
	}
	return cmd
}

// lives leads a case to a stage.
func lives(t interface{ Fatalf(string, ...any) }, to dispatch.Stage) *life {
	l := &life{t: t, c: lifeCity(), cs: &dispatch.Case{ID: 42}, now: lifeStart, facts: lookedUp()}
	where := grid.Position{Lat: 45.755, Lng: 126.600, Datum: grid.WGS84, AccuracyM: 10}
	place, err := routing.PlaceOf(l.c, where)
	if err != nil {
		t.Fatalf("%v", err)
	}
	code, condition := catalog.Code("C0101"), "3"
	l.report(&dispatch.Report{ClientID: "r", Reporter: "reporter", Source: dispatch.SourcePublic, Category: code, Condition: condition, Position: where, CapturedAt: l.now, ReceivedAt: l.now, PhotoHashes: []string{"before"}}, &place)
	road := map[dispatch.Stage][]dispatch.Act{
		dispatch.Reported: {}, dispatch.Verifying: {dispatch.ActVerify}, dispatch.Accepted: {dispatch.ActVerify, dispatch.ActConfirm}, dispatch.Filed: {dispatch.ActAccept}, dispatch.Dispatched: {dispatch.ActAccept, dispatch.ActDispatch},
		dispatch.Handling: {dispatch.ActAccept, dispatch.ActDispatch, dispatch.ActStart}, dispatch.Checking: {dispatch.ActAccept, dispatch.ActDispatch, dispatch.ActStart, dispatch.ActResolve}, dispatch.Closed: {dispatch.ActAccept, dispatch.ActDispatch, dispatch.ActStart, dispatch.ActResolve, dispatch.ActCheck, dispatch.ActClose},
		dispatch.Returned: {dispatch.ActAccept, dispatch.ActDispatch, dispatch.ActReturn}, dispatch.Arbitration: {dispatch.ActAccept, dispatch.ActDispatch, dispatch.ActReturn, dispatch.ActRefer}, dispatch.Suspended: {dispatch.ActAccept, dispatch.ActDispatch, dispatch.ActStart, dispatch.ActSuspend, dispatch.ActDecideSuspension},
		dispatch.Rejected: {dispatch.ActReject}, dispatch.Voided: {dispatch.ActVoid}, dispatch.Merged: {dispatch.ActAccept, dispatch.ActDispatch, dispatch.ActStart, dispatch.ActMerge}, dispatch.SelfResolved: {dispatch.ActSelfResolve},
	}
	for _, act := range road[to] {
		l.now = l.now.Add(10 * time.Minute)
		cmd := l.full(act)
		if act == dispatch.ActDecideSuspension || act == dispatch.ActCheck {
			cmd.Actor = "somebody else"
		}
		l.do(cmd)
	}
	if l.cs.Stage != to {
		t.Fatalf("the road to %s ends at %s", to, l.cs.Stage)
	}
	l.now = l.now.Add(10 * time.Minute)
	return l
}

// colleague is somebody who could take the work over from the handler.
func (l *life) colleague() roster.PersonID {
	for _, p := range l.c.Roster.People() {
		if _, ok := escalation.PostAtOwner(l.c, l.cs, p.ID, l.now); ok && p.ID != l.cs.Handler {
			return p.ID
		}
	}
	return ""
}

// ready brings about what the guards of an act ask for beside the stage.
func (l *life) ready(act dispatch.Act) {
	before := func(a dispatch.Act, actor roster.PersonID) {
		cmd := l.full(a)
		cmd.Actor = actor
		l.do(cmd)
		l.now = l.now.Add(time.Minute)
	}
	k, _ := sla.StartClock(l.c.Calendar, calendar.Limit{N: 3, Unit: calendar.Hours}, l.now)
	// Not exhaustive: the guards of the other acts ask for nothing but the stage.
	//exhaustive:ignore
	switch act {
	case dispatch.ActStart:
		if l.cs.Stage == dispatch.Handling {
			l.cs.Handler = "who has left"
		}
	case dispatch.ActAcknowledge:
		l.cs.Receipt = dispatch.Receipt{Since: l.now, Due: l.now.Add(time.Hour)}
	case dispatch.ActDecideExtension:
		before(dispatch.ActExtend, "asker")
		before(dispatch.ActDecideExtension, "first")
	case dispatch.ActDecideSuspension:
		before(dispatch.ActSuspend, "asker")
	case dispatch.ActCompleteMilestone:
		l.cs.Milestones = []dispatch.Milestone{{ID: "repair", Clock: k}, {ID: "restore", After: "repair", Clock: dispatch.Clock{Limit: calendar.Limit{N: 5, Unit: calendar.WorkDays}}}}
	case dispatch.ActAssist:
		l.cs.CoOwners = []dispatch.CoOwner{{Owner: dispatch.Owner{Kind: catalog.OwnerBlock, Unit: roster.Unit{Kind: roster.UnitArea, ID: "230102"}, Post: "owner@area:230102", Duty: "close the road"}, Clock: k}}
	case dispatch.ActClose:
		before(dispatch.ActCheck, "checker")
	case dispatch.ActAnswer:
		before(dispatch.ActSupervise, "leader")
	case dispatch.ActForceClose:
		cmd := l.full(dispatch.ActForceClose)
		cmd.Actor, cmd.Post = "chief", "duty_chief@area:230100"
		l.do(cmd)
	case dispatch.ActDetach:
		before(dispatch.ActAttach, "acceptor")
	case dispatch.ActAppeal, dispatch.ActDecideAppeal:
		l.cs.ResolvedAt = l.cs.Disposal.Due.Add(time.Hour)
		if act == dispatch.ActDecideAppeal {
			before(dispatch.ActAppeal, "owner")
			before(dispatch.ActDecideAppeal, "dispatcher")
		}
	}
}

// Every pair of stage and act: what the table allows does what the table says; all else is refused
// with what is possible instead, and changes nothing.
func TestTransitions_EveryStageAndAct(t *testing.T) {
	t.Parallel()
	pairs, allowed := 0, 0
	for stage := dispatch.Reported; stage <= dispatch.SelfResolved; stage++ {
		for i := range transitions {
			row := &transitions[i]
			pairs++
			l := lives(t, stage)
			if !row.starts(stage) {
				var refused *dispatch.RefusedError
				if _, err := l.try(l.full(row.act)); !errors.As(err, &refused) {
					t.Errorf("%s of a case that is %s: %v, want refused", row.act, stage, err)
				} else if !slices.Equal(refused.Instead, actsOn(l.cs)) || len(refused.Instead) == 0 || refused.Why.Zh == "" || !strings.Contains(refused.Why.En, string(refused.Instead[0])) {
					t.Errorf("%s of a case that is %s: %q instead %v, want what is possible", row.act, stage, refused.Why.En, refused.Instead)
				}
				continue
			}
			allowed++
			l.ready(row.act)
			before := *l.cs
			l.do(l.full(row.act))
			if to := row.to; len(to) == 0 && l.cs.Stage != stage || len(to) > 0 && !slices.Contains(to, l.cs.Stage) {
				t.Errorf("%s of a case that is %s leads to %s, the table says %v", row.act, stage, l.cs.Stage, to)
			}
			if why := row.clock.wrong(l, &before); why != "" {
				t.Errorf("%s of a case that is %s: %s\nbefore %+v\nafter  %+v", row.act, stage, why, before.Clock, l.cs.Clock)
			}
			if want := escalation.NextTimer(l.c, l.cs).At; !l.cs.NextAt.Equal(want) {
				t.Errorf("%s of a case that is %s arms %v, it waits for %v", row.act, stage, l.cs.NextAt, want)
			}
			if !l.cs.Open() && !l.cs.NextAt.IsZero() {
				t.Errorf("%s of a case that is %s: it has ended and waits for %v", row.act, stage, l.cs.NextAt)
			}
		}
	}
	if pairs != 15*len(transitions) || allowed < 100 {
		t.Errorf("%d pairs, %d of them allowed: too few were tried", pairs, allowed)
	}
}

// wrong says in what the clocks after an act are not what the effect promises.
func (e effect) wrong(l *life, before *dispatch.Case) string {
	cs := l.cs
	is := func(ok bool, what string) string {
		if ok {
			return ""
		}
		return what
	}
	stage := cs.Clock.Running() && cs.Clock.Limit.N == 0 && cs.Clock.Since.Equal(l.now) && cs.NextStep == 0
	// Not exhaustive: the rest stop the clock.
	//exhaustive:ignore
	switch e {
	case clockKeeps:
		return is(cs.Clock == before.Clock && cs.NextStep == before.NextStep, "a clock was touched")
	case clockAccept, clockVerify, clockDispatch, clockRuling, clockCheck:
		return is(stage, "no stage clock begins")
	case clockDisposal:
		return is(cs.Clock.Limit.N > 0 && cs.Clock.Running(), "no disposal clock runs")
	case clockOn:
		used := func(c *dispatch.Case) time.Duration { return sla.ConsumedAt(c.Clock, l.c.Calendar, l.now) }
		return is(cs.Clock.Running() == before.Clock.Running() && (cs.Clock.Limit.Unit != before.Clock.Limit.Unit || used(cs) == used(before)), "time used was lost")
	case clockExtended:
		return is(cs.Clock.Extended == before.Clock.Extended+1 && cs.Clock.Due.After(before.Clock.Due) && cs.Clock.Since.Equal(before.Clock.Since), "the limit was not granted once more")
	case clockPause, clockHold:
		held := cs.Disposal
		if e == clockHold {
			held = cs.MergedClock
		}
		return is(!cs.Clock.Running() && !held.Running() && (held.Due.Equal(before.Clock.Due) || before.Stage == dispatch.Suspended), "the clock does not stand")
	case clockResume, clockRelease:
		return is(cs.Clock.Running() && cs.Clock.Since.Equal(l.now), "the clock does not go on")
	case clockRework:
		return is(cs.Clock == before.Clock, "a check that passed touches the clock")
	default:
		return is(cs.Clock == dispatch.Clock{} && cs.NextAt.IsZero(), "a clock or a timer is left")
	}
}

// The case is always the fold of its events, through every act that can be reached at random.
func TestFold_OfEventsIsTheCase(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := lives(t, dispatch.Reported)
		for range rapid.IntRange(1, 25).Draw(t, "acts") {
			l.now = l.now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "minutes")) * time.Minute)
			act := rapid.SampledFrom(append(PersonsActs(), dispatch.ActTick, dispatch.ActReproject)).Draw(t, "act")
			cmd := l.full(act)
			cmd.Actor = roster.PersonID(rapid.SampledFrom([]string{"a", "b", "p-leader"}).Draw(t, "actor"))
			cmd.Passed = rapid.Bool().Draw(t, "passed")
			events, err := l.try(cmd)
			if err != nil {
				continue
			}
			l.events = append(l.events, events...)
			if read := stored(t, l.cs, events); !bytes.Equal(read, stored(t, dispatch.FoldAll(l.cs, events), nil)) {
				t.Fatalf("the stored events of %s make another case", act)
			}
			l.cs = dispatch.FoldAll(l.cs, events)
			if l.cs.Open() && escalation.LacksTimer(l.c, l.cs) {
				t.Fatalf("%s leaves the case unarmed", act)
			}
			if !l.cs.Open() && !l.cs.NextAt.IsZero() {
				t.Fatalf("%s: an ended case waits for %v", act, l.cs.NextAt)
			}
		}
		if diff := cmp.Diff(l.cs, dispatch.FoldAll(&dispatch.Case{ID: 42}, l.events)); diff != "" {
			t.Fatalf("fold of the events differs:\n%s", diff)
		}
	})
}

// stored is the stored form of a case after the events of an act as the store holds them.
func stored(t fatal, cs *dispatch.Case, events []dispatch.Event) []byte {
	written, err := record.EncodeEvents(events)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if len(events) > 0 {
		if events, err = record.DecodeEvents(written); err != nil {
			t.Fatalf("%v", err)
		}
	}
	b, err := record.EncodeCase(dispatch.FoldAll(cs, events), nil)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b
}

// Any sequence of pause, resume, reclassify, extend, re-route and merge conserves what the clock has
// used: it is what its running stretches add up to on the clock of the limit it has now.
func TestClock_ConsumedTimeIsConserved(t *testing.T) {
	t.Parallel()
	type stretch struct{ from, to time.Time }
	rapid.Check(t, func(t *rapid.T) {
		l := lives(t, dispatch.Handling)
		running := true
		since := l.cs.Clock.Since
		var ran []stretch
		stop := func() {
			if running {
				ran, running = append(ran, stretch{since, l.now}), false
			}
		}
		goOn := func() { running, since = true, l.now }
		for range rapid.IntRange(1, 20).Draw(t, "acts") {
			l.now = l.now.Add(time.Duration(rapid.IntRange(1, 4000).Draw(t, "minutes")) * time.Minute)
			l.cs.Suspensions, l.cs.Clock.Extended = 0, 0 // the bounds are tested elsewhere
			switch act := rapid.SampledFrom([]dispatch.Act{dispatch.ActSuspend, dispatch.ActResume, dispatch.ActReclassify, dispatch.ActExtend, dispatch.ActReroute, dispatch.ActMerge, dispatch.ActUnmerge, dispatch.ActComment, dispatch.ActReproject}).Draw(t, "act"); {
			case act == dispatch.ActSuspend && l.cs.Stage == dispatch.Handling:
				l.do(l.full(dispatch.ActSuspend))
				cmd := l.full(dispatch.ActDecideSuspension)
				cmd.Actor = "other"
				l.do(cmd)
				stop()
			case act == dispatch.ActResume && l.cs.Stage == dispatch.Suspended:
				l.do(l.full(dispatch.ActResume))
				goOn()
			case act == dispatch.ActReclassify && (l.cs.Stage == dispatch.Handling || l.cs.Stage == dispatch.Dispatched || l.cs.Stage == dispatch.Suspended):
				cmd := l.full(act)
				if cmd.Condition = rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "condition"); cmd.Condition != l.cs.Condition {
					l.do(cmd)
				}
			case act == dispatch.ActReroute && l.cs.Stage == dispatch.Handling:
				cmd := l.full(act)
				if cmd.Owner.Unit = rapid.SampledFrom([]roster.Unit{{Kind: roster.UnitDepartment, ID: "GREEN"}, {Kind: roster.UnitArea, ID: "230102"}}).Draw(t, "unit"); cmd.Owner.Unit != l.cs.Owner.Unit {
					l.do(cmd)
					l.do(l.full(dispatch.ActStart))
				}
			case act == dispatch.ActExtend && l.cs.Stage == dispatch.Handling && !l.cs.Overdue(l.now):
				l.do(l.full(act))
				for _, who := range []roster.PersonID{"first", "second"} {
					cmd := l.full(dispatch.ActDecideExtension)
					cmd.Actor = who
					l.do(cmd)
				}
			case act == dispatch.ActMerge && l.cs.Stage != dispatch.Merged:
				known := len(l.events)
				l.do(l.full(act))
				for _, e := range l.events[known:] { // a merge fires first what is due: a suspension may have ended
					if e.Kind == dispatch.EventResumed {
						running, since = true, e.Clock.Since
					}
				}
				stop()
			case act == dispatch.ActUnmerge && l.cs.Stage == dispatch.Merged:
				wasRunning := l.cs.StageBefore != dispatch.Suspended
				l.do(l.full(act))
				if wasRunning {
					goOn()
				}
			case act == dispatch.ActReproject:
				if events, err := l.try(dispatch.Command{Act: act}); err == nil {
					l.cs = dispatch.FoldAll(l.cs, events)
				}
			}
			k := l.cs.Clock
			// Not exhaustive: the model follows the owner's clock.
			//exhaustive:ignore
			switch l.cs.Stage {
			case dispatch.Suspended:
				k = l.cs.Disposal
			case dispatch.Merged:
				if k = l.cs.MergedClock; l.cs.StageBefore == dispatch.Suspended {
					k = l.cs.Disposal
				}
			}
			want := time.Duration(0)
			all := slices.Clone(ran)
			if running {
				all = append(all, stretch{since, l.now})
			}
			for _, s := range all {
				n, err := l.c.Calendar.Consumed(k.Limit, s.from, s.to)
				if err != nil {
					return // beyond the published holidays
				}
				want += n
			}
			if got := sla.ConsumedAt(k, l.c.Calendar, l.now); got != want {
				t.Fatalf("%s: consumed %v on a clock of %v, its stretches add up to %v", l.cs.Stage, got, k.Limit, want)
			}
		}
	})
}

// Work that was handed back, put under another condition and given out to the same owner again is explained
// from its first dispatch on: its parts are the limit.
func TestDeadline_OfReturnedWorkIsExplained(t *testing.T) {
	t.Parallel()
	l := lives(t, dispatch.Dispatched)
	owner, start := l.cs.Owner, l.cs.Clock.Since
	for _, act := range []dispatch.Act{dispatch.ActReturn, dispatch.ActReclassify, dispatch.ActDispatch} {
		l.now = l.now.Add(30 * time.Minute)
		cmd := l.full(act)
		if act == dispatch.ActDispatch {
			cmd.Owner = &dispatch.Owner{Unit: owner.Unit}
		}
		l.do(cmd)
	}
	d := sla.ExplainDeadline(l.c, l.cs, l.events)
	var counted time.Duration
	for _, iv := range d.Counted {
		counted += iv.To.Sub(iv.From)
	}
	cal := l.c.CalendarOf(owner.Unit)
	if !d.Start.Equal(start) || d.Used != cal.Budget(d.Limit) || !d.Due.Equal(l.cs.Clock.Due) || counted != d.Used {
		t.Errorf("from %s, %s counted, %s used of %s, due %s; want from %s, due %s", d.Start, counted, d.Used, d.Limit, d.Due, start, l.cs.Clock.Due)
	}
}
