package sim

import (
	"time"
)

// stopwatch is a clock as the rules see it: what it may run, when it ran, how far its ladder has come.
type stopwatch struct {
	limit    limit // zero n = a length of the office's own
	length   time.Duration
	extended int
	ran      [][2]time.Time // before since
	since    time.Time      // it runs since; zero = it stands
	shares   []int
	step     int
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

// rest is what is left of a share of its length.
func (k *stopwatch) rest(t *town, percent int) time.Duration {
	all := k.length
	if k.limit.n > 0 {
		all = t.budget(k.limit) * time.Duration(1+k.extended)
	}
	share := time.Duration(percent)
	rest := all/100*share + all%100*share/100
	for _, r := range k.ran {
		rest -= t.between(r[0], r[1], k.unit())
	}
	return rest
}

// due is its deadline: of one that had overrun before it stood, as far back as it had.
func (k *stopwatch) due(t *town) time.Time { return t.after(k.since, k.unit(), k.rest(t, 100)) }

// instant is when the rules want a step. A share that was used up before the clock stood is due when it
// goes on.
func (k *stopwatch) instant(t *town, step int) time.Time {
	return t.after(k.since, k.unit(), max(0, k.rest(t, k.shares[step])))
}

// next is the instant of the next step; zero when there is none.
func (k *stopwatch) next(t *town) time.Time {
	if !k.runs() || k.step >= len(k.shares) {
		return time.Time{}
	}
	return k.instant(t, k.step)
}

// stand stops it.
func (k *stopwatch) stand(at time.Time) {
	if k.runs() && at.After(k.since) {
		k.ran = append(k.ran[:len(k.ran):len(k.ran)], [2]time.Time{k.since, at})
	}
	k.since = time.Time{}
}

// between is how long a clock runs from one instant to another: day by day, as a clerk would count.
func (t *town) between(from, to time.Time, unit string) (run time.Duration) {
	if !to.After(from) {
		return 0
	}
	if unit == "hours" {
		return to.Sub(from)
	}
	from, to = from.In(t.zone), to.In(t.zone)
	for day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, t.zone); day.Before(to); day = day.AddDate(0, 0, 1) {
		if !t.working(day) {
			continue
		}
		for _, h := range t.hours {
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
