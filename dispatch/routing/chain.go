package routing

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// RouteFrom is Route for the dispatch by a platform: the rules of the platform's level decide. The zero Unit is the city's
// own platform.
func RouteFrom(c *city.City, platform roster.Unit, p dispatch.Place, code catalog.Code, at time.Time) (Decision, error) {
	if platform == Root(c) {
		platform = roster.Unit{}
	}
	return routeFrom(c, platform, p, code, at, nil)
}

// Chain lists the dispatches that bring a matter to the unit that does the work: the one by the platform at which it arrives,
// then one by each platform to which it is given (二次派遣). In a city without platforms it has one. Errors: those of Route.
func Chain(c *city.City, from roster.Unit, p dispatch.Place, code catalog.Code, at time.Time) ([]Decision, error) {
	return ChainWithTrail(c, from, p, code, at, nil)
}

// ChainWithTrail is Chain; it appends each rule that it tries, those of the first dispatch first, to trail, unless trail is nil.
func ChainWithTrail(
	c *city.City, from roster.Unit, p dispatch.Place, code catalog.Code, at time.Time, trail *[]ConsideredRule,
) ([]Decision, error) {
	var out []Decision
	for range c.Levels {
		d, err := routeFrom(c, from, p, code, at, trail)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
		if !d.Owner.IsPlatform() {
			break
		}
		from = d.Owner.Unit
	}
	return out, nil
}

// NamedBy lists the units that a row of the rules of a platform names for a category at a place, in the order of the rules,
// each once: the unit that answers there, and the department of a row that names a line. Dates, nearby points and areas of the
// rows do not count. The platform itself is left out.
func NamedBy(c *city.City, platform roster.Unit, p dispatch.Place, code catalog.Code) []roster.Unit {
	var out []roster.Unit
	g := GroundOf(p)
	rules, _ := c.RulesOf(platform, code)
	for _, r := range rules {
		var named []roster.Unit
		if o, ok := Resolve(c, r.Owner, g, nil); ok {
			named = append(named, o.Unit)
		}
		if r.Owner.Kind == catalog.OwnerLine {
			named = append(named, roster.Unit{Kind: roster.UnitDepartment, ID: r.Owner.Department})
		}
		for _, u := range named {
			if u != platform && !slices.Contains(out, u) {
				out = append(out, u)
			}
		}
	}
	return out
}
