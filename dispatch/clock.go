package dispatch

import (
	"errors"
	"fmt"
	"time"
	"wangge/dispatch/calendar"
	"wangge/dispatch/catalog"
	"wangge/dispatch/city"
)

// startClock begins a clock of the limit at t. Holidays that are not published yet lose no report:
// the deadline is then provisional, as if the year had none.
func startClock(c *city.City, limit calendar.Limit, t time.Time) (Clock, error) {
	due, provisional, err := DueAt(c, t, limit)
	if err != nil {
		return Clock{}, fmt.Errorf("deadline %s from %s: %w", limit, t.Format(time.RFC3339), err)
	}
	return Clock{Limit: limit, Since: t, Due: due, Provisional: provisional}, nil
}

// DueAt is the deadline of a limit that begins at t, and whether it is provisional: it reaches a
// year whose holidays are not known, and takes that year's weeks as plain.
func DueAt(c *city.City, t time.Time, limit calendar.Limit) (due time.Time, provisional bool, err error) {
	due, err = c.Calendar.DueAt(t, limit)
	var unknown *calendar.YearError
	if errors.As(err, &unknown) {
		due, err = c.Calendar.Provisional().DueAt(t, limit)
		provisional = true
	}
	return due, provisional, err
}

// stageClock begins a clock that runs round the clock for d: the office's own stage limits.
func stageClock(d time.Duration, t time.Time) Clock {
	return Clock{Since: t, Due: t.Add(d)}
}

// stepAt is the instant at which a share of the limit is used up, in the clock of the limit, taking
// years whose holidays are not published yet as plain, so that a ladder never loses a rung.
func stepAt(c *city.City, k Clock, percent int) time.Time {
	if k.Limit.N > 0 && k.Consumed == 0 {
		for _, cal := range []*calendar.Calendar{c.Calendar, c.Calendar.Provisional()} {
			if at, err := cal.AddShare(k.Since, k.Limit, percent); err == nil {
				return at
			}
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
