package sim

import (
	"slices"
	"time"
)

// stopwatch is a clock as the rules see it: what it may run, when it ran, how far its ladder has come.
type stopwatch struct {
	limit    limit // zero n = a length of the office's own
	length   time.Duration
	extended int
	ran      []stretch // before since
	since    time.Time // it runs since; zero = it stands
	due      time.Time // its deadline, which stays until something moves it
	rungs    []rung
	step     int
	passed   []rung // fired, when the ladder does not begin with them
}

// stretch is a time for which a clock ran, by the hours that were in force when it stopped.
type stretch struct {
	from, to time.Time
	by       edition
}

// runs reports whether it runs.
func (k *stopwatch) runs() bool { return !k.since.IsZero() }

// unit is on which clock it counts.
func (k *stopwatch) unit() string {
	if k.limit.n == 0 {
		return "hours"
	}
	return k.limit.unit
}

// used is what it ran before since.
func (k *stopwatch) used() (all time.Duration) {
	for _, r := range k.ran {
		all += r.by.between(r.from, r.to, k.unit())
	}
	return all
}

// rest is what is left of a share of its length.
func (k *stopwatch) rest(d edition, percent int) time.Duration {
	all := k.length
	if k.limit.n > 0 {
		all = d.budget(k.limit) * time.Duration(1+k.extended)
	}
	share := time.Duration(percent)
	return all/100*share + all%100*share/100 - k.used()
}

// project puts the deadline where an edition has it: of a clock that had overrun before it stood, as far
// back as it had.
func (k *stopwatch) project(d edition) { k.due = d.after(k.since, k.unit(), k.rest(d, 100)) }

// instant is when the rules want a step, by the hours in force. The whole length is the deadline. A share
// that was used up before the clock stood is due when it goes on, and no step before the one below it. A
// span from the beginning leaves out what the clock had used, when both count working time or neither.
func (k *stopwatch) instant(d edition, step int) time.Time {
	last := k.since
	for _, r := range k.rungs[:step+1] {
		at, span := k.due, d.budget(r.span)
		switch {
		case r.from == "after":
			if (k.unit() == "hours") == (r.span.unit == "hours") {
				span -= k.used()
			}
			at = d.after(k.since, r.span.unit, max(0, span))
		case r.from == "overdue_by":
			at = d.after(k.due, r.span.unit, span)
		case r.from == "every":
			at = d.after(last, r.span.unit, span)
		case r.percent != 100 || !k.due.After(k.since):
			at = d.after(k.since, k.unit(), max(0, k.rest(d, r.percent)))
		}
		if at.After(last) {
			last = at
		}
	}
	return last
}

// next is the instant of the next step; zero when there is none.
func (k *stopwatch) next(d edition) time.Time {
	if !k.runs() || k.step >= len(k.rungs) {
		return time.Time{}
	}
	return k.instant(d, k.step)
}

// rejoin puts a clock on another ladder, where nothing that fired comes again and nothing else is left out:
// behind the last rung that fired, on whatever ladder that was. A clock that stands is compared as if it went
// on now.
func (k *stopwatch) rejoin(d edition, is []rung, now time.Time) {
	was := k.passed
	if was == nil {
		was = k.rungs[:k.step]
	}
	n := len(was)
	if k.rungs = is; n == 0 || n <= len(is) && slices.Equal(was, is[:n]) {
		k.step, k.passed = n, nil
		return
	}
	on := *k
	if !on.runs() {
		on.since = now
		on.project(d)
	}
	on.rungs = was
	last, at := was[n-1], on.instant(d, n-1)
	on.rungs = is
	for k.step = 0; k.step < len(is); k.step++ {
		next := is[k.step]
		if next.percent > 0 && last.percent > 0 {
			if next.percent > last.percent {
				break
			}
		} else if on.instant(d, k.step).After(at) {
			break
		}
	}
	k.passed = was
}

// stand stops it.
func (k *stopwatch) stand(d edition, at time.Time) {
	if k.runs() && at.After(k.since) {
		k.ran = append(slices.Clip(k.ran), stretch{k.since, at, d})
	}
	k.since = time.Time{}
}

// between is how long a clock runs from one instant to another: day by day, as a clerk would count.
func (d edition) between(from, to time.Time, unit string) (run time.Duration) {
	if !to.After(from) {
		return 0
	}
	if unit == "hours" {
		return to.Sub(from)
	}
	from, to = from.In(d.town.zone), to.In(d.town.zone)
	for day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, d.town.zone); day.Before(to); day = day.AddDate(0, 0, 1) {
		if !d.town.working(day) {
			continue
		}
		for _, h := range d.hours {
			a, b := day.Add(h[0]), day.Add(h[1])
			if a.Before(from) {
				a = from
			}
			if b.After(to) {
				b = to
			}
			if b.After(a) {
				run += b.Sub(a)
			}
		}
	}
	return run
}

// after is the instant at which a clock of the rules has run for so long: hour by hour of every working
// day, as a clerk would count.
func (d edition) after(since time.Time, unit string, run time.Duration) time.Time {
	if unit == "hours" || run <= 0 {
		return since.Add(run)
	}
	since = since.In(d.town.zone)
	for day := time.Date(since.Year(), since.Month(), since.Day(), 0, 0, 0, 0, d.town.zone); ; day = day.AddDate(0, 0, 1) {
		if !d.town.working(day) {
			continue
		}
		for _, h := range d.hours {
			from, to := day.Add(h[0]), day.Add(h[1])
			if from.Before(since) {
				from = since
			}
			if !to.After(from) {
				continue
			}
			if run <= to.Sub(from) {
				return from.Add(run)
			}
			run -= to.Sub(from)
		}
	}
}

// budget is the length of a limit on its clock.
func (d edition) budget(l limit) time.Duration {
	if l.unit == "work_days" {
		var day time.Duration
		for _, h := range d.hours {
			day += h[1] - h[0]
		}
		return time.Duration(l.n) * day
	}
	return time.Duration(l.n) * time.Hour
}
