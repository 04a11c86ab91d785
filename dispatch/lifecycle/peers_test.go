package lifecycle

import (
	"errors"
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/sla"
)

// What other services of this kind are known to get wrong in the life of a case, each pinned here as
// its opposite, or elsewhere:
//
//   - pauses lost or counted twice: TestClock_ConsumedTimeIsConserved
//   - holidays, make-up days and lunch ignored: calendar, TestDueAt_AgreesWithMinuteModel
//   - missed steps lost or fired at once: escalation, TestLadder_CatchesUpInOrder
//   - a step that finds nobody waits all the same: escalation, TestLadder_StepWithoutRecipientIsSkipped
//   - taken up and forgotten: escalation, TestReminder_OfAnUntouchedCase
//   - a duplicate disturbs the case it joins: desk, TestMerge_Follows
//   - only the newest cases are looked at: desk, TestFireDue_OldestFirst
//   - a step twice after a crash or beside a second scheduler: desk, TestFireDue_TwoCallersFireEachStepOnce
//   - a timer lost in a restart: desk, TestNumbers_GoOnAfterARestart
//   - one case that fails holds up the others: desk, TestFireDue_DamagedCase
//   - what was held is never told: escalation, TestNotBefore_NextWorkingTime

// A comment, a reminder or a change of the reporter's mind restarts no clock and moves no step.
func TestComment_RestartsNoClock(t *testing.T) {
	t.Parallel()
	for _, stage := range []dispatch.Stage{dispatch.Reported, dispatch.Verifying, dispatch.Filed, dispatch.Dispatched, dispatch.Handling, dispatch.Checking, dispatch.Returned, dispatch.Arbitration, dispatch.Suspended} {
		l := lives(t, stage)
		clock, disposal, next, step := l.cs.Clock, l.cs.Disposal, l.cs.NextAt, l.cs.NextStep
		for range 3 {
			l.now = l.now.Add(time.Minute)
			l.do(l.full(dispatch.ActComment))
		}
		if l.cs.Clock != clock || l.cs.Disposal != disposal || !l.cs.NextAt.Equal(next) || l.cs.NextStep != step {
			t.Errorf("three comments on a case that is %s: clock %+v, disposal %+v, timer %v, step %d; before %+v, %+v, %v, %d",
				stage, l.cs.Clock, l.cs.Disposal, l.cs.NextAt, l.cs.NextStep, clock, disposal, next, step)
		}
	}
}

// A case that has ended, merged or waits in suspension fires no step, however late the service looks.
func TestLadder_EndedCaseNeverEscalates(t *testing.T) {
	t.Parallel()
	for _, stage := range []dispatch.Stage{dispatch.Closed, dispatch.Rejected, dispatch.Voided, dispatch.Merged, dispatch.SelfResolved} {
		l := lives(t, stage)
		l.now = l.now.AddDate(0, 6, 0)
		if events, err := l.try(dispatch.Command{Act: dispatch.ActTick}); !errors.Is(err, dispatch.ErrNothingDue) {
			t.Errorf("half a year after it was %s: %v, %v; want nothing due", stage, events, err)
		}
	}
	l := lives(t, dispatch.Suspended)
	for at := l.now; at.Before(l.cs.ResumeAt); at = at.Add(6 * time.Hour) {
		l.now = at
		if events, err := l.try(dispatch.Command{Act: dispatch.ActTick}); !errors.Is(err, dispatch.ErrNothingDue) {
			t.Fatalf("put off until %v, at %v: %v, %v; want nothing due", l.cs.ResumeAt, at, events, err)
		}
	}
}

// Put off over National Day, the clock neither runs in the pause nor skips it twice: what was left of
// the limit when it stood is what is left when it goes on, in working time.
func TestPause_CountsInTheUnitOfTheLimit(t *testing.T) {
	t.Parallel()
	l := lives(t, dispatch.Handling)
	cmd := l.full(dispatch.ActReclassify)
	cmd.Condition = "2" // four work hours
	l.do(cmd)
	l.now = time.Date(2026, 3, 4, 9, 0, 0, 0, l.c.Location).Add(2 * time.Hour)
	used := sla.ConsumedAt(l.cs.Clock, l.c.Calendar, l.now)
	l.do(l.full(dispatch.ActSuspend))
	cmd = l.full(dispatch.ActDecideSuspension)
	cmd.Actor = "somebody else"
	l.do(cmd)
	l.now = time.Date(2026, 3, 7, 22, 0, 0, 0, l.c.Location) // a Saturday night
	l.do(l.full(dispatch.ActResume))
	left := 4*time.Hour - used
	want, err := l.c.Calendar.AddBudget(time.Date(2026, 3, 9, 8, 30, 0, 0, l.c.Location), calendar.WorkHours, left)
	if err != nil || l.cs.Clock.Consumed != used || !l.cs.Clock.Due.Equal(want) {
		t.Errorf("resumed on a Saturday night with %v left: due %v with %v used, want Monday %v with %v, %v", left, l.cs.Clock.Due, l.cs.Clock.Consumed, want, used, err)
	}
}

// A step whose time comes while the case is put off is not lost: after the pause each one that is
// left comes once and in order, later by what the clock stood, and never before the work goes on.
// A clock that is set back between a pause and its end counts no stretch twice.
func TestPause_ClockSetBackCountsNothingTwice(t *testing.T) {
	t.Parallel()
	l := lives(t, dispatch.Handling)
	l.now = l.now.Add(30 * time.Minute)
	l.do(l.full(dispatch.ActSuspend))
	cmd := l.full(dispatch.ActDecideSuspension)
	cmd.Actor = "somebody else"
	l.do(cmd)
	used, put := l.cs.Disposal.Consumed, l.cs.UpdatedAt
	if used == 0 {
		t.Fatal("nothing was used before the pause")
	}
	l.now = l.now.Add(-3 * time.Hour)
	l.do(l.full(dispatch.ActResume))
	if l.cs.UpdatedAt.Before(put) || l.cs.Clock.Since.Before(put) || l.cs.Clock.Consumed != used {
		t.Errorf("resumed at %v with %v used since %v; it was put off at %v with %v used", l.cs.UpdatedAt, l.cs.Clock.Consumed, l.cs.Clock.Since, put, used)
	}
}

func TestPause_StepsOutlastIt(t *testing.T) {
	t.Parallel()
	l := lives(t, dispatch.Handling)
	first, steps := l.cs.NextStep, len(l.c.Policies[l.cs.EscalationPolicy].Steps)
	l.do(l.full(dispatch.ActSuspend))
	cmd := l.full(dispatch.ActDecideSuspension)
	cmd.Actor = "somebody else"
	l.do(cmd)
	resume := l.cs.ResumeAt
	var fired []int
	for range 50 {
		if l.cs.NextAt.IsZero() {
			break
		}
		l.now = l.cs.NextAt
		events, err := l.try(dispatch.Command{Act: dispatch.ActTick})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if (e.Kind == dispatch.EventEscalated || e.Kind == dispatch.EventStepSkipped) && e.Party.ID == "" && e.Milestone == "" {
				fired = append(fired, e.Step)
				if !e.At.After(resume) {
					t.Errorf("step %d fires at %v, while the case is put off until %v", e.Step, e.At, resume)
				}
			}
		}
		l.cs = dispatch.FoldAll(l.cs, events)
	}
	var want []int
	for i := first; i < steps; i++ {
		want = append(want, i)
	}
	if len(want) == 0 || !slices.Equal(fired, want) {
		t.Errorf("after the pause the steps %v came, want %v", fired, want)
	}
}

// A share of working time is used up in working time: no step of such a clock comes at midnight.
func TestLadder_NoWorkingTimeStepAtNight(t *testing.T) {
	t.Parallel()
	cal := lifeCity().Calendar
	for _, limit := range []calendar.Limit{{N: 4, Unit: calendar.WorkHours}, {N: 2, Unit: calendar.WorkDays}, {N: 5, Unit: calendar.WorkDays}} {
		for h := range 14 * 24 {
			k, err := sla.StartClock(cal, limit, lifeStart.Add(time.Duration(h)*time.Hour+7*time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			for _, percent := range []int{50, 80, 100, 150} {
				if at := sla.StepAt(cal, k, percent); !cal.IsWorking(at.Add(-1)) {
					t.Fatalf("%s from %v: %d%% is used up at %v", limit, k.Since, percent, at)
				}
			}
		}
	}
}

// Hours that run from 00:00 to 24:00 on every day are all there are: no minute before midnight is
// lost.
func TestClock_RoundTheClockLosesNoMinute(t *testing.T) {
	t.Parallel()
	cal, faults := calendar.Parse([]byte("weekend: []\nhours: [{from: \"00:00\", to: \"24:00\"}]\nwork_day: counted\nrequire_holidays: false\nholidays_apply: false\n"), nil, lifeCity().Location)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for n := 1; n < 500; n++ {
		start := lifeStart.Add(time.Duration(n*n) * time.Minute)
		for unit, want := range map[calendar.Unit]time.Time{calendar.WorkHours: start.Add(sla.Hours(n)), calendar.WorkDays: start.Add(sla.Hours(24 * n))} {
			if got, err := cal.DueAt(start, calendar.Limit{N: n, Unit: unit}); err != nil || !got.Equal(want) {
				t.Fatalf("%d %s from %v end %v, %v; want %v", n, unit, start, got, err, want)
			}
		}
	}
}

// A ladder that a revision takes away leaves no case in its escalation: nobody is told any more, and
// the case's own deadline stays.
func TestLadder_GoneTellsNobody(t *testing.T) {
	t.Parallel()
	l := lives(t, dispatch.Handling)
	due := l.cs.Clock.Due
	bare := *l.c
	bare.Policies = nil
	l.c = &bare
	for range 20 {
		if l.cs.NextAt.IsZero() {
			break
		}
		l.now = l.cs.NextAt
		events, err := l.try(dispatch.Command{Act: dispatch.ActTick})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind == dispatch.EventReminded || e.Kind == dispatch.EventEscalated && e.Party.ID == "" && e.Milestone == "" {
				t.Errorf("%s step %d tells %v of a ladder that is gone", e.Kind, e.Step, e.Notified)
			}
		}
		l.cs = dispatch.FoldAll(l.cs, events)
	}
	if !l.cs.NextAt.IsZero() || !l.cs.Clock.Due.Equal(due) {
		t.Errorf("it waits for %v and is due %v, want for nothing and still %v", l.cs.NextAt, l.cs.Clock.Due, due)
	}
}
