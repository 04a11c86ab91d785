package revise

import (
	"maps"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
)

// Chained are the successors of two revisions in turn, for cases that the first one has not moved when the second one takes effect:
// what the second one names in place of a successor of the first one takes the place of what the first one removed. Where both
// name a successor of the same, the second one decides.
//
// Example: the team is succeeded by the crew, and then the crew by the works department. A case of the team goes to the works
// department.
func Chained(first, second city.Successors) city.Successors {
	return city.Successors{
		Units: overlaid(first.Units, second.Units), Categories: overlaid(first.Categories, second.Categories),
		People: overlaid(first.People, second.People),
	}
}

func overlaid[K comparable](a, b map[K]K) map[K]K {
	if len(a) == 0 {
		return b
	}
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// follow is the first successor of a thing that may take its place: the one that is named, or the successor of that one, and so on. False
// when none may, or the names form a circle.
func follow[K comparable](named map[K]K, gone K, may func(K) bool) (K, bool) {
	at := gone
	for range named {
		next, ok := named[at]
		if !ok || next == gone {
			break
		}
		if may(next) {
			return next, true
		}
		at = next
	}
	var none K
	return none, false
}

// Circle reports whether the successors of a thing lead back to it.
func Circle[K comparable](named map[K]K, from K) bool {
	at := from
	for range named {
		next, ok := named[at]
		if !ok {
			return false
		}
		if next == from {
			return true
		}
		at = next
	}
	return false
}

// heir returns the unit that takes the place of a removed one by the successors; false if none is named that exists.
func heir(is *city.City, s *city.Successors, gone roster.Unit) (roster.Unit, bool) {
	return follow(s.Units, gone, func(u roster.Unit) bool { return routing.HasUnit(is, u) })
}

// successor is heir with the post that acts for the unit.
func successor(is *city.City, s city.Successors, gone roster.Unit) (dispatch.Owner, bool) {
	u, named := heir(is, &s, gone)
	if !named {
		return dispatch.Owner{}, false
	}
	return platform.Owner(is, u)
}

// categoryHeir returns the category that takes the place of a removed one.
func categoryHeir(is *city.City, s *city.Successors, gone catalog.Code) (*catalog.Category, bool) {
	next, ok := follow(s.Categories, gone, func(code catalog.Code) bool { return is.Categories[code] != nil })
	return is.Categories[next], ok
}

// personHeir returns the person who takes the place of the handler of a case: one who holds a post at the owner or below.
func personHeir(is *city.City, cs *dispatch.Case, s *city.Successors, at time.Time) (roster.PersonID, bool) {
	return follow(s.People, cs.Handler, func(p roster.PersonID) bool { return HoldsPost(is, cs, p, at) })
}

// Settled is a case as revisions up to the city is, which take effect or move cases before another one does, will leave the case: with
// their successors in place of what they remove. The other revision is planned against that.
func Settled(is *city.City, cs *dispatch.Case, s city.Successors, at time.Time) *dispatch.Case {
	m, l := Preserve(is, is, cs, s, at)
	if !l.Any() || !m.Repairs(cs) {
		return cs
	}
	return dispatch.Fold(cs, EventOf(is, is, cs, m, "", "", "", at))
}
