package quiet_test

import (
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/city"
	"wangge/dispatch/city/compile/quiet"
)

// The key says from when to when, or none; when it is absent, the default holds; anything else is no quiet hours.
func TestHours(t *testing.T) {
	t.Parallel()
	night := city.QuietHours{From: 23 * time.Hour, To: 7*time.Hour + 15*time.Minute}
	for _, tt := range []struct {
		text string
		want city.QuietHours
		ok   bool
	}{
		{"other: 1", city.DefaultQuietHours, true},
		{"quiet_hours: none", city.QuietHours{}, true},
		{`quiet_hours: {from: "23:00", to: "07:15"}`, night, true},
		{`quiet_hours: {to: "07:15", from: "23:00"}`, night, true},
		{`quiet_hours: {from: "12:00", to: "14:00"}`, city.QuietHours{From: 12 * time.Hour, To: 14 * time.Hour}, true},
		{"quiet_hours: never", city.QuietHours{}, false},
		{`quiet_hours: {from: "22:00"}`, city.QuietHours{}, false},
		{`quiet_hours: {from: "22:00", until: "06:00"}`, city.QuietHours{}, false},
		{`quiet_hours: {from: "22:00", to: "24:30"}`, city.QuietHours{}, false},
		{`quiet_hours: {from: "22:00", to: "22:00"}`, city.QuietHours{}, false},
		{`quiet_hours: {from: "22:00", from: "06:00"}`, city.QuietHours{}, false},
		{"quiet_hours: [1, 2, 3, 4]", city.QuietHours{}, false},
	} {
		var y struct {
			Quiet any `yaml:"quiet_hours"`
			Other int
		}
		if err := yaml.Unmarshal([]byte("\n"+tt.text+"\n"), &y); err != nil {
			if tt.ok {
				t.Errorf("%s: %v", tt.text, err)
			}
			continue
		}
		if got, ok := quiet.Read(y.Quiet); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %v, %v; want %v, %v", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}
