package explain

import (
	"cmp"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
	"wangge/grid"
)

// Replay counts what past matters would have become under two revisions of a city, as if each had been active when the
// matter came in.
type Replay struct {
	Was, Is *city.City

	Records   int // that were added
	Refused   int // of these, that at least one revision can't route: outside the city, or no such category
	Owners    int // another owner
	Grounds   int // another smallest area
	Deadlines int
	Later     int // of Deadlines, how many later

	owners, grounds map[[2]roster.Unit]int
}

// outcome is what one revision decides about a matter.
type outcome struct {
	owner, ground roster.Unit
	due           time.Time
}

func decideAs(c *city.City, pos grid.Position, code catalog.Code, condition string, at time.Time) (o outcome, err error) {
	p, err := routing.PlaceOf(c, pos)
	if err != nil {
		return o, err
	}
	d, _, err := Route(c, dispatch.SourceInspector, p, code, at)
	if err != nil {
		return o, err
	}
	cond, err := sla.ConditionOf(c, code, condition)
	if err != nil {
		return o, err
	}
	o.owner, o.ground = d.Owner.Unit, roster.Unit{Kind: roster.UnitArea, ID: string(p.Areas[len(p.Areas)-1])}
	limit, _ := sla.LimitOf(c, &p, code, cond, at)
	o.due, _, err = sla.DueAt(c, at, limit)
	return o, err
}

// Add counts one matter under both revisions. A revision that can't route it counts as having no owner for it.
func (r *Replay) Add(pos grid.Position, code catalog.Code, condition string, at time.Time) {
	if r.owners == nil {
		r.owners, r.grounds = map[[2]roster.Unit]int{}, map[[2]roster.Unit]int{}
	}
	was, err1 := decideAs(r.Was, pos, code, condition, at)
	is, err2 := decideAs(r.Is, pos, code, condition, at)
	r.Records++
	if err1 != nil || err2 != nil {
		r.Refused++
	}
	if err1 != nil && err2 != nil {
		return
	}
	if was.owner != is.owner {
		r.Owners++
		r.owners[[2]roster.Unit{was.owner, is.owner}]++
	}
	if was.ground != is.ground {
		r.Grounds++
		r.grounds[[2]roster.Unit{was.ground, is.ground}]++
	}
	if err1 == nil && err2 == nil && !was.due.Equal(is.due) {
		r.Deadlines++
		if is.due.After(was.due) {
			r.Later++
		}
	}
}

// Shift is a number of matters that would move from one unit to another; the zero unit is none.
type Shift struct {
	From, To roster.Unit
	Cases    int
}

// Balance is what a unit would gain and lose.
type Balance struct {
	Unit         roster.Unit
	Gained, Lost int
}

// OwnerShifts lists the moves between owners, the largest first.
func (r *Replay) OwnerShifts() []Shift { return shifts(r.owners) }

// GroundShifts lists the moves between smallest areas, the largest first.
func (r *Replay) GroundShifts() []Shift { return shifts(r.grounds) }

func shifts(m map[[2]roster.Unit]int) []Shift {
	out := make([]Shift, 0, len(m))
	for k, n := range m {
		out = append(out, Shift{k[0], k[1], n})
	}
	slices.SortFunc(out, func(a, b Shift) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(a.From.String(), b.From.String()), cmp.Compare(a.To.String(), b.To.String()))
	})
	return out
}

// Balances adds shifts up by unit, in the order of the units' names. All gains together equal all losses.
func Balances(list []Shift) []Balance {
	m := map[roster.Unit]*Balance{}
	of := func(u roster.Unit) *Balance {
		if m[u] == nil {
			m[u] = &Balance{Unit: u}
		}
		return m[u]
	}
	for _, s := range list {
		of(s.From).Lost += s.Cases
		of(s.To).Gained += s.Cases
	}
	out := make([]Balance, 0, len(m))
	for _, b := range m {
		out = append(out, *b)
	}
	slices.SortFunc(out, func(a, b Balance) int { return cmp.Compare(a.Unit.String(), b.Unit.String()) })
	return out
}
