package remote

import "testing"

// Flags take both forms of a name; a text that is neither goes to the server as it is.
func TestScopeName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"area:230102": "areas/230102", "department:GREEN": "departments/GREEN", "section:GREEN-3": "sections/GREEN-3",
		"point:school-12": "points/school-12", "person:p-17": "people/p-17",
		"areas/230102": "areas/230102", "people/p-17": "people/p-17", "nowhere": "nowhere", "": "",
	} {
		if got := ScopeName(text); got != want {
			t.Errorf("ScopeName(%q) = %q, want %q", text, got, want)
		}
	}
}

// A filter may name units and people as flags do; the rest of it stays.
func TestFilterOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`owner = "area:A" OR owner = "departments/B"`: `owner = "areas/A" OR owner = "departments/B"`,
		`person = "person:p-1" AND severity = A`:      `person = "people/p-1" AND severity = A`,
		`category = "area"`:                           `category = "area"`,
		`due_time < "2026-03-04T09:00:00+08:00"`:      `due_time < "2026-03-04T09:00:00+08:00"`,
	} {
		if got := FilterOf(text); got != want {
			t.Errorf("FilterOf(%q) = %q, want %q", text, got, want)
		}
	}
}

// Text for people has the ids of the city directory.
func TestText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want string }{
		{UnitText("departments/GREEN"), "department:GREEN"}, {UnitText(""), ""}, {UnitText("x"), "x"},
		{PersonText("people/p-17"), "p-17"}, {PersonText(""), ""},
		{PostText("departments/GREEN/posts/leader"), "leader@department:GREEN"}, {PostText(""), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
