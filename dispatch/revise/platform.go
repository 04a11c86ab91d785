package revise

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
)

// gonePlatforms lists the platforms of a case that a city does not have, each once: the one at which the case arrived, then those
// of the dispatches that stand.
func gonePlatforms(c *city.City, cs *dispatch.Case) []roster.Unit {
	var out []roster.Unit
	if cs.Platform != (roster.Unit{}) && cs.Platform != routing.Root(c) && !c.IsIntake(cs.Platform) {
		out = append(out, cs.Platform)
	}
	for i := range cs.Chain {
		l := &cs.Chain[i]
		if l.Ended.IsZero() && l.To.IsPlatform() && !c.IsPlatform(l.To.Unit) && !slices.Contains(out, l.To.Unit) {
			out = append(out, l.To.Unit)
		}
	}
	return out
}

// mend returns the case at platforms that the other revision has. A platform that is gone gives its cases to its successor, or to
// the next platform above. A dispatch to a platform that is gone and that has given the case on is now a dispatch to the successor;
// without a successor, or when the case still waits there, the dispatch has ended. What a platform that is gone has given to a unit was
// given by the platform that takes its place.
func (m *Move) mend(was, is *city.City, cs *dispatch.Case, s city.Successors, at time.Time) *dispatch.Case {
	gone := gonePlatforms(is, cs)
	if len(gone) == 0 {
		return cs
	}
	n := *cs
	if slices.Contains(gone, cs.Platform) {
		n.Platform = nextPlatform(was, is, s, cs.Platform)
		m.Platform = &n.Platform
	}
	n.Chain = slices.Clone(cs.Chain)
	by := n.Platform // that gives the case on, after the dispatches so far
	for i := range n.Chain {
		l := &n.Chain[i]
		if !l.Ended.IsZero() {
			continue
		}
		if slices.Contains(gone, l.Platform) {
			l.Platform, m.Chain = by, n.Chain
		}
		if !l.To.IsPlatform() {
			continue
		}
		if !slices.Contains(gone, l.To.Unit) {
			by = l.To.Unit
			continue
		}
		m.Chain = n.Chain
		if next, named := heir(is, &s, l.To.Unit); named && is.IsPlatform(next) && l.To.Unit != cs.Owner.Unit {
			l.To, _ = platform.Owner(is, next)
			by = next
		} else {
			l.Ended = at
		}
	}
	return &n
}

// nextPlatform is the platform that takes the place of one that is gone: the successor, or the nearest one above. The zero Unit is
// the city's own.
func nextPlatform(was, is *city.City, s city.Successors, gone roster.Unit) roster.Unit {
	u, c := gone, was
	if next, named := heir(is, &s, gone); named {
		u, c = next, is
	}
	for range roster.MaxTreeDepth {
		if is.IsIntake(u) {
			break
		}
		up, ok := c.Parent(u)
		if !ok {
			former, _ := c.Removed(u)
			up = former.Parent
		}
		u = up
	}
	if !is.IsIntake(u) {
		return roster.Unit{}
	}
	return u
}

// chain is the chain after a move; nil = unchanged. The dispatch to the former owner has ended, and the platform that gave the case
// to that owner gives the case to the new one.
func (m *Move) chain(is *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) []dispatch.ChainLink {
	if m.Was.Unit == m.Is.Unit && m.Was.IsPlatform() == m.Is.IsPlatform() {
		return m.Chain
	}
	n := *cs
	if m.Platform != nil {
		n.Platform = *m.Platform
	}
	if m.Chain != nil {
		n.Chain = m.Chain
	}
	n.Chain = slices.Clone(n.Chain)
	by := n.Platform
	for i := range n.Chain {
		l := &n.Chain[i]
		switch {
		case !l.Ended.IsZero():
		case l.To.Unit == m.Was.Unit:
			l.Ended = at
		case l.To.IsPlatform():
			by = l.To.Unit
		}
	}
	return platform.Given(is, &n, by, m.Is, m.Rule, actor, at)
}
