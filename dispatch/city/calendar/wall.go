package calendar

import "time"

// wall is a wall time, in nanoseconds since the midnight at which the day table begins.
type wall time.Duration

func (w wall) split() (int, time.Duration) {
	return int(time.Duration(w) / day), time.Duration(w) % day
}

func at(d int, of time.Duration) wall { return wall(time.Duration(d)*day + of) }

// stretch is the time between two changes of the zone's offset. Example: America/Chicago from 2026-03-08 08:00 UTC,
// when the clocks skip from 02:00 to 03:00, to 2026-11-01 07:00 UTC.
type stretch struct {
	from         int64         // Unix seconds
	ahead        time.Duration // of UTC
	begins, ends wall          // the wall times at the beginning and at the end, which is excluded
}

// tableFrom and tableTo bound the day table in Unix seconds, with two days of margin for any zone.
var (
	tableFrom = int64(epochDay-2) * 86400
	tableTo   = int64(epochDay+tableDays+2) * 86400
)

// stretches lists the stretches of the day table in order.
func stretches(loc *time.Location) []stretch {
	var out []stretch
	for from := tableFrom; from < tableTo; {
		t := time.Unix(from, 0).In(loc)
		_, seconds := t.Zone()
		to := tableTo
		if _, end := t.ZoneBounds(); !end.IsZero() {
			// By a rule of summer time Go ends a stretch 365 days into the year at the latest, even in a leap year.
			// The last day of a leap year then ends before it begins.
			to = min(to, max(end.Unix(), from+86400))
		}
		s := stretch{from: from, ahead: time.Duration(seconds) * time.Second}
		s.begins, s.ends = s.reading(from, 0), s.reading(to, 0)
		if n := len(out); n > 0 && out[n-1].ahead == s.ahead { // only the zone's name changed
			out[n-1].ends = s.ends
		} else {
			out = append(out, s)
		}
		from = to
	}
	return out
}

// reading returns the wall time of an instant in the stretch.
func (s *stretch) reading(seconds int64, nanos int) wall {
	return wall(seconds-int64(epochDay)*86400)*wall(time.Second) + wall(nanos) + wall(s.ahead)
}

// instant returns the instant of w, if the stretch contains w.
func (s *stretch) instant(w wall) time.Time {
	w -= wall(s.ahead)
	return time.Unix(int64(w/wall(time.Second))+int64(epochDay)*86400, int64(w%wall(time.Second)))
}

// stretchAt returns the index of the stretch of an instant.
func (c *Calendar) stretchAt(seconds int64) int {
	lo, hi := 0, len(c.stretches)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; seconds < c.stretches[mid].from {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}

// toWall returns the wall time of t and the index of the stretch of t. Errors: *YearError outside the day table.
func (c *Calendar) toWall(t time.Time) (w wall, i int, err error) {
	seconds := t.Unix()
	if seconds >= tableFrom && seconds < tableTo {
		i = c.stretchAt(seconds)
		w = c.stretches[i].reading(seconds, t.Nanosecond())
		if w >= 0 && w < at(tableDays, 0) {
			return w, i, nil
		}
	}
	return 0, 0, &YearError{t.In(c.loc).Year()}
}

// fromWall returns the first instant, from a start on, at which the wall time reaches w. i is the stretch of the
// start, and w is not before the wall time of the start. A skipped wall time is reached at the change of the clocks.
// A wall time that occurs twice is reached at the first occurrence, unless the start is later.
func (c *Calendar) fromWall(w wall, i int) time.Time {
	if w >= c.stretches[i].ends {
		lo, hi := i, len(c.stretches)-1 // lo ends at or before w, hi ends after w
		for hi-lo > 1 {
			if mid := (lo + hi) / 2; w >= c.stretches[mid].ends {
				lo = mid
			} else {
				hi = mid
			}
		}
		i = hi
	}
	s := &c.stretches[i]
	return s.instant(max(w, s.begins)).In(c.loc)
}
