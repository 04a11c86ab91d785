package calendar

import "time"

// Interval is [From, To).
type Interval struct{ From, To time.Time }

// Skip is an interval that did not count, and why.
type Skip struct {
	From, To   time.Time
	Why, WhyZh string
}

// Due is a deadline with its evidence. Counted and Skipped tile [start, At) without a gap.
type Due struct {
	At      time.Time
	Limit   Limit
	Counted []Interval
	Skipped []Skip
}

// maxDays bounds every walk: 50 years, far beyond any limit in a category table.
const maxDays = 50 * 366

// Budget is the length of a limit in its own clock: working seconds for WorkHours and counted
// WorkDays (a day is as long as the base day), 24 hours a day for Days and same-time WorkDays.
func (c *Calendar) Budget(l Limit) time.Duration {
	n := time.Duration(l.N)
	switch {
	case l.Unit == Hours || l.Unit == WorkHours:
		return n * time.Hour
	case l.Unit == WorkDays && c.rule != SameTime:
		length := 0
		for _, s := range c.hours {
			length += s.to - s.from
		}
		return n * time.Duration(length) * time.Second
	default:
		return n * 24 * time.Hour
	}
}

// Add is DueAt with the evidence. Errors: *YearError.
func (c *Calendar) Add(start time.Time, l Limit) (Due, error) {
	d := Due{Limit: l}
	at, err := c.walk(start, l.Unit, c.Budget(l), &d)
	d.At = at
	return d, err
}

// DueAt is the instant at which the limit has been used up. Errors: *YearError.
func (c *Calendar) DueAt(start time.Time, l Limit) (time.Time, error) {
	return c.walk(start, l.Unit, c.Budget(l), nil)
}

// AddBudget is the instant at which a budget in the clock of the unit has been used up.
func (c *Calendar) AddBudget(start time.Time, u Unit, budget time.Duration) (time.Time, error) {
	return c.walk(start, u, budget, nil)
}

// AddShare is the instant at which percent of the limit has been used up, in the limit's own
// clock. More than 100 is after the deadline. Errors: *YearError.
func (c *Calendar) AddShare(start time.Time, l Limit, percent int) (time.Time, error) {
	return c.walk(start, l.Unit, c.Budget(l)/100*time.Duration(percent), nil)
}

// normal moves a start that the same-time rule does not count: a day that is not worked becomes
// the next working day at the same time; at or after closing becomes the next one's opening.
func (c *Calendar) normal(t time.Time) (time.Time, error) {
	if ok, _ := c.workday(t); ok && seconds(t) < c.closes {
		return t, nil
	}
	sec := seconds(t)
	if ok, _ := c.workday(t); ok {
		sec = c.opens
	}
	for i := 1; i <= maxDays; i++ {
		d := midnight(t).AddDate(0, 0, i)
		if err := c.known(d); err != nil {
			return t, err
		}
		if ok, _ := c.workday(d); ok {
			return c.at(d, sec), nil
		}
	}
	return t, &YearError{Year: t.Year() + 50}
}

// walk goes forward from start until the budget is used up. It writes down what it passes when
// due is not nil.
func (c *Calendar) walk(start time.Time, u Unit, budget time.Duration, due *Due) (time.Time, error) {
	start = start.In(c.loc).Truncate(time.Second)
	if u == Hours {
		end := start.Add(budget)
		due.count(start, end)
		return end, nil
	}
	t := start
	if u == WorkDays && c.rule == SameTime {
		var err error
		if t, err = c.normal(t); err != nil {
			return time.Time{}, err
		}
		due.skip(start, t, "starts at the next opening", "自下一工作时段起算")
	}
	left := int(budget / time.Second)
	for range maxDays {
		if u != Days {
			if err := c.known(t); err != nil {
				return time.Time{}, err
			}
		}
		sec := seconds(t)
		spans := c.spans(t, u)
		for i, s := range spans {
			if s.to <= sec {
				continue
			}
			if s.from > sec {
				en, zh := "before hours", "上班前"
				if i > 0 {
					en, zh = "break", "午休"
				}
				due.skip(c.at(t, sec), c.at(t, s.from), en, zh)
				sec = s.from
			}
			if s.to-sec >= left && (left > 0 || sec < s.to) {
				end := c.at(t, sec+left)
				due.count(c.at(t, sec), end)
				return end, nil
			}
			due.count(c.at(t, sec), c.at(t, s.to))
			left -= s.to - sec
			sec = s.to
			if left == 0 {
				return c.at(t, s.to), nil
			}
		}
		next := midnight(t).AddDate(0, 0, 1)
		if due != nil {
			en, zh := "after hours", "下班后"
			if ok, d := c.workday(t); !ok && u != Days {
				en, zh = d.name, d.nameZh
				if en == "" {
					en, zh = t.Weekday().String(), weekdayZh[t.Weekday()]
				}
			}
			due.skip(c.at(t, sec), next, en, zh)
		}
		t = next
	}
	return time.Time{}, &YearError{Year: t.Year()}
}

var weekdayZh = [...]string{"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"}

// Consumed is how much of the unit's clock ran between two instants; 0 when to is not after from.
func (c *Calendar) Consumed(l Limit, from, to time.Time) (time.Duration, error) {
	from, to = from.In(c.loc).Truncate(time.Second), to.In(c.loc).Truncate(time.Second)
	if !to.After(from) {
		return 0, nil
	}
	if l.Unit == Hours {
		return to.Sub(from), nil
	}
	t, used := from, 0
	if l.Unit == WorkDays && c.rule == SameTime {
		var err error
		if t, err = c.normal(t); err != nil {
			return 0, err
		}
	}
	for t.Before(to) {
		if l.Unit != Days {
			if err := c.known(t); err != nil {
				return 0, err
			}
		}
		sec, end := seconds(t), 86400
		if ymd(t) == ymd(to) {
			end = seconds(to)
		}
		for _, s := range c.spans(t, l.Unit) {
			used += max(0, min(s.to, end)-max(s.from, sec))
		}
		t = midnight(t).AddDate(0, 0, 1)
	}
	return time.Duration(used) * time.Second, nil
}

func (d *Due) count(from, to time.Time) {
	if d == nil || !to.After(from) {
		return
	}
	if n := len(d.Counted); n > 0 && d.Counted[n-1].To.Equal(from) {
		d.Counted[n-1].To = to
		return
	}
	d.Counted = append(d.Counted, Interval{from, to})
}

func (d *Due) skip(from, to time.Time, why, whyZh string) {
	if d == nil || !to.After(from) {
		return
	}
	if n := len(d.Skipped); n > 0 && d.Skipped[n-1].To.Equal(from) && d.Skipped[n-1].Why == why {
		d.Skipped[n-1].To = to
		return
	}
	d.Skipped = append(d.Skipped, Skip{from, to, why, whyZh})
}
