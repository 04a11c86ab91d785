// Package quiet reads the quiet hours of city.yaml.
package quiet

import (
	"time"

	"wangge/dispatch/city"
)

// Read reads the decoded value of the key quiet_hours: a map with the keys from and to, each a time of day such as "22:00",
// or the word none. Nil, a key that is absent, is city.DefaultQuietHours. ok is false for a value of any other form.
func Read(value any) (q city.QuietHours, ok bool) {
	switch v := value.(type) {
	case nil:
		return city.DefaultQuietHours, true
	case string:
		return q, v == "none"
	case map[string]any:
		from, begins := clock(v["from"])
		to, ends := clock(v["to"])
		return city.QuietHours{From: from, To: to}, begins && ends && from != to && len(v) == 2
	default:
		return q, false
	}
}

// clock reads a time of day as the length of time since midnight.
func clock(value any) (time.Duration, bool) {
	text, _ := value.(string)
	t, err := time.Parse("15:04", text)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err == nil
}
