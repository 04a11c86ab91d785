package client

import "testing"

// Flags take ids of the city directory and names of the wire; what is neither stays as it was typed.
func TestNames_OfFlags(t *testing.T) {
	for _, tt := range []struct {
		of         func(string) string
		text, want string
	}{
		{unitName, "department:WATER", "departments/WATER"},
		{unitName, "departments/WATER", "departments/WATER"},
		{unitName, "WATER", "WATER"},
		{scopeName, "person:p-17", "people/p-17"},
		{scopeName, "people/p-17", "people/p-17"},
		{scopeName, "section:GREEN-3", "sections/GREEN-3"},
		{scopeName, "nowhere", "nowhere"},
		{filterOf, `owner = "area:A" OR owner = "departments/B"`, `owner = "areas/A" OR owner = "departments/B"`},
		{filterOf, `person = "person:p-1" AND severity = A`, `person = "people/p-1" AND severity = A`},
		{filterOf, `category = "area"`, `category = "area"`},
		{filterOf, `due_time < "2026-03-04T09:00:00+08:00"`, `due_time < "2026-03-04T09:00:00+08:00"`},
		{personName, "p-17", "people/p-17"},
		{personName, "people/p-17", "people/p-17"},
		{personName, "", ""},
		{areaName, "230102", "areas/230102"},
		{areaName, "area:230102", "areas/230102"},
		{areaName, "areas/230102", "areas/230102"},
		{areaName, "", ""},
		{sectionName, "GREEN-3", "sections/GREEN-3"},
		{sectionName, "section:GREEN-3", "sections/GREEN-3"},
		{precedentName, "pr-20261123-000003", "precedents/pr-20261123-000003"},
		{precedentName, "precedents/pr-20261123-000003", "precedents/pr-20261123-000003"},
		{unitID, "departments/WATER", "department:WATER"},
		{unitID, "", ""},
		{personID, "people/p-17", "p-17"},
		{personID, "", ""},
		{postID, "departments/GREEN/posts/leader", "leader@department:GREEN"},
		{precedentID, "precedents/pr-20261123-000003", "pr-20261123-000003"},
	} {
		if got := tt.of(tt.text); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.text, got, tt.want)
		}
	}
}
