package calendar

import (
	"slices"
	"time"
)

// Due is a deadline and its evidence. Counted and Skipped together tile the
// time from the start to At. On every clock but Hours the clock that counts is
// the one on the wall: where that is put forward a Skip of no length says what
// it counts all the same, and where it is put back the stretch that it shows
// twice is skipped once. So Counted and what Skipped counts add up to what
// Consumed says, to the second.
type Due struct {
	At      time.Time
	Limit   Limit
	Counted []Interval
	Skipped []Skip
}

// Skip is a stretch during which the clock stood still. Why and WhyZh give the
// reason in English and Chinese. Example: "National Day", "国庆节".
type Skip struct {
	From, To   time.Time
	Why, WhyZh string
	Counts     time.Duration // of a stretch that the wall clock leaps over: counted, though no time passes
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

// Add gives the instant at which l has been consumed, with the evidence. It
// returns *YearError when that needs a year whose holidays are not known.
func (c *Calendar) Add(start time.Time, l Limit) (Due, error) {
	t, err := c.DueAt(start, l)
	if err != nil {
		return Due{}, err
	}
	start = start.In(c.loc)
	due := Due{At: t, Limit: l}
	if !t.After(start) {
		return due, nil
	}
	c.explain(&due, start)
	return due, nil
}

// Between is the evidence of a stretch on the clock u: what of it counts and what does not. The
// counted parts are what Consumed adds up, and counted and skipped together tile the stretch; of
// hours all of it counts, of days all but what a change of the clocks does. Years whose holidays are not known are taken as plain weeks.
func (c *Calendar) Between(u Unit, from, to time.Time) ([]Interval, []Skip) {
	from, to = from.In(c.loc), to.In(c.loc)
	if !to.After(from) {
		return nil, nil
	}
	due := Due{At: to, Limit: Limit{Unit: u}}
	c.explain(&due, from)
	return due.Counted, due.Skipped
}

// explain finds what counted from start to due.At, and what did not.
func (c *Calendar) explain(due *Due, start time.Time) {
	switch due.Limit.Unit {
	case Hours:
		due.Counted = []Interval{{start, due.At}}
		return
	case Days:
		due.Counted = []Interval{{start, due.At}}
	default:
		c.walk(due, start)
	}
	c.changes(due)
}

// changes parts what counted where the wall clock is put forward or back.
func (c *Calendar) changes(due *Due) {
	var counted []Interval
	n := len(due.Skipped)
	for _, i := range due.Counted {
		for {
			_, at := i.From.ZoneBounds()
			if at.IsZero() || at.After(i.To) {
				break
			}
			_, was := at.Add(-1).Zone()
			_, is := at.Zone()
			s := Skip{From: at, To: at, Why: leaptOver.en, WhyZh: leaptOver.zh}
			if back := time.Duration(was-is) * time.Second; back < 0 {
				n, _ := c.Provisional().Consumed(due.Limit, at.Add(-1), at)
				s.Counts = max(0, n-1)
			} else {
				s = Skip{Why: shownTwice.en, WhyZh: shownTwice.zh, To: at.Add(back)}
				if s.To.After(i.To) {
					s.To = i.To
				}
				if s.From = s.To.Add(-back); s.From.Before(i.From) {
					s.From = i.From
				}
			}
			if s.Counts != 0 || s.To.After(s.From) {
				due.Skipped = append(due.Skipped, s)
			}
			if s.From.After(i.From) {
				counted = append(counted, Interval{i.From, s.From})
			}
			i.From = s.To
		}
		if i.To.After(i.From) {
			counted = append(counted, i)
		}
	}
	due.Counted = counted
	if len(due.Skipped) > n {
		slices.SortStableFunc(due.Skipped, func(a, b Skip) int { return a.From.Compare(b.From) })
	}
}

// walk goes through the days from start to due.At. Each piece begins where the
// last ended, so that nothing is lost where the wall clock jumps.
func (c *Calendar) walk(due *Due, start time.Time) {
	a, _ := c.toWall(start)
	b, _ := c.toWall(due.At)
	last := start
	begin := a
	same := due.Limit.Unit == WorkDays && c.sameTime
	if same {
		begin, _ = c.normalise(a, tableDays)
	}
	piece := func(to wall, counted bool, why reason) {
		if to <= a {
			return
		}
		t := due.At
		if to < b {
			t = c.fromWall(to, start)
			a = to
		} else {
			a = b
		}
		if !t.After(last) {
			return
		}
		n, k := len(due.Counted), len(due.Skipped)
		switch {
		case counted && n > 0 && due.Counted[n-1].To.Equal(last):
			due.Counted[n-1].To = t
		case counted:
			due.Counted = append(due.Counted, Interval{last, t})
		case k > 0 && due.Skipped[k-1].To.Equal(last) && due.Skipped[k-1].Why == why.en && due.Skipped[k-1].WhyZh == why.zh:
			due.Skipped[k-1].To = t
		default:
			due.Skipped = append(due.Skipped, Skip{From: last, To: t, Why: why.en, WhyZh: why.zh})
		}
		last = t
	}
	for d, _ := a.split(); a < b; d++ {
		info := c.days[d]
		switch {
		case !info.working:
			piece(at(d+1, 0), false, c.whyOff(d))
		case same:
			_, of := begin.split()
			why := afterHours
			if begin < at(d+1, 0) && of != c.opens {
				why = notStarted
			}
			piece(min(begin, at(d+1, 0)), false, why)
			piece(at(d+1, 0), true, reason{})
		default:
			for i, s := range c.hours[info.hours] {
				why := lunchBreak
				if i == 0 {
					why = afterHours
				}
				piece(at(d, s.from), false, why)
				piece(at(d, s.to), true, reason{})
			}
			piece(at(d+1, 0), false, afterHours)
		}
	}
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
