package rules

import (
	"slices"
	"time"
)

// stopwatch is the model of a clock: its limit, the intervals in which it ran, and the position in its escalation
// policy.
type stopwatch struct {
	limit    limit // zero n = a length set by the office
	length   time.Duration
	extended int
	chosen   int           // extensions to a chosen time
	granted  time.Duration // what those have added together
	ran      []stretch     // intervals before since
	since    time.Time     // start of the running interval; zero = paused
	due      time.Time     // the deadline; kept until an event moves it
	steps    []policyStep
	step     int
	fired    []policyStep // steps that fired, if the policy does not begin with them
}

// stretch is an interval in which a clock ran, under the working hours of the edition in force at its end.
type stretch struct {
	from, to time.Time
	by       edition
}

// runs reports whether the clock runs.
func (k *stopwatch) runs() bool { return !k.since.IsZero() }

// unit returns the unit of the clock's limit.
func (k *stopwatch) unit() string {
	if k.limit.n == 0 {
		return "hours"
	}
	return k.limit.unit
}

// used returns the time that the clock ran before since.
func (k *stopwatch) used() (all time.Duration) {
	for _, r := range k.ran {
		all += r.by.between(r.from, r.to, k.unit())
	}
	return all
}

// whole returns what the clock may use in all.
func (k *stopwatch) whole(d edition) time.Duration {
	if k.limit.n == 0 {
		return k.length
	}
	return d.budget(k.limit)*time.Duration(1+k.extended-k.chosen) + k.granted
}

// extend gives the clock its limit once more or, if until is not zero, the time until then on the clock. It reports
// whether that is more than the clock has, and at most the limit once more.
func (k *stopwatch) extend(d edition, until time.Time) bool {
	if k.extended++; until.IsZero() {
		k.project(d)
		return true
	}
	most := *k
	most.project(d)
	k.chosen++
	extra := k.used() + d.between(k.since, until, k.unit()) - k.whole(d)
	k.granted += extra
	k.project(d)
	return extra > 0 && !until.After(most.due)
}

// remaining returns what remains of a share of the limit.
func (k *stopwatch) remaining(d edition, percent int) time.Duration {
	all, share := k.whole(d), time.Duration(percent)
	return all/100*share + all%100*share/100 - k.used()
}

// project sets the deadline by an edition. If the clock had overrun before it was paused, the deadline lies as far in
// the past.
func (k *stopwatch) project(d edition) { k.due = d.after(k.since, k.unit(), k.remaining(d, 100)) }

// instant returns when a step must fire under the working hours of d. 100 % is the deadline. A share that was
// consumed before the clock was paused is due when the clock resumes. No step is due before the one below. A span
// from the start of the clock excludes the time already used, if both count working time or neither does.
func (k *stopwatch) instant(d edition, step int) time.Time {
	last := k.since
	for _, r := range k.steps[:step+1] {
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
			at = d.after(k.since, k.unit(), max(0, k.remaining(d, r.percent)))
		}
		if at.After(last) {
			last = at
		}
	}
	return last
}

// next returns the instant of the next step, or zero.
func (k *stopwatch) next(d edition) time.Time {
	if !k.runs() || k.step >= len(k.steps) {
		return time.Time{}
	}
	return k.instant(d, k.step)
}

// rejoin moves the clock to another policy, so that no step fires twice and none is left out: after the last step
// that fired, under whatever policy. A paused clock is compared as if it resumed now.
func (k *stopwatch) rejoin(d edition, is []policyStep, now time.Time) {
	was := k.fired
	if was == nil {
		was = k.steps[:k.step]
	}
	n := len(was)
	if k.steps = is; n == 0 || n <= len(is) && slices.Equal(was, is[:n]) {
		k.step, k.fired = n, nil
		return
	}
	on := *k
	if !on.runs() {
		on.since = now
		on.project(d)
	}
	on.steps = was
	last, at := was[n-1], on.instant(d, n-1)
	on.steps = is
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
	k.fired = was
}

// stop pauses the clock.
func (k *stopwatch) stop(d edition, at time.Time) {
	if k.runs() && at.After(k.since) {
		k.ran = append(slices.Clip(k.ran), stretch{k.since, at, d})
	}
	k.since = time.Time{}
}

// between returns how long a clock runs between two instants.
func (d edition) between(from, to time.Time, unit string) time.Duration {
	return d.model.days.Between(d.hours, from, to, unit)
}

// after returns the instant at which a clock has run for a duration.
func (d edition) after(since time.Time, unit string, run time.Duration) time.Time {
	return d.model.days.After(d.hours, since, unit, run)
}

// budget returns the length of a limit on its clock.
func (d edition) budget(l limit) time.Duration { return d.hours.Budget(l.n, l.unit) }
