package remote

import "testing"

// Flags take ids of the city directory and names of the wire; what is neither stays as it was typed.
func TestNames_OfFlags(t *testing.T) {
	for _, tt := range []struct {
		of         func(string) string
		text, want string
	}{
		{UnitName, "department:WATER", "departments/WATER"},
		{UnitName, "departments/WATER", "departments/WATER"},
		{UnitName, "WATER", "WATER"},
		{ScopeName, "person:p-17", "people/p-17"},
		{ScopeName, "people/p-17", "people/p-17"},
		{ScopeName, "section:GREEN-3", "sections/GREEN-3"},
		{ScopeName, "nowhere", "nowhere"},
		{FilterOf, `owner = "area:A" OR owner = "departments/B"`, `owner = "areas/A" OR owner = "departments/B"`},
		{FilterOf, `person = "person:p-1" AND severity = A`, `person = "people/p-1" AND severity = A`},
		{FilterOf, `category = "area"`, `category = "area"`},
		{FilterOf, `due_time < "2026-03-04T09:00:00+08:00"`, `due_time < "2026-03-04T09:00:00+08:00"`},
		{PersonName, "p-17", "people/p-17"},
		{PersonName, "people/p-17", "people/p-17"},
		{PersonName, "", ""},
		{AreaName, "230102", "areas/230102"},
		{AreaName, "area:230102", "areas/230102"},
		{AreaName, "areas/230102", "areas/230102"},
		{AreaName, "", ""},
		{SectionName, "GREEN-3", "sections/GREEN-3"},
		{SectionName, "section:GREEN-3", "sections/GREEN-3"},
		{PrecedentName, "pr-20261123-000003", "precedents/pr-20261123-000003"},
		{PrecedentName, "precedents/pr-20261123-000003", "precedents/pr-20261123-000003"},
		{UnitID, "departments/WATER", "department:WATER"},
		{UnitID, "", ""},
		{PersonID, "people/p-17", "p-17"},
		{PersonID, "", ""},
		{PostID, "departments/GREEN/posts/leader", "leader@department:GREEN"},
		{PrecedentID, "precedents/pr-20261123-000003", "pr-20261123-000003"},
	} {
		if got := tt.of(tt.text); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.text, got, tt.want)
		}
	}
}
