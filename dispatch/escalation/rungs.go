package escalation

import (
	"strconv"
	"strings"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
)

var rungWords = [...]struct {
	word string
	span func(*city.Step) *city.Span
}{
	{"after ", func(s *city.Step) *city.Span { return &s.After }},
	{"overdue ", func(s *city.Step) *city.Span { return &s.Overdue }},
	{"every ", func(s *city.Step) *city.Span { return &s.Every }},
}

// RungsOf writes steps down.
func RungsOf(steps []city.Step) dispatch.Rungs {
	var out []string
	for i := range steps {
		s := &steps[i]
		text := "0%" // at once
		if s.AtPercent > 0 {
			text = strconv.Itoa(s.AtPercent) + "%"
		}
		for _, w := range rungWords {
			if span := w.span(s); s.AtPercent == 0 && span.Set() {
				text = w.word + span.String()
				break
			}
		}
		out = append(out, text)
	}
	return dispatch.Rungs(strings.Join(out, ", "))
}

// steps reads them back, without whom they told. What is no rung counts as one that comes at once.
func ParseSteps(r dispatch.Rungs) []city.Step {
	if r == "" {
		return nil
	}
	var out []city.Step
	for text := range strings.SplitSeq(string(r), ", ") {
		var s city.Step
		if n, ok := strings.CutSuffix(text, "%"); ok {
			s.AtPercent, _ = strconv.Atoi(n)
		}
		for _, w := range rungWords {
			if rest, ok := strings.CutPrefix(text, w.word); ok {
				*w.span(&s), _ = city.ParseSpan(rest)
			}
		}
		out = append(out, s)
	}
	return out
}

// Fired are the steps that a clock has behind it, on a ladder on which the given number of them is next.
func Fired(k dispatch.Clock, steps []city.Step, next int) []city.Step {
	if k.Passed != "" {
		return ParseSteps(k.Passed)
	}
	return steps[:min(next, len(steps))]
}

// SameRung is the step of another ladder at which nothing that fired fires again and nothing else is
// left out: the same one while the ladders agree so far, else the first that comes after the last that
// fired. Shares are compared as such, whatever is counted in time by its instant on the clock. passed is
// what fired where that ladder does not begin with it, for the clock to carry: yet another ladder may.
func SameRung(cal *calendar.Calendar, k dispatch.Clock, fired, is []city.Step) (step int, passed dispatch.Rungs) {
	if len(fired) == 0 {
		return 0, ""
	}
	if agree(fired, is) {
		return len(fired), ""
	}
	last, at := &fired[len(fired)-1], armed(cal, fired, k, len(fired)-1)
	for ; step < len(is); step++ {
		if s := &is[step]; s.AtPercent > 0 && last.AtPercent > 0 {
			if s.AtPercent > last.AtPercent {
				break
			}
		} else if armed(cal, is, k, step).After(at) {
			break
		}
	}
	return step, RungsOf(fired)
}

// agree reports whether a ladder begins with rungs that come at the same times as these.
func agree(rungs, is []city.Step) bool {
	if len(rungs) > len(is) {
		return false
	}
	for i := range rungs {
		if !SameInstant(rungs[i], is[i]) {
			return false
		}
	}
	return true
}

// SameInstant reports whether two steps come at the same time, whoever is told.
func SameInstant(a, b city.Step) bool {
	return a.AtPercent == b.AtPercent && a.After == b.After && a.Overdue == b.Overdue && a.Every == b.Every
}
