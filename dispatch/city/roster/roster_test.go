package roster

import (
	"testing"
	"time"
)

func small(t *testing.T) *Roster {
	t.Helper()
	city, street, grid := Unit{UnitArea, "c"}, Unit{UnitArea, "s"}, Unit{UnitArea, "g"}
	parent := func(u Unit) (Unit, bool) {
		switch u {
		case grid:
			return street, true
		case street:
			return city, true
		}
		return Unit{}, false
	}
	hold := func(u Unit, role Role, p PersonID, rank int, shift string) Holding {
		return Holding{Post: PostAt(u, role), Unit: u, Role: role, Person: p, Rank: rank, Shift: shift}
	}
	all := [7]bool{true, true, true, true, true, true, true}
	friday := [7]bool{time.Friday: true}
	return New(
		[]Person{{ID: "boss"}, {ID: "day"}, {ID: "night"}, {ID: "sub"}, {ID: "left", ActiveTo: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}},
		[]Holding{
			hold(grid, Owner, "sub", 3, ""), hold(grid, Owner, "day", 1, "day"), hold(grid, Owner, "night", 2, "friday-night"),
			hold(street, Leader, "left", 1, ""), hold(city, Leader, "boss", 1, ""),
		},
		[]Shift{{ID: "day", Weekdays: all, From: 8 * time.Hour, To: 17 * time.Hour}, {ID: "friday-night", Weekdays: friday, From: 20 * time.Hour, To: 6 * time.Hour}},
		[]Absence{{Person: "day", From: time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)}},
		parent, time.UTC)
}

func TestOnDuty(t *testing.T) {
	t.Parallel()
	r := small(t)
	for _, tt := range []struct {
		name, at string
		want     PersonID
	}{
		{"the first rank by day", "2026-03-03 09:00", "day"},
		{"the substitute during an absence", "2026-03-04 09:00", "sub"},
		{"the night shift on friday evening", "2026-03-06 22:00", "night"},
		{"the night shift past midnight", "2026-03-07 05:59", "night"},
		{"the substitute when the night shift has ended", "2026-03-07 06:00", "sub"},
		{"no night shift after thursday", "2026-03-06 03:00", "sub"},
	} {
		at, err := time.Parse("2006-01-02 15:04", tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := r.OnDuty("owner@area:g", at); got != tt.want {
			t.Errorf("%s: OnDuty(%s) = %s, want %s", tt.name, tt.at, got, tt.want)
		}
	}
}

func TestSuperior_SkipsPeopleWhoLeft(t *testing.T) {
	t.Parallel()
	r := small(t)
	at := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	for _, n := range []int{1, 2, 9} {
		if s, ok := r.Superior(Unit{UnitArea, "g"}, n, at); !ok || s.Person != "boss" {
			t.Errorf("Superior(%d) = %+v, %v; want boss", n, s, ok)
		}
	}
	if _, ok := r.Superior(Unit{UnitArea, "c"}, 1, at); ok {
		t.Error("somebody stands above the city")
	}
}

func TestParseUnit(t *testing.T) {
	t.Parallel()
	u := Unit{UnitDepartment, "GREEN"}
	if got, err := ParseUnit(u.String()); err != nil || got != u {
		t.Errorf("ParseUnit(%s) = %v, %v", u, got, err)
	}
	for _, bad := range []string{"", "area", "area:", "street:1"} {
		if _, err := ParseUnit(bad); err == nil {
			t.Errorf("ParseUnit(%q) is taken", bad)
		}
	}
}
