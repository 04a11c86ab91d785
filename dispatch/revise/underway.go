package revise

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/routing"
)

// underWay is the decision of the rules about work that a unit has in hand. A platform to which the rules would give the matter does
// not take the work back when its own rules, or those of platforms below it, name the unit: then that dispatch decides.
func underWay(c *city.City, cs *dispatch.Case, p dispatch.Place, first routing.Decision, at time.Time) routing.Decision {
	if cs.Owner.IsPlatform() || !first.Owner.IsPlatform() {
		return first
	}
	way, err := routing.Chain(c, first.Owner.Unit, p, cs.Category, at)
	if err != nil { // the platform decides, when it dispatches
		return first
	}
	for _, d := range way {
		if d.Owner.Unit == cs.Owner.Unit && !d.Owner.IsPlatform() {
			return d
		}
	}
	return first
}
