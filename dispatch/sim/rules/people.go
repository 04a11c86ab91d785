package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

// holding is a row of posts.csv.
type holding struct {
	unit, role, person string
	from, to           time.Time // zero = open
}

// holdings reads the rows of posts.csv.
func holdings(table string, zone *time.Location) (out []holding) {
	day := func(s string) time.Time {
		at, _ := time.ParseInLocation(time.DateOnly, strings.TrimSpace(s), zone) // zero for an empty cell
		return at
	}
	for row := range strings.Lines(table) {
		if c := strings.Split(row, ","); c[0] != "id" {
			out = append(out, holding{c[1], c[2], c[3], day(c[6]), day(c[7])})
		}
	}
	return out
}

// holds reports whether a person holds a post that is asked for at an instant.
func (d edition) holds(person roster.PersonID, at time.Time, which func(holding) bool) bool {
	return slices.ContainsFunc(d.posts, func(p holding) bool {
		return p.person == string(person) && !at.Before(p.from) && (p.to.IsZero() || at.Before(p.to)) && which(p)
	})
}

// above reports whether a unit is another one, or lies above: every unit lies in the city T, a street D0S1 in the district D0.
func above(upper string, u roster.Unit) bool {
	if u == (roster.Unit{}) {
		return false
	}
	district, _, street := strings.Cut(u.ID, "S")
	return upper == u.String() || upper == "area:T" || street && u.Kind == roster.UnitArea && upper == "area:"+district
}

// kindOf is area or department.
func kindOf(u roster.Unit) string {
	kind, _, _ := strings.Cut(u.String(), ":")
	return kind
}

// worksFor reports whether a person holds a post at a unit: its leaders above are not meant.
func (d edition) worksFor(u roster.Unit, person roster.PersonID, at time.Time) bool {
	return d.holds(person, at, func(p holding) bool { return p.unit == u.String() })
}

// worksEver reports whether a person holds a post at a unit at any time.
func (d edition) worksEver(u roster.Unit, person roster.PersonID) bool {
	return slices.ContainsFunc(d.posts, func(p holding) bool { return p.person == string(person) && p.unit == u.String() })
}

// absentAt reports whether a person is absent.
func (d edition) absentAt(person roster.PersonID, at time.Time) bool {
	return slices.ContainsFunc(d.absent[string(person)], func(a [2]time.Time) bool { return !at.Before(a[0]) && at.Before(a[1]) })
}

// checkReaders fails unless everybody who is told of an event may read the case, before the event or after it: the
// reporter, the handler, and people of a post above the place, the owner, a co-owner or the unit that rules.
func (h *History) checkReaders(d edition, e *dispatch.Event, before *History) error {
	for i, person := range e.Notified {
		inspects := func(p holding) bool { return p.role == "inspector" }
		if person == h.reporter || e.AsOf(i) == dispatch.AsReporter && d.holds(person, e.At, inspects) {
			continue // a report of theirs is this case, or was merged into it
		}
		knows := d.holds(person, e.At, func(p holding) bool {
			handles := person == h.handler || person == before.handler
			return handles || before.knownAt(p.unit) || h.knownAt(p.unit)
		})
		if !knows {
			return fmt.Errorf("event %d, %v: %s is told of a case that %s may not read", e.Seq, e.Kind, person, person)
		}
	}
	return nil
}

// knownAt reports whether the people of a unit may read the case.
func (h *History) knownAt(unit string) bool {
	return slices.Contains(h.areas, unit) ||
		above(unit, h.owner) || above(unit, h.arbiter) ||
		slices.ContainsFunc(h.helpers, func(p part) bool { return above(unit, p.unit) })
}
