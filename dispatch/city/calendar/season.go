package calendar

import "time"

// Season is a part of every year, both days included. A season may cross New Year. The zero Season is the whole year.
// Example: 11-01..03-31.
type Season struct{ From, To MonthDay }

// MonthDay is a day of any year: month × 100 + day. Example: 1101.
type MonthDay int

// MonthDayOf returns the day of an instant in its own location.
func MonthDayOf(t time.Time) MonthDay {
	_, m, d := t.Date()
	return MonthDay(int(m)*100 + d)
}

// Has reports whether a day lies in the season.
func (s Season) Has(d MonthDay) bool {
	switch {
	case s == Season{}:
		return true
	case s.From <= s.To:
		return d >= s.From && d <= s.To
	default:
		return d >= s.From || d <= s.To
	}
}

// Meets reports whether a day of the season begins within [from, to). A zero bound is open. The days are those of the
// bounds' own locations.
func (s Season) Meets(from, to time.Time) bool {
	if s == (Season{}) || from.IsZero() || to.IsZero() {
		return true
	}
	y, m, d := from.Date()
	for i := range 8*366 + 1 { // a 29 February comes after eight years at the latest
		at := time.Date(y, m, d+i, 12, 0, 0, 0, from.Location())
		if end := StartOfDay(at.Year(), at.Month(), at.Day(), from.Location()); !end.Before(to) {
			return false
		}
		if s.Has(MonthDayOf(at)) {
			return true
		}
	}
	return true
}

// String formats the season as ParseSeason reads it; "" for the whole year.
func (s Season) String() string {
	if s == (Season{}) {
		return ""
	}
	return s.From.String() + ".." + s.To.String()
}

// String formats the day as MM-DD.
func (d MonthDay) String() string {
	const digits = "0123456789"
	b := []byte{digits[d/1000%10], digits[d/100%10], '-', digits[d/10%10], digits[d%10]}
	return string(b)
}

// ParseSeason reads MM-DD..MM-DD; "" is the whole year. ok is false for any other text.
func ParseSeason(s string) (Season, bool) {
	if s == "" {
		return Season{}, true
	}
	if len(s) != len("11-01..03-31") || s[5:7] != ".." {
		return Season{}, false
	}
	from, err1 := time.Parse(time.DateOnly, "2024-"+s[:5]) // a leap year, so that 02-29 is valid
	to, err2 := time.Parse(time.DateOnly, "2024-"+s[7:])
	return Season{MonthDayOf(from), MonthDayOf(to)}, err1 == nil && err2 == nil
}
