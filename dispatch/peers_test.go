package dispatch

import (
	"errors"
	"testing"
	"time"
	"wangge/dispatch/calendar"
)

// What other services of this kind are known to get wrong in the life of a case, each pinned here as
// its opposite. Pauses lost or counted twice: TestConsumedTimeIsConserved.

// A comment, a nudge or a change of the reporter's mind restarts no clock and moves no step.
func TestACommentRestartsNoClock(t *testing.T) {
	for _, stage := range []Stage{Reported, Verifying, Filed, Dispatched, Handling, Checking, Returned, Arbitration, Suspended} {
		l := lives(t, stage)
		clock, disposal, next, step := l.cs.Clock, l.cs.Disposal, l.cs.NextAt, l.cs.NextStep
		for range 3 {
			l.now = l.now.Add(time.Minute)
			l.do(l.full(ActComment))
		}
		if l.cs.Clock != clock || l.cs.Disposal != disposal || !l.cs.NextAt.Equal(next) || l.cs.NextStep != step {
			t.Errorf("three comments on a case that is %s: clock %+v, disposal %+v, timer %v, step %d; before %+v, %+v, %v, %d",
				stage, l.cs.Clock, l.cs.Disposal, l.cs.NextAt, l.cs.NextStep, clock, disposal, next, step)
		}
	}
}

// A case that has ended, merged or waits in suspension fires no step, however late the service looks.
func TestWhatHasEndedNeverEscalates(t *testing.T) {
	for _, stage := range []Stage{Closed, Rejected, Voided, Merged, SelfResolved} {
		l := lives(t, stage)
		l.now = l.now.AddDate(0, 6, 0)
		if events, err := l.try(Command{Act: ActTick}); !errors.Is(err, ErrNothingDue) {
			t.Errorf("half a year after it was %s: %v, %v; want nothing due", stage, events, err)
		}
	}
	l := lives(t, Suspended)
	for at := l.now; at.Before(l.cs.ResumeAt); at = at.Add(6 * time.Hour) {
		l.now = at
		if events, err := l.try(Command{Act: ActTick}); !errors.Is(err, ErrNothingDue) {
			t.Fatalf("put off until %v, at %v: %v, %v; want nothing due", l.cs.ResumeAt, at, events, err)
		}
	}
}

// Put off over National Day, the clock neither runs in the pause nor skips it twice: what was left of
// the limit when it stood is what is left when it goes on, in working time.
func TestAPauseIsCountedInTheUnitOfTheLimit(t *testing.T) {
	l := lives(t, Handling)
	cmd := l.full(ActReclassify)
	cmd.Condition = "2" // four work hours
	l.do(cmd)
	l.now = time.Date(2026, 3, 4, 9, 0, 0, 0, l.c.Location).Add(2 * time.Hour)
	used := l.cs.Clock.ConsumedAt(l.c.Calendar, l.now)
	l.do(l.full(ActSuspend))
	cmd = l.full(ActDecideSuspension)
	cmd.Actor = "somebody else"
	l.do(cmd)
	l.now = time.Date(2026, 3, 7, 22, 0, 0, 0, l.c.Location) // a Saturday night
	l.do(l.full(ActResume))
	left := 4*time.Hour - used
	want, err := l.c.Calendar.AddBudget(time.Date(2026, 3, 9, 8, 30, 0, 0, l.c.Location), calendar.WorkHours, left)
	if err != nil || l.cs.Clock.Consumed != used || !l.cs.Clock.Due.Equal(want) {
		t.Errorf("resumed on a Saturday night with %v left: due %v with %v used, want Monday %v with %v, %v", left, l.cs.Clock.Due, l.cs.Clock.Consumed, want, used, err)
	}
}
