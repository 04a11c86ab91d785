package dispatch

import (
	"fmt"
	"time"
	"wangge/dispatch/calendar"
	"wangge/dispatch/catalog"
	"wangge/dispatch/city"
)

// startClock begins a clock of the limit at t.
func startClock(c *city.City, limit calendar.Limit, t time.Time) (Clock, error) {
	due, err := c.Calendar.DueAt(t, limit)
	if err != nil {
		return Clock{}, fmt.Errorf("deadline %s from %s: %w", limit, t.Format(time.RFC3339), err)
	}
	return Clock{Limit: limit, Since: t, Due: due}, nil
}

// stageClock begins a clock that runs round the clock for d: the office's own stage limits.
func stageClock(d time.Duration, t time.Time) Clock {
	return Clock{Since: t, Due: t.Add(d)}
}

// stepAt is the instant at which a share of the limit is used up, in the clock of the limit. When
// the calendar ends before that (next year's holidays are not published yet), the share is taken
// of the wall time between start and deadline, so that a ladder never loses a rung.
func stepAt(c *city.City, k Clock, percent int) time.Time {
	if k.Limit.N > 0 && k.Consumed == 0 {
		if at, err := c.Calendar.AddShare(k.Since, k.Limit, percent); err == nil {
			return at
		}
	}
	return k.Since.Add(k.Due.Sub(k.Since) / 100 * time.Duration(percent))
}

// ConditionOf finds the filing condition of a category; "" means its first. Errors:
// *UnknownCategoryError, *UnknownConditionError.
func ConditionOf(c *city.City, code catalog.Code, id string) (*catalog.Condition, error) {
	cat, ok := c.Categories[code]
	if !ok {
		_, near := c.Category(string(code))
		return nil, &UnknownCategoryError{Code: code, Nearest: near}
	}
	if id == "" {
		return &cat.Conditions[0], nil
	}
	have := make([]string, 0, len(cat.Conditions))
	for i := range cat.Conditions {
		if cat.Conditions[i].ID == id {
			return &cat.Conditions[i], nil
		}
		have = append(have, cat.Conditions[i].ID)
	}
	return nil, &UnknownConditionError{Code: code, Condition: id, Have: have}
}
