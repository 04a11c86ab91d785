package lifecycle

import (
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/escalation"
)

// A step stays armed for the instant that the edition of the case's last event gave it. A city that counts hours
// otherwise, by which the step would have been due before, moves it with the next event of the case: an act that ends
// the owner's clock fires what is due by the armed instant, and no step by hours that nobody was told of.
func TestDecide_FiresOverdueStepsOfItsOwnCity(t *testing.T) {
	t.Parallel()
	l := lives(t, dispatch.Handling)
	here := escalation.NextTimer(l.c, l.cs).At // by the city that decides now
	if here.IsZero() || here.Before(l.now) {
		t.Fatalf("the next step is due at %s", here)
	}
	l.cs.NextAt = here.Add(2 * time.Hour) // as the edition before armed it
	steps := func(events []dispatch.Event) (n int) {
		for i := range events {
			if events[i].Kind == dispatch.EventEscalated || events[i].Kind == dispatch.EventStepSkipped {
				n++
			}
		}
		return n
	}
	l.now = here.Add(time.Hour)
	events, err := l.try(l.full(dispatch.ActResolve))
	if err != nil || steps(events) != 0 {
		t.Errorf("before the armed instant: %d steps, %v; want none", steps(events), err)
	}
	events, err = l.try(dispatch.Command{Act: dispatch.ActComment, Actor: "somebody", Note: "seen"})
	if err != nil || steps(events) != 0 || !events[len(events)-1].NextAt.Equal(here) {
		t.Fatalf("a comment: %d steps, armed for %s, %v; want it moved to %s", steps(events), events[len(events)-1].NextAt, err, here)
	}
	moved := *l
	moved.cs = dispatch.FoldAll(l.cs, events)
	if events, err = moved.try(moved.full(dispatch.ActResolve)); err != nil || steps(events) == 0 {
		t.Errorf("after it was moved: %d steps, %v; want those that fell due", steps(events), err)
	}
	l.now = here.Add(2 * time.Hour)
	if events, err = l.try(l.full(dispatch.ActResolve)); err != nil || steps(events) == 0 {
		t.Errorf("at the armed instant: %d steps, %v; want those that fell due", steps(events), err)
	}
}
