package lifecycle_test

import (
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/escalation"
	"wangge/dispatch/revise"
)

// A revision changes the reminders of a case that nobody has begun: the case is put on the new reminders, counted from the
// revision on, and its timer is that of the case after the revision.
func TestRevise_CountsRemindersAnew(t *testing.T) {
	t.Parallel()
	const steps = "{at_percent: 100, light: red, whom: superior}"
	plain := casetest.Boston(t, casetest.Ladders(steps, ""))
	reminds := casetest.Boston(t, casetest.Ladders(steps, "    nudge: {after: 20h, whom: owner, at_most: 2}\n"))
	for _, tt := range []struct {
		name string
		want time.Duration // from the revision to the next timer; 0 = that of the ladder
	}{
		{"reminders come", 20 * time.Hour},
		{"reminders go", 0},
	} {
		was, is := plain, reminds
		if tt.want == 0 {
			was, is = is, was
		}
		cs := casetest.Opened(t, was)
		at := cs.UpdatedAt.Add(5 * time.Hour)
		e, changes := revise.LadderEvent(was, is, cs, "b-leader", "", "", at)
		after := dispatch.Fold(cs, e)
		want := at.Add(tt.want)
		if tt.want == 0 {
			want = cs.Clock.Due
		}
		if !changes || !after.NextAt.Equal(want) || !after.NextAt.Equal(escalation.NextTimer(is, after).At) || after.NextStep != cs.NextStep {
			t.Errorf("%s: changes %t, the timer is at %s, want %s", tt.name, changes, after.NextAt, want)
		}
	}
	if _, changes := revise.LadderEvent(reminds, reminds, casetest.Opened(t, reminds), "b-leader", "", "", time.Time{}); changes {
		t.Error("the same reminders change a case")
	}
}

// The timer of a case is due, and the active revision counts the hours otherwise or reminds nobody: nothing fires, no step
// is left out, and the timer moves to what is due next.
func TestTick_NothingIsDueUnderTheActiveRevision(t *testing.T) {
	t.Parallel()
	const steps = "{at_percent: 100, light: red, whom: superior}"
	was := casetest.Boston(t, casetest.Ladders(steps, "    nudge: {after: 20h, whom: owner, at_most: 2}\n"))
	is := casetest.Boston(t, casetest.Ladders(steps, ""))
	cs := casetest.Opened(t, was)
	if !cs.NextAt.Equal(cs.UpdatedAt.Add(20 * time.Hour)) {
		t.Fatalf("the timer is at %s, want the reminder", cs.NextAt)
	}
	after, events := casetest.Do(t, is, cs, dispatch.Command{Act: dispatch.ActTick, At: cs.NextAt})
	if len(events) != 1 || events[0].Kind != dispatch.EventReprojected || len(events[0].Notified) > 0 ||
		!after.NextAt.Equal(cs.Clock.Due) || after.NextStep != cs.NextStep || after.Clock.Due != cs.Clock.Due {
		t.Errorf("events %+v; the next is step %d at %s; want one event that moves the timer to %s", events, after.NextStep, after.NextAt, cs.Clock.Due)
	}
}
