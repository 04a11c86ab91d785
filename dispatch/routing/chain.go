package routing

import (
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

// ChainWithTrail is Chain; it appends each rule that it tries for the first dispatch to trail, unless trail is nil.
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
		from, trail = d.Owner.Unit, nil
	}
	return out, nil
}
