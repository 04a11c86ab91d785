package roster

import (
	"slices"
	"time"
)

// Interval is the time [From, To).
type Interval struct{ From, To time.Time }

// Intervals is a list of disjoint, non-adjacent intervals in order.
type Intervals []Interval

// IntervalOf returns a list of one interval, or an empty list if the interval is empty.
func IntervalOf(from, to time.Time) Intervals {
	if !from.Before(to) {
		return nil
	}
	return Intervals{{from, to}}
}

// And returns the intersection of a and b.
func (a Intervals) And(b Intervals) Intervals {
	var out Intervals
	for i, j := 0, 0; i < len(a) && j < len(b); {
		from, to := later(a[i].From, b[j].From), earlier(a[i].To, b[j].To)
		if from.Before(to) {
			out = append(out, Interval{from, to})
		}
		if a[i].To.Before(b[j].To) {
			i++
		} else {
			j++
		}
	}
	return out
}

// Or returns the union of a and b.
func (a Intervals) Or(b Intervals) Intervals {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	all := slices.SortedFunc(slices.Values(slices.Concat(a, b)), func(x, y Interval) int { return x.From.Compare(y.From) })
	out := Intervals{all[0]}
	for _, s := range all[1:] {
		if last := &out[len(out)-1]; !s.From.After(last.To) {
			last.To = later(last.To, s.To)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// Not returns the time in a but not in b.
func (a Intervals) Not(b Intervals) Intervals {
	if len(b) == 0 {
		return a
	}
	var out Intervals
	j := 0
	for _, s := range a {
		for j < len(b) && !b[j].To.After(s.From) {
			j++
		}
		for k := j; k < len(b) && b[k].From.Before(s.To); k++ {
			if s.From.Before(b[k].From) {
				out = append(out, Interval{s.From, b[k].From})
			}
			s.From = b[k].To
		}
		if s.From.Before(s.To) {
			out = append(out, s)
		}
	}
	return out
}

// Length returns the total length.
func (a Intervals) Length() time.Duration {
	var d time.Duration
	for _, s := range a {
		d += s.To.Sub(s.From)
	}
	return d
}

// Has reports whether an instant lies in one of the intervals.
func (a Intervals) Has(t time.Time) bool {
	i, found := slices.BinarySearchFunc(a, t, func(s Interval, t time.Time) int { return s.From.Compare(t) })
	return found || i > 0 && t.Before(a[i-1].To)
}

// window returns [from, to) cut to a horizon; a zero bound is open.
func window(from, to time.Time, in Interval) Intervals {
	if from.IsZero() || from.Before(in.From) {
		from = in.From
	}
	if to.IsZero() || to.After(in.To) {
		to = in.To
	}
	return IntervalOf(from, to)
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
