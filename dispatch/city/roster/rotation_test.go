package roster

import (
	"strings"
	"testing"
	"time"
)

// Four teams on three shifts (四班三倒), two days each and two days off: at every instant one team is on duty, and the
// timeline, OnDuty and Consider say the same, through changes of the clocks, before the anchor and after it.
func TestRotation_FourTeamsOnThreeShifts(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Asia/Shanghai", "America/New_York"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		all := [7]bool{true, true, true, true, true, true, true}
		shifts := []Shift{
			{ID: "早", Weekdays: all, From: 8 * time.Hour, To: 16 * time.Hour},
			{ID: "中", Weekdays: all, From: 16 * time.Hour, To: 24 * time.Hour},
			{ID: "夜", Weekdays: all, From: 0, To: 8 * time.Hour},
		}
		unit := Unit{UnitDepartment, "GAS"}
		post := PostAt(unit, Handler)
		// A team goes from early to late to night; the night of a date begins at its midnight.
		cycle := []string{"早", "早", "中", "中", "", "夜", "夜", ""}
		var people []Person
		var posts []Holding
		var teams []Rotation
		for i, id := range []PersonID{"甲", "乙", "丙", "丁"} {
			people = append(people, Person{ID: id})
			posts = append(posts, Holding{Post: post, Unit: unit, Role: Handler, Person: id, Rank: i + 1, Shift: string(id) + "班"})
			teams = append(teams, Rotation{ID: string(id) + "班", Anchor: time.Date(2026, 3, 1+2*i, 0, 0, 0, 0, time.UTC), Days: cycle})
		}
		r := New(people, posts, shifts, nil, func(Unit) (Unit, bool) { return Unit{}, false }, loc).WithRotations(teams)
		for _, begin := range []time.Time{time.Date(2026, 2, 20, 0, 0, 0, 0, loc), time.Date(2026, 10, 28, 0, 0, 0, 0, loc)} {
			line := r.Timeline(begin, begin.AddDate(0, 0, 25)).OnCall(post)
			i := 0
			for at := begin; at.Before(begin.AddDate(0, 0, 25)); at = at.Add(20 * time.Minute) {
				for !at.Before(line[i].To) {
					i++
				}
				on := 0
				for _, p := range people {
					if r.onShift(string(p.ID)+"班", at) {
						on++
					}
				}
				who, ok := r.OnDuty(post, at)
				if on != 1 || !ok || line[i].Person != who {
					t.Fatalf("%s: %d teams are on duty; the timeline says %q, OnDuty %q", at, on, line[i].Person, who)
				}
				for _, c := range r.Consider(post, at) {
					if c.OnCall != (c.Person == who) || !strings.Contains(c.Why.Zh, "轮班") {
						t.Fatalf("%s: %s is considered %+v", at, c.Person, c.Why)
					}
				}
			}
		}
	}
}

// A rotation may name shifts that cross midnight: their early hours belong to the day on which they began.
func TestRotation_NightAcrossMidnight(t *testing.T) {
	t.Parallel()
	loc := time.FixedZone("CST", 8*3600)
	all := [7]bool{true, true, true, true, true, true, true}
	unit := Unit{UnitArea, "a"}
	post := PostAt(unit, Owner)
	r := New([]Person{{ID: "p"}}, []Holding{{Post: post, Unit: unit, Role: Owner, Person: "p", Rank: 1, Shift: "x"}},
		[]Shift{{ID: "day", Weekdays: all, From: 8 * time.Hour, To: 8 * time.Hour}}, nil, func(Unit) (Unit, bool) { return Unit{}, false }, loc).
		WithRotations([]Rotation{{ID: "x", Anchor: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Days: []string{"day", "", ""}}})
	for text, want := range map[string]string{
		"2026-03-02 07:59": "不在班：轮班 x，day（08:00-次日 08:00）", "2026-03-02 08:00": "次序 1，轮班在岗：x，day（08:00-次日 08:00）",
		"2026-03-03 07:59": "次序 1，轮班在岗：x，day（08:00-次日 08:00）", "2026-03-03 08:00": "不在班：轮班 x，当日轮休", "2026-02-27 12:00": "次序 1，轮班在岗：x，day（08:00-次日 08:00）",
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Consider(post, at)[0].Why.Zh; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
