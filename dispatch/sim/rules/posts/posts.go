// Package posts reads from the tables of an invented city which person holds which post, and when.
package posts

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/roster"
)

// Holding is a row of posts.csv.
type Holding struct {
	Unit, Role, Person string
	From, To           time.Time // zero = open
}

// Table is posts.csv.
type Table []Holding

// Read reads the rows of posts.csv. Days begin in the zone of the city.
func Read(table string, zone *time.Location) (out Table) {
	day := func(s string) time.Time {
		at, _ := time.ParseInLocation(time.DateOnly, strings.TrimSpace(s), zone) // zero for an empty cell
		return at
	}
	for row := range strings.Lines(table) {
		if c := strings.Split(row, ","); c[0] != "id" {
			out = append(out, Holding{c[1], c[2], c[3], day(c[6]), day(c[7])})
		}
	}
	return out
}

// Holds reports whether a person holds at an instant a post of the kind that is asked for.
func (t Table) Holds(person roster.PersonID, at time.Time, which func(Holding) bool) bool {
	return slices.ContainsFunc(t, func(p Holding) bool {
		return p.Person == string(person) && !at.Before(p.From) && (p.To.IsZero() || at.Before(p.To)) && which(p)
	})
}

// WorksEver reports whether a person holds a post at a unit at any time.
func (t Table) WorksEver(u roster.Unit, person roster.PersonID) bool {
	return slices.ContainsFunc(t, func(p Holding) bool { return p.Person == string(person) && p.Unit == u.String() })
}

// Above reports whether a unit is another one, or lies above: every unit lies in the city T, a street D0S1 in the district D0.
func Above(upper string, u roster.Unit) bool {
	if u == (roster.Unit{}) {
		return false
	}
	district, _, street := strings.Cut(u.ID, "S")
	return upper == u.String() || upper == "area:T" || street && u.Kind == roster.UnitArea && upper == "area:"+district
}

// IsDistrict reports whether a unit is a district, as D0: neither a street nor the city.
func IsDistrict(u roster.Unit) bool {
	return u.Kind == roster.UnitArea && u.ID != "T" && !strings.Contains(u.ID, "S")
}

// AtCity reports whether a post is one of the city itself.
func AtCity(p Holding) bool { return p.Unit == "area:T" }

// KindOf is area or department.
func KindOf(u roster.Unit) string {
	kind, _, _ := strings.Cut(u.String(), ":")
	return kind
}
