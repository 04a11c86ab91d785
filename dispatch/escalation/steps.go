package escalation

import (
	"strconv"
	"strings"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
)

// stepWords are the words of the stored form of steps: never change them.
var stepWords = [...]struct {
	word string
	span func(*city.Step) *city.Delay
}{
	{"after ", func(s *city.Step) *city.Delay { return &s.After }},
	{"overdue ", func(s *city.Step) *city.Delay { return &s.Overdue }},
	{"every ", func(s *city.Step) *city.Delay { return &s.Every }},
}

// FormatSteps is the stored form of steps, without their recipients. Example: "50%, overdue 4 work_hours, every 1 days".
func FormatSteps(steps []city.Step) dispatch.FiredSteps {
	var out []string
	for i := range steps {
		s := &steps[i]
		text := "0%" // due at once
		if s.AtPercent > 0 {
			text = strconv.Itoa(s.AtPercent) + "%"
		}
		for _, w := range stepWords {
			if span := w.span(s); s.AtPercent == 0 && span.Set() {
				text = w.word + span.String()
				break
			}
		}
		out = append(out, text)
	}
	return dispatch.FiredSteps(strings.Join(out, ", "))
}

// ParseSteps reads the stored form. A step that it can't read counts as one that is due at once.
func ParseSteps(r dispatch.FiredSteps) []city.Step {
	if r == "" {
		return nil
	}
	var out []city.Step
	for text := range strings.SplitSeq(string(r), ", ") {
		var s city.Step
		if n, ok := strings.CutSuffix(text, "%"); ok {
			s.AtPercent, _ = strconv.Atoi(n)
		}
		for _, w := range stepWords {
			if rest, ok := strings.CutPrefix(text, w.word); ok {
				*w.span(&s), _ = city.ParseDelay(rest)
			}
		}
		out = append(out, s)
	}
	return out
}

// FiredSteps lists the steps that a clock has behind it: those that it carries, else the first steps of its ladder up to
// the next one.
func FiredSteps(k dispatch.Clock, steps []city.Step, next int) []city.Step {
	if k.Fired != "" {
		return ParseSteps(k.Fired)
	}
	return steps[:min(next, len(steps))]
}

// NextStepOn returns the step at which a clock continues on another ladder, so that no step that fired fires again and
// no other step is left out. While the ladders agree as far as fired, it is the same step; else it is the first step
// due after the last that fired. Steps at a share of the limit are compared by the share, all others by their instant
// on the clock.
//
// passed is the stored form of fired, for the clock to carry when the other ladder does not begin with the same steps;
// "" when it does.
func NextStepOn(cal *calendar.Calendar, k dispatch.Clock, fired, is []city.Step) (step int, passed dispatch.FiredSteps) {
	if len(fired) == 0 {
		return 0, ""
	}
	if agree(fired, is) {
		return len(fired), ""
	}
	last, at := &fired[len(fired)-1], stepTime(cal, fired, k, len(fired)-1)
	for ; step < len(is); step++ {
		if s := &is[step]; s.AtPercent > 0 && last.AtPercent > 0 {
			if s.AtPercent > last.AtPercent {
				break
			}
		} else if stepTime(cal, is, k, step).After(at) {
			break
		}
	}
	return step, FormatSteps(fired)
}

// agree reports whether a ladder begins with steps that are due at the same times as the given ones.
func agree(first, is []city.Step) bool {
	if len(first) > len(is) {
		return false
	}
	for i := range first {
		if !SameInstant(first[i], is[i]) {
			return false
		}
	}
	return true
}

// SameInstant reports whether two steps are due at the same time; their recipients may differ.
func SameInstant(a, b city.Step) bool {
	return a.AtPercent == b.AtPercent && a.After == b.After && a.Overdue == b.Overdue && a.Every == b.Every
}
