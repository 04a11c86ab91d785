package roster

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/city/calendar"
)

// Through a change of the clock, across midnight and over the end of a season, the timeline says at
// every quarter of an hour what OnDuty says.
func TestTimeline_AgreesWithOnDuty(t *testing.T) {
	t.Parallel()
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
		h := r.Timeline(begin, begin.AddDate(0, 0, 7))
		line := h.OnCall(post)
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

// Shifts of 24 hours, absences of some hours and those who stand in: through changes of the clocks, in
// several zones, the timeline says at every ten minutes what OnDuty, Consider and PostsOf say.
func TestTimeline_AgreesWithOnDutyEachHour(t *testing.T) {
	t.Parallel()
	everyDay := [7]bool{true, true, true, true, true, true, true}
	for _, zone := range []string{"Asia/Shanghai", "America/Chicago", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(5, uint64(len(zone))))
		year := map[bool]int{false: 2026, true: 2011}[zone == "Pacific/Apia"]
		for range 12 {
			begin := time.Date(year, time.Month(1+rng.IntN(12)), 1+rng.IntN(28), 0, 0, 0, 0, loc)
			if _, change := begin.ZoneBounds(); !change.IsZero() && rng.IntN(3) > 0 {
				begin = change.Add(-time.Duration(rng.IntN(72)) * time.Hour)
			}
			unit := Unit{UnitArea, "a"}
			post := PostAt(unit, Owner)
			var people []Person
			var absences []Absence
			names := []PersonID{"a", "b", "c", "d", "e"}
			for _, id := range names {
				p := Person{ID: id}
				if rng.IntN(6) == 0 {
					p.ActiveTo = begin.Add(time.Duration(rng.IntN(120)) * time.Hour)
				}
				people = append(people, p)
			}
			for range rng.IntN(8) {
				from := begin.Add(time.Duration(rng.IntN(1000)-100) * 10 * time.Minute)
				a := Absence{Person: names[rng.IntN(5)], From: from, To: from.Add(time.Duration(1+rng.IntN(200)) * 10 * time.Minute)}
				if c := names[rng.IntN(5)]; c != a.Person && rng.IntN(3) > 0 {
					a.Cover = c
				}
				absences = append(absences, a)
			}
			shifts := []Shift{
				{ID: "24h", Weekdays: everyDay, From: 510 * time.Minute, To: 510 * time.Minute},
				{ID: "weekend", Weekdays: [7]bool{true, 6: true}, From: 510 * time.Minute, To: 510 * time.Minute},
				{ID: "all day", Weekdays: [7]bool{1: true, 3: true}, To: 24 * time.Hour},
				{ID: "midnight", Weekdays: [7]bool{2: true, 5: true}},
				{ID: "night", Weekdays: everyDay, From: 22 * time.Hour, To: 150 * time.Minute},
			}
			var holdings []Holding
			for rank, id := range names[:3] {
				shift := ""
				if k := rng.IntN(6); k < 5 {
					shift = shifts[k].ID
				}
				holdings = append(holdings, Holding{Post: post, Unit: unit, Role: Owner, Person: id, Rank: rank + 1, Shift: shift})
			}
			r := New(people, holdings, shifts, absences, func(Unit) (Unit, bool) { return Unit{}, false }, loc)
			h := r.Timeline(begin, begin.AddDate(0, 0, 6))
			line, i := h.OnCall(post), 0
			for at := begin; at.Before(h.To); at = at.Add(10 * time.Minute) {
				for !at.Before(line[i].To) {
					i++
				}
				want, _ := r.OnDuty(post, at)
				if line[i].Person != want || at.Before(line[i].From) {
					t.Fatalf("%s at %s: the timeline says %q, OnDuty says %q: %+v %+v", zone, at, line[i].Person, want, holdings, absences)
				}
				var stands PersonID
				for _, c := range r.Consider(post, at) {
					if c.OnCall && stands != "" || c.Why.En == "" || c.Why.Zh == "" || strings.HasSuffix(c.Why.En, ": ") {
						t.Fatalf("%s at %s: %+v", zone, at, c)
					}
					if c.OnCall {
						stands = c.Person
					}
				}
				if stands != want {
					t.Fatalf("%s at %s: Consider says %q, OnDuty says %q", zone, at, stands, want)
				}
				if want != "" && !slices.ContainsFunc(r.PostsOf(want, at), func(h Holding) bool { return h.Post == post && h.Person == want }) {
					t.Fatalf("%s at %s: %q stands at a post that %q does not hold then", zone, at, want, want)
				}
			}
		}
	}
}

// Who answers for a unit never stands above it, and a patron stands in for the leader only while there is none.
func TestSuperior_NeverBelow(t *testing.T) {
	t.Parallel()
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
		{"a patron beside the leader", []Holding{hold(home, Owner, "a"), hold(home, Patron, "patron"), hold(street, Leader, "b"), hold(city, Leader, "boss")}, []PersonID{"b", "boss"}},
		{"a patron without a leader", []Holding{hold(home, Owner, "a"), hold(home, Patron, "patron"), hold(city, Leader, "boss")}, []PersonID{"patron", "boss"}},
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
