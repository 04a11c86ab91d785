package hours

import "time"

// Night is the quiet hours of a city, as lengths of time since midnight; the zero Night is none.
type Night struct {
	from, to time.Duration
	Key      string // of city.yaml; "" = the service's own
}

// Nights are the quiet hours of cities: those of a city that says nothing, others, none.
var Nights = []Night{
	{22 * time.Hour, 6*time.Hour + 30*time.Minute, ""},
	{20*time.Hour + 45*time.Minute, 7*time.Hour + 15*time.Minute, "quiet_hours: {from: \"20:45\", to: \"07:15\"}\n"},
	{Key: "quiet_hours: none\n"},
}

// Holds reports whether an instant lies in the quiet hours; the end does not. Those that are drawn pass midnight.
func (n Night) Holds(at time.Time) bool {
	of := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	return n.from != n.to && (of >= n.from || of < n.to)
}

// Turns are the words for what becomes of a notice at an instant; none outside of the quiet hours.
func (n Night) Turns(at time.Time, urgent, alarm bool) []string {
	switch {
	case !n.Holds(at):
		return nil
	case urgent && alarm:
		return []string{"an alarm of severity A is sent at night"}
	case urgent:
		return []string{"news of severity A is sent at night"}
	case alarm:
		return []string{"an alarm waits for the morning"}
	default:
		return []string{"news waits for the morning"}
	}
}
