package escalation_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
)

func steps(text ...dispatch.FiredSteps) []city.Step {
	var out []city.Step
	for _, t := range text {
		out = append(out, escalation.ParseSteps(t)...)
	}
	return out
}

// The stored text of fired steps is read back as the same steps.
func TestFiredSteps_TextRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var want []city.Step
		for range rapid.IntRange(0, 5).Draw(t, "steps") {
			var s city.Step
			span := city.Delay{Limit: calendar.Limit{N: rapid.IntRange(1, 99).Draw(t, "n"), Unit: rapid.SampledFrom([]calendar.Unit{calendar.Hours, calendar.WorkHours, calendar.WorkDays, calendar.Days}).Draw(t, "unit")}}
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0:
				s.AtPercent = rapid.IntRange(1, 400).Draw(t, "percent")
			case 1:
				s.After = span
			case 2:
				s.Overdue = span
			case 3:
				s.Every = span
			}
			want = append(want, s)
		}
		text := escalation.FormatSteps(want)
		if got := escalation.ParseSteps(text); !slices.EqualFunc(got, want, escalation.SameInstant) {
			t.Fatalf("%q is read as %+v, want %+v", text, got, want)
		}
	})
}

// The text is stored: it never changes.
func TestFiredSteps_StoredForm(t *testing.T) {
	t.Parallel()
	const text = "50%, after 1h30m0s, overdue 4 work_hours, every 1 days, 0%"
	list := escalation.ParseSteps(text)
	if len(list) != 5 || list[0].AtPercent != 50 || list[1].After.Wall != 90*time.Minute || !list[2].Overdue.Set() || !list[3].Every.Set() {
		t.Errorf("%q is read as %+v", text, list)
	}
	if got := escalation.FormatSteps(list); got != text {
		t.Errorf("written again: %q, want %q", got, text)
	}
}

// On another ladder a clock goes on behind the last step that fired.
func TestSameRung_OnAnotherLadder(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 3, 6, 9, 0, 0, 0, time.UTC)
	k := dispatch.Clock{Since: since, Due: since.Add(10 * time.Hour)}
	for _, tt := range []struct {
		name      string
		fired, is dispatch.FiredSteps
		step      int
		passed    dispatch.FiredSteps
	}{
		{"nothing fired", "", "50%, 80%", 0, ""},
		{"the ladders agree so far", "50%", "50%, 90%", 1, ""},
		{"a step comes before", "50%", "25%, 50%, 80%", 2, "50%"},
		{"the step is gone", "50%, 80%", "100%", 0, "50%, 80%"},
		{"the ladder is shorter", "50%, 80%", "50%", 1, "50%, 80%"},
		{"a span is compared by its instant", "50%", "after 3h, after 6h", 1, "50%"},
	} {
		if step, passed := escalation.NextStepOn(nil, k, steps(tt.fired), steps(tt.is)); step != tt.step || passed != tt.passed {
			t.Errorf("%s: step %d, passed %q; want %d, %q", tt.name, step, passed, tt.step, tt.passed)
		}
	}
}

// What runs beside the owner's work is owed until it is done; the earliest deadline is the case's.
func TestDebts_PartsWithClocksOfTheirOwn(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 3, 6, 9, 0, 0, 0, time.UTC)
	due := func(h int) dispatch.Clock {
		return dispatch.Clock{Since: since, Due: since.Add(time.Duration(h) * time.Hour)}
	}
	co := func(id, duty string, k dispatch.Clock) dispatch.CoOwner {
		return dispatch.CoOwner{Owner: dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitDepartment, ID: id}, Duty: duty}, Clock: k}
	}
	cs := &dispatch.Case{
		Stage: dispatch.Handling, Clock: due(8),
		Milestones: []dispatch.Milestone{{ID: "done", Clock: due(1), Reached: since}, {ID: "repair", Clock: due(4)}, {ID: "later"}},
		CoOwners:   []dispatch.CoOwner{co("ROADS", "fence", due(3)), co("WATER", "", dispatch.Clock{})},
	}
	debts := escalation.Obligations(cs)
	if len(debts) != 2 || debts[0].Milestone != "repair" || debts[1].Owner.Unit.ID != "ROADS" {
		t.Errorf("Obligations = %+v, want the milestone repair and the duty of ROADS", debts)
	}
	if got := escalation.EarliestDue(cs); !got.Equal(due(3).Due) {
		t.Errorf("DueFirst = %s, want that of ROADS", got)
	}
	cs.Stage = dispatch.Closed
	if got := escalation.Obligations(cs); got != nil {
		t.Errorf("a closed case owes %+v", got)
	}
}
