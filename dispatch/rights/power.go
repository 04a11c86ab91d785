// Package rights says what a post gives a person the right to: power over a case by its place and its units, the acts that
// concern the city as a whole, and reading, also of phones and addresses.
package rights

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// Scope is the relation between a post's unit and a case that gives the post power over the case.
type Scope int

// Scopes; 0 is none.
const (
	ScopePlace       Scope = iota + 1 // the post's unit lies above the place, or above the owner
	ScopeOwner                        // the post's unit is the owner's, or lies above it
	ScopeCoOwner                      // the post's unit is that of a co-owner with an open duty, or lies above it
	ScopeArbiter                      // the post's unit is the one that rules, or lies above it
	ScopeAccountable                  // as ScopeOwner; before there is an owner, as ScopePlace
	ScopeReader                       // any person who may read the case
	ScopeCity                         // the post is the city's own
	ScopeWork                         // the post's unit is the owner's or that of a co-owner with an open duty; no unit above counts
	ScopeMilestone                    // the post's unit is that of a milestone under way, or lies above it
	ScopePlatform                     // the post's unit is the platform that must act, or lies above it; see overPlatform
)

// Power is a set of roles at the units of a scope.
type Power struct {
	Roles []roster.Role
	Scope Scope
}

// Sets of roles that concern several rooms; read only.
var (
	OwnersPeople = []roster.Role{roster.Owner, roster.Handler, roster.Leader}
	Receivers    = []roster.Role{roster.Acceptor, roster.DutyChief}
	Dispatchers  = []roster.Role{roster.Dispatcher, roster.DutyChief}
	// SecondDispatchers may dispatch again what a platform has, each in the absence of those before.
	SecondDispatchers = []roster.Role{roster.Dispatcher, roster.DutyChief, roster.Leader}
	// Answerers may answer a supervision, as may the handler of the case.
	Answerers = []roster.Role{
		roster.Owner, roster.Handler, roster.Leader, roster.Dispatcher, roster.Acceptor, roster.DutyChief,
	}
	WholeOffice = []roster.Role{roster.Acceptor, roster.Dispatcher, roster.DutyChief}
	Overseers   = []roster.Role{roster.DutyChief, roster.Leader}
	Rulers      = []roster.Role{roster.Arbiter, roster.Leader}
)

// level is the power that decides on a request while its condition holds.
type level struct {
	Power
	when func(cs *dispatch.Case) bool
}

func firstLevel(cs *dispatch.Case) bool { return cs.Request.Level == 0 }

func always(*dispatch.Case) bool { return true }

// levels are the powers that decide on each kind of request, in turn: the first whose condition holds. An extension: the
// owner's own leader, then the dispatch office, for a second extension the city's overseers. An appeal: the dispatcher,
// then the acceptor. A closing by force: one overseer asks, the other joins.
var levels = map[dispatch.RequestKind][]level{
	dispatch.RequestExtension: {
		{Power{[]roster.Role{roster.Leader}, ScopeOwner}, firstLevel},
		{Power{Overseers, ScopeCity}, func(cs *dispatch.Case) bool { return cs.Clock.Extended > 0 }},
		{Power{Dispatchers, ScopePlace}, always},
	},
	dispatch.RequestSuspension: {{Power{Dispatchers, ScopePlace}, always}},
	dispatch.RequestForceClose: {{Power{Overseers, ScopePlace}, always}},
	dispatch.RequestAppeal: {
		{Power{[]roster.Role{roster.Dispatcher}, ScopePlace}, firstLevel},
		{Power{Receivers, ScopePlace}, always},
	},
}

// Deciding returns the power that decides on a request of a kind, for the case as it is now; false for no request.
func Deciding(kind dispatch.RequestKind, cs *dispatch.Case) (Power, bool) {
	for _, l := range levels[kind] {
		if l.when(cs) {
			return l.Power, true
		}
	}
	return Power{}, false
}

// AllDeciding lists every power that Deciding may return for a kind of request.
func AllDeciding(kind dispatch.RequestKind) []Power {
	out := make([]Power, len(levels[kind]))
	for i, l := range levels[kind] {
		out[i] = l.Power
	}
	return out
}

// Within reports whether a case lies within a scope of a unit.
func Within(c *city.City, u roster.Unit, s Scope, cs *dispatch.Case) bool {
	owned := cs.Owner.Unit != (roster.Unit{})
	overPlace := false
	switch s {
	case ScopeCity:
		return u == routing.Root(c)
	case ScopeArbiter:
		return routing.Above(c, u, cs.Arbiter)
	case ScopeCoOwner:
		return speaksFor(c, u, cs)
	case ScopeMilestone:
		return slices.ContainsFunc(cs.Milestones, func(m dispatch.Milestone) bool {
			return cs.UnderWay(&m) && routing.Above(c, u, m.UnitOf(cs))
		})
	case ScopeWork:
		return owned && u == cs.Owner.Unit || slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Open() && o.Unit == u })
	case ScopePlatform:
		return overPlatform(c, u, cs)
	case ScopePlace:
		overPlace = true
	case ScopeAccountable:
		overPlace = !owned
	case ScopeOwner, ScopeReader: // who may read beside the owner's own: MayRead
	}
	if overPlace && u.Kind == roster.UnitArea && routing.InAreas(cs.Place.Areas, grid.AreaID(u.ID)) {
		return true
	}
	return owned && routing.Above(c, u, cs.Owner.Unit)
}

// overPlatform reports whether a post at a unit acts for the platform whose office must act on a case: the platform itself and
// the units above. Where a case waits for the second dispatch, it is the platform alone: those above may reroute the case.
// In a city with one platform every area around the place acts for it.
func overPlatform(c *city.City, u roster.Unit, cs *dispatch.Case) bool {
	switch {
	case !c.HasPlatforms():
		return Within(c, u, ScopePlace, cs)
	case cs.AtPlatform():
		return u == cs.Owner.Unit
	}
	return routing.Above(c, u, platform.Office(c, cs))
}

// speaksFor reports whether a post at a unit, or above one, speaks for a co-owner with an open duty.
func speaksFor(c *city.City, u roster.Unit, cs *dispatch.Case) bool {
	return slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Open() && routing.Above(c, u, o.Unit) })
}

// HoldsAround reports whether one of the posts has one of the roles at an area around a place.
func HoldsAround(held []roster.Holding, roles []roster.Role, place *dispatch.Place) bool {
	return slices.ContainsFunc(held, func(h roster.Holding) bool {
		return slices.Contains(roles, h.Role) && h.Unit.Kind == roster.UnitArea && routing.InAreas(place.Areas, grid.AreaID(h.Unit.ID))
	})
}
