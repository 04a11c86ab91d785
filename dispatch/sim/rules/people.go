package rules

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/sim/rules/posts"
)

// holds reports whether a person holds at an instant a post of the kind that is asked for.
func (d edition) holds(person roster.PersonID, at time.Time, which func(posts.Holding) bool) bool {
	return d.posts.Holds(person, at, which)
}

// worksFor reports whether a person holds a post at a unit: its leaders above are not meant.
func (d edition) worksFor(u roster.Unit, person roster.PersonID, at time.Time) bool {
	return d.holds(person, at, func(p posts.Holding) bool { return p.Unit == u.String() })
}

// absentAt reports whether a person is absent.
func (d edition) absentAt(person roster.PersonID, at time.Time) bool {
	return slices.ContainsFunc(d.absent[string(person)], func(a [2]time.Time) bool { return !at.Before(a[0]) && at.Before(a[1]) })
}

// checkReaders fails unless everybody who is told of an event may read the case, before the event or after it: the
// reporter, the handler, and people of a post above the place, the owner, a co-owner or the unit that rules; of a ruling the parties, too.
func (h *History) checkReaders(d edition, e *dispatch.Event, before *History) error {
	for i, person := range e.Notified {
		inspects := func(p posts.Holding) bool { return p.Role == "inspector" }
		if person == h.reporter || e.AsOf(i) == dispatch.AsReporter && d.holds(person, e.At, inspects) {
			continue // a report of theirs is this case, or was merged into it
		}
		knows := d.holds(person, e.At, func(p posts.Holding) bool {
			handles := person == h.handler || person == before.handler
			return handles || e.Kind == dispatch.EventArbitrated && slices.Contains(h.parties, p.Unit) || before.knownAt(p.Unit) || h.knownAt(p.Unit)
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
		posts.Above(unit, h.owner) || posts.Above(unit, h.arbiter) ||
		slices.ContainsFunc(h.helpers, func(p part) bool { return posts.Above(unit, p.unit) })
}
