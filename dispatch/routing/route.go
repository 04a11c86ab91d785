// Package routing finds the accountable unit of a place and a category, and says why.
package routing

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Decision says which unit must act, and by which rule.
type Decision struct {
	Owner      dispatch.Owner
	CoOwners   []dispatch.Owner
	Rule       string
	Fallback   bool             // the catch-all rule decided: a sign of a gap in the rules
	Considered []ConsideredRule // each rule tried, in order; empty unless explained
	Platform   roster.Unit      // the platform that dispatches; zero = the city's own
	Helps      dispatch.Owner   // the co-owner whom the rule names and who leads by a ruling; zero = none
}

// CoOwnersOf lists the co-owners beside an owner whom a person chooses in place of the decision's.
func (d *Decision) CoOwnersOf(lead roster.Unit) []dispatch.Owner {
	out := slices.DeleteFunc(slices.Clone(d.CoOwners), func(o dispatch.Owner) bool { return o.Unit == lead })
	if d.Helps.Unit != (roster.Unit{}) && d.Helps.Unit != lead {
		out = append(out, d.Helps)
	}
	return out
}

// ConsideredRule is one rule that was tried, and why it did or did not decide.
type ConsideredRule struct {
	Rule    string
	Rank    catalog.Rank // zero for a precedent
	Matched bool
	Why     i18n.Text
}

// Route finds the accountable owner of a matter. Precedents are tried first, the latest before the others, then the
// rules that cover the category, from specific to general; the first match decides. A compiled city has an owner for
// every category in every area. Errors: *dispatch.UnknownCategoryError, and one for a city that was not checked.
func Route(c *city.City, p dispatch.Place, code catalog.Code, at time.Time) (Decision, error) {
	return RouteWithTrail(c, p, code, at, nil)
}

// Explain is Route with the trail: why each rule before the one that decided did not match.
func Explain(c *city.City, p dispatch.Place, code catalog.Code, at time.Time) (Decision, error) {
	trail := make([]ConsideredRule, 0, len(c.Rules))
	d, err := RouteWithTrail(c, p, code, at, &trail)
	d.Considered = trail
	return d, err
}

// RouteWithTrail is Route; it appends each rule that it tries to trail, unless trail is nil.
func RouteWithTrail(c *city.City, p dispatch.Place, code catalog.Code, at time.Time, trail *[]ConsideredRule) (Decision, error) {
	return routeFrom(c, roster.Unit{}, p, code, at, trail)
}

// routeFrom is RouteFrom with the trail of RouteWithTrail.
func routeFrom(
	c *city.City, platform roster.Unit, p dispatch.Place, code catalog.Code, at time.Time, trail *[]ConsideredRule,
) (Decision, error) {
	cat, ok := c.Categories[code]
	if !ok {
		return Decision{}, dispatch.UnknownCategory(c, code)
	}
	lead, ruling, isRuled := byPrecedent(c, p, code, at, trail)
	if isRuled {
		trail = nil // no rule decides who leads
	}
	g := GroundOf(p)
	rules, all := c.RulesOf(platform, code)
	passed := 0 // how many of all rules the trail has
	for _, r := range rules {
		near, v := c.Try(r, g, cat, at)
		var owner dispatch.Owner
		if v == city.Matched {
			if owner, ok = Resolve(c, r.Owner, g, near); !ok || owner.IsPlatform() && owner.Unit == platform {
				v = city.Nobody
			}
		}
		if trail != nil {
			passed = tellOthers(c, all, r, passed, cat, trail)
			*trail = append(*trail, ConsideredRule{Rule: r.ID, Rank: r.Rank, Matched: v == city.Matched, Why: why(c, v, r, cat)})
		}
		if v != city.Matched {
			continue
		}
		d := Decision{Owner: owner, Rule: r.ID, Fallback: r.CatchAll(), Platform: platform}
		// The ruling settles who leads; the rule still names the co-owners. A platform gets the case first, when the ruling
		// names a unit that works below it.
		if isRuled && !(owner.IsPlatform() && c.Serves(owner.Unit, lead.Unit)) {
			d = Decision{Owner: lead, Rule: ruling, Platform: platform}
		}
		for _, t := range r.CoOwners {
			co, ok := Resolve(c, t.Target, g, near)
			switch co.Duty = t.Duty; {
			case !ok:
			case co.Unit != d.Owner.Unit:
				d.CoOwners = append(d.CoOwners, co)
			case co.Unit != owner.Unit:
				d.Helps = co
			}
		}
		return d, nil
	}
	return Decision{}, fmt.Errorf("route %s: no rule matched; city revision %s ends without a catch-all rule", code, c.Revision)
}

// tellOthers appends to the trail the rules of all before r that cover other categories, from index passed on, and returns
// the index after r.
func tellOthers(c *city.City, all []catalog.Rule, r *catalog.Rule, passed int, cat *catalog.Category, trail *[]ConsideredRule) int {
	for ; passed < len(all); passed++ {
		o := &all[passed]
		if o.ID == r.ID {
			return passed + 1
		}
		*trail = append(*trail, ConsideredRule{Rule: o.ID, Rank: o.Rank, Why: why(c, city.OtherCategory, o, cat)})
	}
	return passed
}

// why says why a rule did or did not decide.
func why(c *city.City, v city.Verdict, r *catalog.Rule, cat *catalog.Category) i18n.Text {
	day := func(t time.Time) string { return t.In(c.Location).Format(time.DateOnly) }
	switch v {
	case city.Matched:
		return i18n.F("first match: categories %s", "首个匹配：类别 %s", r.Pattern)
	case city.OtherCategory:
		return i18n.F("its categories %[1]s do not cover %[2]s", "类别 %[1]s 不包含 %[2]s", r.Pattern, cat.Code)
	case city.NotYet:
		return i18n.F("it begins on %s", "自 %s 起生效", day(r.From))
	case city.Over:
		return i18n.F("it ended on %s", "已于 %s 失效", day(r.To))
	case city.OutOfSeason:
		return i18n.F("its season is %s", "仅在 %s 期间生效", r.Season)
	case city.Elsewhere:
		return i18n.F("the place is not in area %s", "地点不在区域 %s 内", r.Area)
	case city.NothingNear:
		if r.Component {
			return i18n.F("no such component stands within %g m", "%g 米内没有该部件", r.WithinM)
		}
		return i18n.F("no %[1]s within %[2]g m", "%[2]g 米内没有 %[1]s", r.Near, r.WithinM)
	case city.Nobody, city.VerdictUnknown:
	}
	return i18n.F("it names nobody here", "该规则在此处没有责任单位")
}

// GroundOf is what rules ask about a place.
func GroundOf(p dispatch.Place) city.Ground {
	return city.Ground{Point: p.Point, Unlocated: !p.Located(), Areas: p.Areas, Sections: p.Sections}
}

// Resolve turns the target of a rule into a unit with its post; false when the city has no such post there.
func Resolve(c *city.City, t catalog.Target, g city.Ground, near *city.Point) (dispatch.Owner, bool) {
	u, post, ok := c.Resolve(t, g, near)
	if t.Kind == catalog.OwnerPlatform {
		t.Kind = catalog.OwnerBlock
	}
	return dispatch.Owner{Kind: t.Kind, Unit: u, Post: post}, ok
}

// EffectivePost is the post that acts for a unit: its owner, or else its handler, or else its leader; false when it has
// none of them.
func EffectivePost(c *city.City, u roster.Unit) (roster.PostID, bool) { return c.OwnPost(u) }

// InAreas reports whether a list of areas has an area.
func InAreas(areas []grid.AreaID, id grid.AreaID) bool {
	return slices.Contains(areas, id)
}
