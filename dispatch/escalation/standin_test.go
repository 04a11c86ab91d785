package escalation_test

import (
	"slices"
	"testing"

	"wangge/dispatch/casetest"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
)

// In place of a recipient without an address stand those of the same post and unit, then the superiors, then the duty chief; the
// city leader only in place of nobody.
func TestStandIns(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	at := casetest.At(c, "2026-03-04 10:00")
	water := roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}
	for _, tt := range []struct {
		post   roster.PostID
		unit   roster.Unit
		person roster.PersonID
		want   []roster.PersonID
	}{
		{"owner@department:WATER", water, "water-owner", []roster.PersonID{"water-leader", "chief"}},
		{"leader@department:WATER", water, "water-leader", []roster.PersonID{"chief"}},
		{"owner@area:W1B", roster.Unit{Kind: roster.UnitArea, ID: "W1B"}, "grid-w1b", []roster.PersonID{"grid-w1b-2", "owner-w1", "leader-w", "chief"}},
		{"leader@area:TOY", roster.Unit{Kind: roster.UnitArea, ID: "TOY"}, "mayor", []roster.PersonID{"chief"}},
	} {
		var got []roster.PersonID
		for _, r := range escalation.StandIns(c, escalation.Recipient{Unit: tt.unit, Post: tt.post, Person: tt.person}, at) {
			got = append(got, r.Person)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("in place of %s: %q, want %q", tt.person, got, tt.want)
		}
	}
}
