// Package platform answers for the platforms of a city (市、区、街道平台): which one must act on a case, to which it may give the
// case, and what that adds to the chain of its dispatches.
package platform

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// Office is the platform whose people must act at the present stage of a case, when the office must. It is the city itself
// for the city's own platform, and in place of a platform that the city no longer has.
func Office(c *city.City, cs *dispatch.Case) roster.Unit { return orRoot(c, cs.Office()) }

// Dispatching is the platform that dispatched the case last, or must; otherwise like Office.
func Dispatching(c *city.City, cs *dispatch.Case) roster.Unit { return orRoot(c, cs.Dispatching()) }

func orRoot(c *city.City, u roster.Unit) roster.Unit {
	if u == (roster.Unit{}) || !routing.HasUnit(c, u) {
		return routing.Root(c)
	}
	return u
}

// Route routes a case at a place by the rules of the platform that dispatched it last, or must.
func Route(c *city.City, cs *dispatch.Case, p dispatch.Place, at time.Time) (routing.Decision, error) {
	return routing.RouteFrom(c, cs.Dispatching(), p, cs.Category, at)
}

// CoOwnersAbove adds to the co-owners of a dispatch, each once, those whom the rules name by which the case came down to the
// platform that dispatches; the lead unit is none.
func CoOwnersAbove(c *city.City, cs *dispatch.Case, co []dispatch.Owner, lead roster.Unit, at time.Time) ([]dispatch.Owner, error) {
	out := slices.Clip(co)
	for i := range cs.Chain {
		l := &cs.Chain[i]
		if !l.Ended.IsZero() {
			continue
		}
		above, err := routing.RouteFrom(c, l.Platform, cs.Place, cs.Category, at)
		if err != nil {
			return nil, err
		}
		for _, o := range above.CoOwners {
			if o.Unit != lead && !slices.ContainsFunc(out, func(is dispatch.Owner) bool { return is.Unit == o.Unit }) {
				out = append(out, o)
			}
		}
	}
	return out, nil
}

// Owner is the owner that acts for a unit which a person names: the dispatcher of a platform, else the post that acts for the
// unit. False when the unit has none.
func Owner(c *city.City, u roster.Unit) (dispatch.Owner, bool) {
	o := dispatch.Owner{Unit: u, Kind: city.OwnerKindOf(u)}
	if c.IsPlatform(u) {
		o.Post = roster.PostAt(u, roster.Dispatcher)
		return o, true
	}
	post, ok := routing.EffectivePost(c, u)
	o.Post = post
	return o, ok
}

// Given is the chain after a platform gives the case to an owner; nil when no platform but the city's own is concerned. The
// present dispatch ends, unless the present owner is the platform that gives.
func Given(
	c *city.City, cs *dispatch.Case, by roster.Unit, to dispatch.Owner, rule string, actor roster.PersonID, at time.Time,
) []dispatch.ChainLink {
	if by == routing.Root(c) {
		by = roster.Unit{}
	}
	if len(cs.Chain) == 0 && by == (roster.Unit{}) && !to.IsPlatform() {
		return nil
	}
	chain := slices.Clone(cs.Chain)
	for i := range chain {
		l := &chain[i]
		switch {
		case !l.Ended.IsZero():
		case l.To.IsPlatform() && l.To.Unit == by:
			if l.On.IsZero() {
				l.On = at
			}
		case l.Platform == by:
			l.Ended = at
		}
	}
	link := dispatch.ChainLink{Platform: by, To: to, Rule: rule, By: actor, At: at, Refused: len(cs.Refused)}
	if within := c.Defaults.SecondDispatchMinutes; within > 0 && to.IsPlatform() {
		link.Due = at.Add(sla.Minutes(within))
	}
	return bounded(append(chain, link))
}

// PartGiven is the co-owners of a case after a platform that is one of them gives its part to a unit: the clock of the duty
// continues, on the calendar of the unit, and the platform stays informed. A platform that gives the part to its own people
// keeps its place. It returns the index of the unit among them.
func PartGiven(c *city.City, cs *dispatch.Case, part *dispatch.CoOwner, to dispatch.Owner, at time.Time) ([]dispatch.CoOwner, int, error) {
	to.Duty = part.Duty
	one := dispatch.CoOwner{Owner: to, Clock: part.Clock, From: part.Unit}
	if to.Unit == part.Unit {
		one.From, one.Receipt = part.From, part.Receipt
	}
	if was, is := c.CalendarOf(part.Unit), c.CalendarOf(to.Unit); was != is && part.Clock.Running() {
		k, err := sla.Project(sla.Advance(part.Clock, was, at), is)
		if err != nil {
			return nil, 0, err
		}
		k.Step, k.Fired = part.Clock.Step, part.Clock.Fired
		one.Clock = k
	}
	var out []dispatch.CoOwner
	for _, o := range cs.CoOwners {
		switch o.Unit {
		case to.Unit:
			continue
		case part.Unit:
			o = dispatch.CoOwner{Owner: o.Owner, From: o.From}
			o.Duty = ""
		}
		out = append(out, o)
	}
	return append(out, one), len(out), nil
}

// PartGivers are the platforms that wait for the part of a co-owner: from the one that gave the part on, upwards. The last is
// the platform that dispatched the case. Nil for a co-owner that has the part from the dispatch and is no platform.
func PartGivers(c *city.City, cs *dispatch.Case, unit roster.Unit) []roster.Unit {
	var out []roster.Unit
	for range cs.CoOwners {
		i := slices.IndexFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Unit == unit })
		if i < 0 || cs.CoOwners[i].From == (roster.Unit{}) {
			break
		}
		unit = cs.CoOwners[i].From
		out = append(out, unit)
	}
	if len(out) > 0 || c.IsPlatform(unit) {
		out = append(out, Dispatching(c, cs))
	}
	return out
}

// Ended is the chain after a unit has returned the case; nil when the case has none.
func Ended(cs *dispatch.Case, unit roster.Unit, at time.Time) []dispatch.ChainLink {
	chain := slices.Clone(cs.Chain)
	for i := range slices.Backward(chain) {
		l := &chain[i]
		if !l.Ended.IsZero() {
			continue
		}
		l.Ended = at
		if l.To.Unit == unit {
			break
		}
	}
	return chain
}

// Under is the case as a superior takes it out of the hands of every unit and platform that does not lie above or at the
// superior's unit: the dispatches to these have ended. by is the platform by which the superior then gives the case.
func Under(c *city.City, cs *dispatch.Case, superior roster.Unit, at time.Time) (n *dispatch.Case, by roster.Unit) {
	under := *cs
	under.Chain = slices.Clone(cs.Chain)
	by = cs.Platform
	for i := range under.Chain {
		l := &under.Chain[i]
		switch {
		case !l.Ended.IsZero():
		case l.To.IsPlatform() && routing.Above(c, l.To.Unit, superior):
			by = l.To.Unit
		default:
			l.Ended = at
		}
	}
	return &under, by
}

// Refusals lists the units that have returned the case to the platform that must dispatch it now, or has dispatched it last.
func Refusals(cs *dispatch.Case) []roster.Unit {
	if l := cs.FromAbove(); l != nil {
		return cs.Refused[min(l.Refused, len(cs.Refused)):]
	}
	return cs.Refused
}

// Arbiter is the unit that rules between units: the platform that dispatched the case, when all of them work below it, else
// their common superior.
func Arbiter(c *city.City, cs *dispatch.Case, units []roster.Unit) roster.Unit {
	by := cs.Dispatching()
	beside := func(u roster.Unit) bool { return u == by || !c.Serves(by, u) }
	if by != (roster.Unit{}) && len(units) > 0 && !slices.ContainsFunc(units, beside) {
		return by
	}
	return routing.CommonSuperior(c, units)
}

// bounded forgets the links that ended first, beyond dispatch.MaxChain.
func bounded(chain []dispatch.ChainLink) []dispatch.ChainLink {
	for len(chain) > dispatch.MaxChain {
		i := slices.IndexFunc(chain, func(l dispatch.ChainLink) bool { return !l.Ended.IsZero() })
		if i < 0 {
			break
		}
		chain = slices.Delete(chain, i, i+1)
	}
	return chain
}

// Planned is the chain that the dispatches of a matter would make at an instant, as routing.Chain lists them; nil when no
// platform but the city's own is concerned. It says nothing of what happens after each dispatch.
func Planned(c *city.City, way []routing.Decision, at time.Time) []dispatch.ChainLink {
	cs := &dispatch.Case{}
	for i := range way {
		cs.Chain = Given(c, cs, way[i].Platform, way[i].Owner, way[i].Rule, "", at)
	}
	for i := range cs.Chain {
		cs.Chain[i].On = time.Time{}
	}
	return cs.Chain
}

// Alarmed is the chain after people were notified that the second dispatch of the case is late.
func Alarmed(cs *dispatch.Case) []dispatch.ChainLink {
	chain := slices.Clone(cs.Chain)
	for i := range slices.Backward(chain) {
		if chain[i].Ended.IsZero() {
			chain[i].Missed = true
			break
		}
	}
	return chain
}
