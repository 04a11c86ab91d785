package calendar

import "time"

// Due is a deadline with its evidence. Counted and Skipped together cover the time from the start to At without gap
// or overlap. In every unit but Hours the wall clock counts. If the wall clock is put forward, a Skip of no length
// still has the skipped time in Counts. If the wall clock is put back, the time that occurs twice is skipped once.
// The sum of Counted and of the Counts of Skipped is therefore the budget, to the second. If the budget ends inside a
// time that the clocks skip, only the part within the budget counts.
type Due struct {
	At      time.Time
	Limit   Limit
	Counted []Interval
	Skipped []Skip
}

// Skip is an interval in which the clock was paused. Why and WhyZh give the reason in English and Chinese. Example:
// "National Day", "国庆节".
type Skip struct {
	From, To   time.Time
	Why, WhyZh string
	Counts     time.Duration // of a time skipped by the wall clock: counted, although no time passes
}

type reason struct{ en, zh string }

var (
	afterHours  = reason{"after hours", "下班时间"}
	lunchBreak  = reason{"lunch break", "午休"}
	leaptOver   = reason{"clocks put forward, counted all the same", "时钟拨快，跳过的时段照计"}
	shownTwice  = reason{"clocks put back, counted once", "时钟拨慢，重复的时段只计一次"}
	notStarted  = reason{"before the clock starts", "计时开始前"}
	weekdayName = [7]reason{
		{"Sunday", "周日"},
		{"Monday", "周一"},
		{"Tuesday", "周二"},
		{"Wednesday", "周三"},
		{"Thursday", "周四"},
		{"Friday", "周五"},
		{"Saturday", "周六"},
	}
	holidayName = map[string]string{
		"元旦": "New Year's Day", "春节": "Spring Festival", "清明节": "Tomb-Sweeping Day",
		"劳动节": "Labour Day", "端午节": "Dragon Boat Festival", "中秋节": "Mid-Autumn Festival",
		"国庆节": "National Day",
	}
)

// Add returns the instant at which l is consumed, with the evidence. Errors: *YearError if a year with unknown
// holidays is needed.
func (c *Calendar) Add(start time.Time, l Limit) (Due, error) {
	if err := check(l); err != nil {
		return Due{}, err
	}
	due, err := c.Explain(start, l.Unit, c.Budget(l))
	due.Limit = l
	return due, err
}

// Explain is AddBudget with the evidence; the returned Due has no Limit.
func (c *Calendar) Explain(start time.Time, u Unit, budget time.Duration) (Due, error) {
	t, err := c.AddBudget(start, u, budget)
	if err != nil {
		return Due{}, err
	}
	start = start.In(c.loc)
	if u.RoundTheClock() || budget == 0 {
		counted, skipped := c.Between(u, start, t)
		return Due{At: t, Counted: counted, Skipped: skipped}, nil
	}
	a, i, err := c.toWall(start)
	if err != nil {
		return Due{}, err
	}
	b, err := c.reach(a, u, budget)
	if err != nil {
		return Due{}, err
	}
	counted, skipped := c.evidence(u, start, t, a, b, i)
	return Due{At: t, Counted: counted, Skipped: skipped}, nil
}

// Between returns the evidence of an interval in unit u: the counted and the skipped parts, which cover the interval
// without gap or overlap. Consumed is the sum of the counted parts. In Hours everything counts; in Days everything
// but changes of the clocks. Years with unknown holidays are treated as plain weeks. Outside 1990-2100 only Hours
// have evidence.
func (c *Calendar) Between(u Unit, from, to time.Time) ([]Interval, []Skip) {
	from, to = from.In(c.loc), to.In(c.loc)
	if !to.After(from) {
		return nil, nil
	}
	if u.RoundTheClock() {
		return []Interval{{from, to}}, nil
	}
	a, i, err1 := c.toWall(from)
	b, _, err2 := c.toWall(to)
	if err1 != nil || err2 != nil {
		return nil, nil
	}
	return c.evidence(u, from, to, a, b, i)
}

func (c *Calendar) whyOff(d int) reason {
	if zh := c.days[d].name; zh != "" {
		if en, ok := holidayName[zh]; ok {
			return reason{en, zh}
		}
		return reason{zh, zh}
	}
	return weekdayName[(d+epochDay+4)%7] // 1 January 1970 was a Thursday
}
