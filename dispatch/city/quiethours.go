package city

import "time"

// QuietHours is the time of each day in which the service disturbs nobody but for severity A. Both ends are lengths of time
// on the clock since midnight, in the city's zone; To may lie before From, then the quiet hours pass midnight. The zero
// QuietHours, and any with two equal ends, are none.
type QuietHours struct {
	From, To time.Duration
}

// DefaultQuietHours are those of a city that says nothing: from 22:00 to 06:30.
var DefaultQuietHours = QuietHours{From: 22 * time.Hour, To: 6*time.Hour + 30*time.Minute}

// QuietUntil is the end of the quiet hours within which an instant lies; zero when it lies outside of them. The end lies
// outside.
func (c *City) QuietUntil(at time.Time) time.Time {
	q := c.Quiet
	local := at.In(c.Location)
	of := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
	day := 0
	switch {
	case q.From == q.To:
		return time.Time{}
	case q.From < q.To && (of < q.From || of >= q.To):
		return time.Time{}
	case q.From > q.To && of >= q.From:
		day = 1
	case q.From > q.To && of >= q.To:
		return time.Time{}
	}
	end := time.Date(local.Year(), local.Month(), local.Day()+day, int(q.To/time.Hour), int(q.To%time.Hour/time.Minute), 0, 0, c.Location)
	for !end.After(at) { // clocks put back show the end twice
		end = end.Add(time.Hour)
	}
	return end
}
