package calendar

import "time"

// segment is an interval of time together with the wall times shown in it, from a to b. No time passes in a skip of the
// wall clock. Wall times shown for the second time do not count.
//
// Example: one day in Chicago from 2026-03-07 02:30. The wall clock runs to 02:00 of the 8th in 23 h 30 min, then
// skips from 02:00 to 03:00, of which half an hour is still needed.
type segment struct {
	from, to time.Time
	a, b     wall
	again    bool
}

// segments lists the segments from start, at the wall time a and in stretch i, to end, at the wall time b.
func (c *Calendar) segments(start, end time.Time, a, b wall, i int) []segment {
	var out []segment
	for ; ; i++ {
		s := &c.stretches[i]
		if i+1 == len(c.stretches) || end.Unix() < c.stretches[i+1].from {
			return append(out, segment{from: start, to: end, a: a, b: b})
		}
		next := &c.stretches[i+1]
		change := time.Unix(next.from, 0).In(c.loc)
		out = append(out, segment{from: start, to: change, a: a, b: s.ends})
		start, a = change, s.ends
		if leap := next.begins - s.ends; leap > 0 {
			out = append(out, segment{from: change, to: change, a: a, b: min(b, next.begins)})
			a = next.begins
		} else {
			resumes := change.Add(time.Duration(-leap)) // when the wall clock shows the time before the change again
			if end.Before(resumes) {
				return splitSegments(out, end, b, next.begins)
			}
			out = append(out, segment{from: change, to: resumes, a: next.begins, b: s.ends, again: true})
			start = resumes
		}
		if !end.After(start) {
			return out
		}
	}
}

// splitSegments splits segments at the wall time b. The clock showed b, was put back to the wall time back, and shows b again at
// the end. The part in between does not count.
func splitSegments(passes []segment, end time.Time, b, back wall) []segment {
	begin := passes[0].from
	var out []segment
	for _, p := range passes {
		if p.a >= b {
			break
		}
		if p.b > b && p.to.After(p.from) {
			p.to = p.from.Add(time.Duration(b - p.a))
		}
		p.b = min(p.b, b)
		out = append(out, p)
		begin = p.to
	}
	return append(out, segment{from: begin, to: end, a: back, b: passes[len(passes)-1].b, again: true})
}

// evidence lists the counted and the skipped intervals of unit u from start to end; see segments.
func (c *Calendar) evidence(u Unit, start, end time.Time, a, b wall, i int) (counted []Interval, skipped []Skip) {
	begin := a
	if u == WorkDays && c.sameTime {
		begin, _ = c.normalise(a, tableDays)
	}
	skip := func(from, to time.Time, why reason) {
		if k := len(skipped) - 1; k >= 0 && skipped[k].To.Equal(from) && skipped[k].Why == why.en &&
			skipped[k].WhyZh == why.zh && skipped[k].Counts == 0 {
			skipped[k].To = to
		} else {
			skipped = append(skipped, Skip{From: from, To: to, Why: why.en, WhyZh: why.zh})
		}
	}
	leapt := time.Time{} // the last skip of the wall clock that counted
	for _, p := range c.segments(start, end, a, b, i) {
		var counts time.Duration
		last, since := reason{}, p.a
		c.parts(u, begin, p.a, p.b, func(to wall, counting bool, why reason) {
			from, until := p.from.Add(time.Duration(since-p.a)), p.from.Add(time.Duration(to-p.a))
			n := len(counted)
			switch {
			case counting:
				counts += time.Duration(to - since)
			default:
				last = why
			}
			switch {
			case p.again || p.from.Equal(p.to):
			case !counting:
				skip(from, until, why)
			case n > 0 && counted[n-1].To.Equal(from) && !leapt.Equal(from):
				counted[n-1].To = until
			default:
				counted = append(counted, Interval{from, until})
			}
			since = to
		})
		switch {
		case p.again && p.to.After(p.from):
			if counts > 0 {
				last = shownTwice
			}
			skip(p.from, p.to, last)
		case p.from.Equal(p.to) && counts > 0:
			skipped = append(skipped, Skip{From: p.from, To: p.to, Why: leaptOver.en, WhyZh: leaptOver.zh, Counts: counts})
			leapt = p.from
		}
	}
	return counted, skipped
}

// parts splits the wall times from a to b into parts that count in unit u and parts that do not, with the reason.
// Each part begins where the part before ended. begin is the start of a same_time limit.
func (c *Calendar) parts(u Unit, begin, a, b wall, emit func(to wall, counting bool, why reason)) {
	piece := func(to wall, counting bool, why reason) {
		if to = min(to, b); to > a {
			emit(to, counting, why)
			a = to
		}
	}
	if u == Days {
		piece(b, true, reason{})
	}
	for d, _ := a.split(); a < b; d++ {
		info := c.days[d]
		switch {
		case !info.working:
			piece(at(d+1, 0), false, c.whyOff(d))
		case u == WorkDays && c.sameTime:
			_, of := begin.split()
			why := afterHours
			if begin < at(d+1, 0) && of != c.opens {
				why = notStarted
			}
			piece(min(begin, at(d+1, 0)), false, why)
			piece(at(d+1, 0), true, reason{})
		default:
			closed := afterHours
			if info.name != "" { // a short day
				short := c.whyOff(d)
				closed = reason{short.en + ", " + afterHours.en, short.zh + "，" + afterHours.zh}
			}
			for i, s := range c.hours[info.hours] {
				why := lunchBreak
				if i == 0 {
					why = closed
				}
				piece(at(d, s.from), false, why)
				piece(at(d, s.to), true, reason{})
			}
			piece(at(d+1, 0), false, closed)
		}
	}
}
