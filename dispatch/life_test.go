package dispatch

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// lifeCity is Harbin, loaded once: a city is never changed.
var lifeCity = sync.OnceValue(func() *city.City {
	fsys, err := cities.FS("harbin")
	if err != nil {
		panic(err)
	}
	c, faults := city.Load(fsys)
	if len(faults) > 0 {
		panic(faults[0].String())
	}
	return c
})

// life is a case with all its events.
type life struct {
	t      interface{ Fatalf(string, ...any) }
	c      *city.City
	cs     *Case
	events []Event
	now    time.Time
}

var lifeStart = time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC) // Wednesday, 09:00 in Harbin

func (l *life) do(cmd Command) {
	if events, err := l.try(cmd); err != nil {
		l.t.Fatalf("%s of a case that is %s: %v", cmd.Act, l.cs.Stage, err)
	} else {
		l.events = append(l.events, events...)
		l.cs = FoldAll(l.cs, events)
	}
}

func (l *life) try(cmd Command) ([]Event, error) {
	cmd.At = l.now
	from := l.cs
	if cmd.Act == ActFile {
		from = nil
	}
	return Decide(from, cmd, l.c)
}

// full is a command that carries everything its act may need.
func (l *life) full(act Act) Command {
	cmd := Command{
		Act: act, Actor: "somebody", Note: "because", Reason: NotMyLine, Photos: []string{"photo"}, Passed: true, Closing: "as it was", Outcome: OutcomeFixed,
		Until: l.now.AddDate(0, 0, 10), Position: &grid.Position{Lat: l.cs.Place.Point.Lat, Lng: l.cs.Place.Point.Lng, Datum: grid.WGS84}, Satisfied: Satisfied,
		Milestone: "repair", Target: 7, Other: &Case{ID: 7, Stage: Handling}, NewID: 99, To: "city_leader", Party: roster.Unit{},
	}
	switch act {
	case ActReroute, ActArbitrate:
		cmd.Owner = &Owner{Unit: roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN"}}
	case ActReclassify:
		cmd.Condition = "2"
	case ActCheck:
		cmd.Actor = "a checker"
	case ActStart:
		cmd.Handler, _ = l.c.Roster.OnDuty(l.cs.Owner.Post, l.now)
	case ActAssist:
		cmd.Actor, _ = l.c.Roster.OnDuty("owner@area:230102", l.now)
	case ActForceClose:
		cmd.Post = "leader@area:230100"
	}
	return cmd
}

// lives leads a case to a stage.
func lives(t interface{ Fatalf(string, ...any) }, to Stage) *life {
	l := &life{t: t, c: lifeCity(), cs: &Case{ID: 42}, now: lifeStart}
	where := grid.Position{Lat: 45.755, Lng: 126.600, Datum: grid.WGS84, AccuracyM: 10}
	place, err := PlaceOf(l.c, where)
	if err != nil {
		t.Fatalf("%v", err)
	}
	code, condition := catalog.Code("C0101"), "3"
	l.do(Command{Act: ActFile, Actor: "reporter", Place: &place, Report: &Report{ClientID: "r", Reporter: "reporter", Source: SourcePublic, Category: code, Condition: condition, Position: where, CapturedAt: l.now, ReceivedAt: l.now}})
	road := map[Stage][]Act{
		Reported: {}, Verifying: {ActVerify}, Accepted: {ActVerify, ActConfirm}, Filed: {ActAccept}, Dispatched: {ActAccept, ActDispatch},
		Handling: {ActAccept, ActDispatch, ActStart}, Checking: {ActAccept, ActDispatch, ActStart, ActResolve}, Closed: {ActAccept, ActDispatch, ActStart, ActResolve, ActCheck, ActClose},
		Returned: {ActAccept, ActDispatch, ActReturn}, Arbitration: {ActAccept, ActDispatch, ActReturn, ActRefer}, Suspended: {ActAccept, ActDispatch, ActStart, ActSuspend, ActDecideSuspension},
		Rejected: {ActReject}, Voided: {ActVoid}, Merged: {ActAccept, ActDispatch, ActStart, ActMerge}, SelfResolved: {ActSelfResolve},
	}
	for _, act := range road[to] {
		l.now = l.now.Add(10 * time.Minute)
		cmd := l.full(act)
		if act == ActDecideSuspension || act == ActCheck {
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

// ready brings about what the guards of an act ask for beside the stage.
func (l *life) ready(act Act) {
	before := func(a Act, actor roster.PersonID) {
		cmd := l.full(a)
		cmd.Actor = actor
		l.do(cmd)
		l.now = l.now.Add(time.Minute)
	}
	k, _ := startClock(l.c.Calendar, calendar.Limit{N: 3, Unit: calendar.Hours}, l.now)
	switch act {
	case ActStart:
		if l.cs.Stage == Handling {
			l.cs.Handler = "who has left"
		}
	case ActDecideExtension:
		before(ActExtend, "asker")
		before(ActDecideExtension, "first")
	case ActDecideSuspension:
		before(ActSuspend, "asker")
	case ActReach:
		l.cs.Milestones = []Milestone{{ID: "repair", Clock: k}, {ID: "restore", After: "repair", Clock: Clock{Limit: calendar.Limit{N: 5, Unit: calendar.WorkDays}}}}
	case ActAssist:
		l.cs.CoOwners = []CoOwner{{Owner: Owner{Kind: catalog.OwnerBlock, Unit: roster.Unit{Kind: roster.UnitArea, ID: "230102"}, Post: "owner@area:230102", Duty: "close the road"}, Clock: k}}
	case ActClose:
		before(ActCheck, "checker")
	case ActAnswer:
		before(ActSupervise, "leader")
	case ActForceClose:
		cmd := l.full(ActForceClose)
		cmd.Actor, cmd.Post = "chief", "duty_chief@area:230100"
		l.do(cmd)
	case ActDetach:
		before(ActAttach, "acceptor")
	case ActAppeal, ActDecideAppeal:
		l.cs.ResolvedAt = l.cs.Disposal.Due.Add(time.Hour)
		if act == ActDecideAppeal {
			before(ActAppeal, "owner")
			before(ActDecideAppeal, "dispatcher")
		}
	}
}

// Every pair of stage and act: what the table allows does what the table says; all else is refused
// with what is possible instead, and changes nothing.
func TestEveryStageAndAct(t *testing.T) {
	pairs, allowed := 0, 0
	for stage := Reported; stage <= SelfResolved; stage++ {
		for i := range transitions {
			row := &transitions[i]
			pairs++
			l := lives(t, stage)
			if !row.starts(stage) {
				var refused *RefusedError
				if _, err := l.try(l.full(row.act)); !errors.As(err, &refused) {
					t.Errorf("%s of a case that is %s: %v, want refused", row.act, stage, err)
				} else if !slices.Equal(refused.Instead, actsFrom(stage)) || len(refused.Instead) == 0 || refused.Why.Zh == "" || !strings.Contains(refused.Why.En, string(refused.Instead[0])) {
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
			if want := next(l.c, l.cs).at; !l.cs.NextAt.Equal(want) {
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
func (e effect) wrong(l *life, before *Case) string {
	cs := l.cs
	is := func(ok bool, what string) string {
		if ok {
			return ""
		}
		return what
	}
	stage := cs.Clock.Running() && cs.Clock.Limit.N == 0 && cs.Clock.Since.Equal(l.now) && cs.NextStep == 0
	switch e {
	case clockKeeps:
		return is(cs.Clock == before.Clock && cs.NextStep == before.NextStep, "a clock was touched")
	case clockAccept, clockVerify, clockDispatch, clockRuling, clockCheck:
		return is(stage, "no stage clock begins")
	case clockDisposal:
		return is(cs.Clock.Limit.N > 0 && cs.Clock.Running(), "no disposal clock runs")
	case clockOn:
		used := func(c *Case) time.Duration { return c.Clock.ConsumedAt(l.c.Calendar, l.now) }
		return is(cs.Clock.Running() == before.Clock.Running() && (cs.Clock.Limit.Unit != before.Clock.Limit.Unit || used(cs) == used(before)), "time used was lost")
	case clockExtended:
		return is(cs.Clock.Extended == before.Clock.Extended+1 && cs.Clock.Due.After(before.Clock.Due) && cs.Clock.Since.Equal(before.Clock.Since), "the limit was not granted once more")
	case clockPause, clockHold:
		held := cs.Disposal
		if e == clockHold {
			held = cs.Held
		}
		return is(!cs.Clock.Running() && !held.Running() && (held.Due.Equal(before.Clock.Due) || before.Stage == Suspended), "the clock does not stand")
	case clockResume, clockRelease:
		return is(cs.Clock.Running() && cs.Clock.Since.Equal(l.now), "the clock does not go on")
	case clockRework:
		return is(cs.Clock == before.Clock, "a check that passed touches the clock")
	default:
		return is(cs.Clock == Clock{} && cs.NextAt.IsZero(), "a clock or a timer is left")
	}
}

// The case is always the fold of its events, through every act that can be reached at random.
func TestFoldOfEventsIsTheCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lives(t, Reported)
		for range rapid.IntRange(1, 25).Draw(t, "acts") {
			l.now = l.now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "minutes")) * time.Minute)
			act := rapid.SampledFrom(append(PersonsActs(), ActTick, ActReproject)).Draw(t, "act")
			cmd := l.full(act)
			cmd.Actor = roster.PersonID(rapid.SampledFrom([]string{"a", "b", "p-leader"}).Draw(t, "actor"))
			cmd.Passed = rapid.Bool().Draw(t, "passed")
			events, err := l.try(cmd)
			if err != nil {
				continue
			}
			l.events = append(l.events, events...)
			l.cs = FoldAll(l.cs, events)
			if l.cs.Open() && Unarmed(l.c, l.cs) {
				t.Fatalf("%s leaves the case unarmed", act)
			}
			if !l.cs.Open() && !l.cs.NextAt.IsZero() {
				t.Fatalf("%s: an ended case waits for %v", act, l.cs.NextAt)
			}
		}
		if diff := cmp.Diff(l.cs, FoldAll(&Case{ID: 42}, l.events)); diff != "" {
			t.Fatalf("fold of the events differs:\n%s", diff)
		}
	})
}

// Any sequence of pause, resume, reclassify, extend, re-route and merge conserves what the clock has
// used: it is what its running stretches add up to on the clock of the limit it has now.
func TestConsumedTimeIsConserved(t *testing.T) {
	type stretch struct{ from, to time.Time }
	rapid.Check(t, func(t *rapid.T) {
		l := lives(t, Handling)
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
			switch act := rapid.SampledFrom([]Act{ActSuspend, ActResume, ActReclassify, ActExtend, ActReroute, ActMerge, ActUnmerge, ActComment, ActReproject}).Draw(t, "act"); {
			case act == ActSuspend && l.cs.Stage == Handling:
				l.do(l.full(ActSuspend))
				cmd := l.full(ActDecideSuspension)
				cmd.Actor = "other"
				l.do(cmd)
				stop()
			case act == ActResume && l.cs.Stage == Suspended:
				l.do(l.full(ActResume))
				goOn()
			case act == ActReclassify && (l.cs.Stage == Handling || l.cs.Stage == Dispatched || l.cs.Stage == Suspended):
				cmd := l.full(act)
				if cmd.Condition = rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "condition"); cmd.Condition != l.cs.Condition {
					l.do(cmd)
				}
			case act == ActReroute && l.cs.Stage == Handling:
				cmd := l.full(act)
				if cmd.Owner.Unit = rapid.SampledFrom([]roster.Unit{{Kind: roster.UnitDepartment, ID: "GREEN"}, {Kind: roster.UnitArea, ID: "230102"}}).Draw(t, "unit"); cmd.Owner.Unit != l.cs.Owner.Unit {
					l.do(cmd)
					l.do(l.full(ActStart))
				}
			case act == ActExtend && l.cs.Stage == Handling && !l.cs.Overdue(l.now):
				l.do(l.full(act))
				for _, who := range []roster.PersonID{"first", "second"} {
					cmd := l.full(ActDecideExtension)
					cmd.Actor = who
					l.do(cmd)
				}
			case act == ActMerge && l.cs.Stage != Merged:
				known := len(l.events)
				l.do(l.full(act))
				for _, e := range l.events[known:] { // a merge fires first what is due: a suspension may have ended
					if e.Kind == EventResumed {
						running, since = true, e.Clock.Since
					}
				}
				stop()
			case act == ActUnmerge && l.cs.Stage == Merged:
				wasRunning := l.cs.Before != Suspended
				l.do(l.full(act))
				if wasRunning {
					goOn()
				}
			case act == ActReproject:
				if events, err := l.try(Command{Act: act}); err == nil {
					l.cs = FoldAll(l.cs, events)
				}
			}
			k := l.cs.Clock
			switch l.cs.Stage {
			case Suspended:
				k = l.cs.Disposal
			case Merged:
				if k = l.cs.Held; l.cs.Before == Suspended {
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
			if got := k.ConsumedAt(l.c.Calendar, l.now); got != want {
				t.Fatalf("%s: consumed %v on a clock of %v, its stretches add up to %v", l.cs.Stage, got, k.Limit, want)
			}
		}
	})
}

// Work that was handed back, put under another condition and given out to the same owner again is explained
// from its first dispatch on: its parts are the limit.
func TestTheDeadlineOfWorkThatCameBackIsExplained(t *testing.T) {
	l := lives(t, Dispatched)
	owner, start := l.cs.Owner, l.cs.Clock.Since
	for _, act := range []Act{ActReturn, ActReclassify, ActDispatch} {
		l.now = l.now.Add(30 * time.Minute)
		cmd := l.full(act)
		if act == ActDispatch {
			cmd.Owner = &Owner{Unit: owner.Unit}
		}
		l.do(cmd)
	}
	d := ExplainDeadline(l.c, l.cs, l.events)
	var counted time.Duration
	for _, iv := range d.Counted {
		counted += iv.To.Sub(iv.From)
	}
	cal := l.c.CalendarOf(owner.Unit)
	if !d.Start.Equal(start) || d.Used != cal.Budget(d.Limit) || !d.Due.Equal(l.cs.Clock.Due) || counted != d.Used {
		t.Errorf("from %s, %s counted, %s used of %s, due %s; want from %s, due %s", d.Start, counted, d.Used, d.Limit, d.Due, start, l.cs.Clock.Due)
	}
}
