package catalog

import (
	"time"

	"wangge/dispatch/city/calendar"
)

// LimitRule is one row of limits.csv: a limit that takes the place of the condition's own where
// all of its cells hold. Rules are tried in the order of the file; the first match decides.
type LimitRule struct {
	ID        string // "limits.csv:12", the row that a person can look up
	Pattern   Pattern
	Condition string // "" = any
	Severity  Severity
	Tier      string // of an area of the place; "" = any
	Area      string // in the place's chain; "" = anywhere
	Season    calendar.Season
	From, To  time.Time // [From, To), a campaign's dates; zero = open
	Campaign  string    // what the row belongs to, for people
	Limit     calendar.Limit
}

// Applies reports whether everything but the place holds: the category, the condition, its severity
// and the date, which at carries in the city's zone.
func (r *LimitRule) Applies(cat *Category, cond *Condition, at time.Time) bool {
	if !r.Pattern.Covers(cat) || r.Condition != "" && r.Condition != cond.ID || r.Severity != SeverityUnknown && r.Severity != cond.Severity {
		return false
	}
	if !r.From.IsZero() && at.Before(r.From) || !r.To.IsZero() && !at.Before(r.To) {
		return false
	}
	return r.Season.Has(calendar.MonthDayOf(at))
}
