package roster

import (
	"testing"
	"time"
	"wangge/dispatch/calendar"
)

// Through a change of the clock, across midnight and over the end of a season, the timeline says at
// every quarter of an hour what OnDuty says.
func TestTimelineIsOnDuty(t *testing.T) {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	all := [7]bool{true, true, true, true, true, true, true}
	winter, _ := calendar.ParseSeason("11-01..11-02")
	unit := Unit{UnitArea, "a"}
	post := PostAt(unit, Owner)
	day := func(s string) time.Time {
		d, err := time.ParseInLocation(time.DateOnly, s, loc)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	r := New(
		[]Person{{ID: "early"}, {ID: "night"}, {ID: "snow"}, {ID: "sub", ActiveTo: day("2026-11-04")}},
		[]Holding{{post, unit, Owner, "snow", 1, "snow", time.Time{}, time.Time{}}, {post, unit, Owner, "early", 2, "early", time.Time{}, time.Time{}}, {post, unit, Owner, "night", 3, "night", day("2026-10-31"), time.Time{}}, {post, unit, Owner, "sub", 4, "", time.Time{}, time.Time{}}},
		[]Shift{{ID: "early", Weekdays: [7]bool{time.Sunday: true, time.Tuesday: true}, From: 30 * time.Minute, To: 90 * time.Minute}, {ID: "night", Weekdays: all, From: 22 * time.Hour, To: 2 * time.Hour}, {ID: "snow", Weekdays: all, From: 23 * time.Hour, To: 23 * time.Hour, Season: winter}},
		[]Absence{{Person: "night", From: day("2026-11-03"), To: day("2026-11-04")}}, func(Unit) (Unit, bool) { return Unit{}, false }, loc)
	// The clock is put back on 1 November 2026 and forward on 14 March 2027.
	for _, from := range []string{"2026-10-30", "2027-03-12"} {
		begin := day(from)
		h := r.Over(begin, begin.AddDate(0, 0, 7))
		line := h.Timeline(post)
		i := 0
		for at := begin; at.Before(h.To); at = at.Add(15 * time.Minute) {
			for !at.Before(line[i].To) {
				i++
			}
			if want, _ := r.OnDuty(post, at); line[i].Person != want || at.Before(line[i].From) {
				t.Fatalf("at %s: the timeline says %q, OnDuty says %q", at, line[i].Person, want)
			}
		}
		for i := range line {
			if i > 0 && !line[i].From.Equal(line[i-1].To) {
				t.Errorf("a hole between %v and %v", line[i-1], line[i])
			}
		}
	}
}

// Who answers for a unit never stands above it, and a patron stands before the leader.
func TestSuperiorsAreNeverBelow(t *testing.T) {
	city, street, home := Unit{UnitArea, "c"}, Unit{UnitArea, "s"}, Unit{UnitArea, "h"}
	parent := func(u Unit) (Unit, bool) {
		return map[Unit]Unit{home: street, street: city}[u], u != city
	}
	hold := func(u Unit, role Role, p PersonID) Holding {
		return Holding{Post: PostAt(u, role), Unit: u, Role: role, Person: p, Rank: 1}
	}
	people := []Person{{ID: "a"}, {ID: "b"}, {ID: "boss"}, {ID: "patron"}}
	at := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name     string
		holdings []Holding
		want     []PersonID
	}{
		{"the owner is the street's leader too", []Holding{hold(home, Owner, "a"), hold(street, Leader, "a"), hold(street, Owner, "b"), hold(city, Leader, "boss")}, []PersonID{"b", "boss"}},
		{"one person leads both levels", []Holding{hold(home, Owner, "a"), hold(street, Leader, "boss"), hold(city, Leader, "boss")}, []PersonID{"boss"}},
		{"a patron", []Holding{hold(home, Owner, "a"), hold(home, Patron, "patron"), hold(street, Leader, "b"), hold(city, Leader, "boss")}, []PersonID{"patron", "boss"}},
		{"the leader of the city answers for a home", []Holding{hold(home, Owner, "boss"), hold(city, Leader, "boss")}, nil},
	} {
		var got []PersonID
		for _, r := range New(people, tt.holdings, nil, nil, parent, time.UTC).Superiors(home, at) {
			got = append(got, r.Person)
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %v stand above, want %v", tt.name, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s: %v stand above, want %v", tt.name, got, tt.want)
			}
		}
	}
}
