package roster

import (
	"slices"
	"time"
)

// Span is the time From <= t < To.
type Span struct{ From, To time.Time }

// Spans are stretches of time in order that neither meet nor overlap.
type Spans []Span

// SpanOf is one stretch; none when it is empty.
func SpanOf(from, to time.Time) Spans {
	if !from.Before(to) {
		return nil
	}
	return Spans{{from, to}}
}

// And is the time in both.
func (a Spans) And(b Spans) Spans {
	var out Spans
	for i, j := 0, 0; i < len(a) && j < len(b); {
		from, to := later(a[i].From, b[j].From), earlier(a[i].To, b[j].To)
		if from.Before(to) {
			out = append(out, Span{from, to})
		}
		if a[i].To.Before(b[j].To) {
			i++
		} else {
			j++
		}
	}
	return out
}

// Or is the time in either.
func (a Spans) Or(b Spans) Spans {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	all := slices.SortedFunc(slices.Values(slices.Concat(a, b)), func(x, y Span) int { return x.From.Compare(y.From) })
	out := Spans{all[0]}
	for _, s := range all[1:] {
		if last := &out[len(out)-1]; !s.From.After(last.To) {
			last.To = later(last.To, s.To)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// Not is the time in a and not in b.
func (a Spans) Not(b Spans) Spans {
	if len(b) == 0 {
		return a
	}
	var out Spans
	j := 0
	for _, s := range a {
		for j < len(b) && !b[j].To.After(s.From) {
			j++
		}
		for k := j; k < len(b) && b[k].From.Before(s.To); k++ {
			if s.From.Before(b[k].From) {
				out = append(out, Span{s.From, b[k].From})
			}
			s.From = b[k].To
		}
		if s.From.Before(s.To) {
			out = append(out, s)
		}
	}
	return out
}

// Length is all the time together.
func (a Spans) Length() time.Duration {
	var d time.Duration
	for _, s := range a {
		d += s.To.Sub(s.From)
	}
	return d
}

// Has reports whether an instant lies in one of them.
func (a Spans) Has(t time.Time) bool {
	i, found := slices.BinarySearchFunc(a, t, func(s Span, t time.Time) int { return s.From.Compare(t) })
	return found || i > 0 && t.Before(a[i-1].To)
}

// window is [from, to) cut to a horizon; a zero bound is open.
func window(from, to time.Time, in Span) Spans {
	if from.IsZero() || from.Before(in.From) {
		from = in.From
	}
	if to.IsZero() || to.After(in.To) {
		to = in.To
	}
	return SpanOf(from, to)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
