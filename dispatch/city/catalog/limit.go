package catalog

import (
	"time"

	"wangge/dispatch/city/calendar"
)

// LimitRule is one row of limits.csv: a limit that replaces the condition's own if all cells of the row match. Rules
// are tried in the order of the file; the first match wins.
type LimitRule struct {
	ID          string // "limits.csv:12", so that people can look up the row
	Pattern     Pattern
	Condition   string // "" = any
	Severity    Severity
	Tier        string // of an area of the place; "" = any
	SectionTier string // of the section of the place, the most specific one that has a tier; "" = any
	Area        string // in the place's chain; "" = anywhere
	Season      calendar.Season
	From, To    time.Time // [From, To), a campaign's dates; zero = open
	Grade       string    // of the campaign when it stopped; "" = any
	FromStop    bool      // Campaign is one of campaigns.csv: the row holds after its stop alone, and counts from there
	Campaign    string    // the campaign of the row, for people
	Limit       calendar.Limit
}

// Applies reports whether the row matches in everything but the place: category, condition, severity and date. at
// must be in the city's zone.
func (r *LimitRule) Applies(cat *Category, cond *Condition, at time.Time) bool {
	if !r.Pattern.Covers(cat) || r.Condition != "" && r.Condition != cond.ID || r.Severity != SeverityUnknown && r.Severity != cond.Severity {
		return false
	}
	if !r.From.IsZero() && at.Before(r.From) || !r.To.IsZero() && !at.Before(r.To) {
		return false
	}
	return r.Season.Has(calendar.MonthDayOf(at))
}
