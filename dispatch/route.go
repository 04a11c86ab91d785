package dispatch

import (
	"fmt"
	"time"
	"wangge/dispatch/catalog"
	"wangge/dispatch/city"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
	"wangge/grid"
)

// Decision is who must act, and by which rule.
type Decision struct {
	Owner      Owner
	CoOwners   []Owner
	Rule       string
	Fallback   bool         // the catch-all rule decided: a sign that the rules have a hole
	Considered []Considered // each rule tried, in order; only Explain fills it
}

// Considered is one rule that was looked at and why it did or did not decide.
type Considered struct {
	Rule    string
	Matched bool
	Why     say.Text
}

// Route finds the one accountable owner: precedents are asked first, the latest of them first, then
// rules are tried in order and the first match decides.
// A loaded city always has an owner for every category in every area, so the only errors are
// *UnknownCategoryError and a city that was not checked.
func Route(c *city.City, p Place, code catalog.Code, at time.Time) (Decision, error) {
	return route(c, p, code, at, nil)
}

// Explain is Route that also tells, rule by rule, why each one lost.
func Explain(c *city.City, p Place, code catalog.Code, at time.Time) (Decision, error) {
	trail := make([]Considered, 0, len(c.Rules))
	d, err := route(c, p, code, at, &trail)
	d.Considered = trail
	return d, err
}

func route(c *city.City, p Place, code catalog.Code, at time.Time, trail *[]Considered) (Decision, error) {
	if _, ok := c.Categories[code]; !ok {
		_, near := c.Category(string(code))
		return Decision{}, &UnknownCategoryError{Code: code, Nearest: near}
	}
	lead, ruling, isRuled := byPrecedent(c, p, code, at, trail)
	if isRuled {
		trail = nil // no rule was asked who leads
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		near, v := matches(c, r, p, code, at)
		var owner Owner
		if v == matched {
			var ok bool
			if owner, ok = resolve(c, r.Owner, p, near); !ok {
				v = nobody
			}
		}
		if trail != nil {
			*trail = append(*trail, Considered{Rule: r.ID, Matched: v == matched, Why: v.words(r, code)})
		}
		if v != matched {
			continue
		}
		d := Decision{Owner: owner, Rule: r.ID, Fallback: r.Pattern == "*" && r.Area == "" && r.Near == ""}
		if isRuled { // it settles who leads; whom the rule tells besides is told as before
			d = Decision{Owner: lead, Rule: ruling}
		}
		for _, t := range r.CoOwners {
			if co, ok := resolve(c, t, p, near); ok && co.Unit != d.Owner.Unit {
				d.CoOwners = append(d.CoOwners, co)
			}
		}
		return d, nil
	}
	return Decision{}, fmt.Errorf("route %s: no rule matched; city revision %s ends without a catch-all rule", code, c.Revision)
}

// verdict is what became of one rule.
type verdict int

const (
	matched verdict = iota
	otherCategory
	notYet
	over
	elsewhere
	nothingNear
	nobody // it matched, and names nobody here
)

// matches tests one rule; near is the point that a near-a-point rule found.
func matches(c *city.City, r *catalog.Rule, p Place, code catalog.Code, at time.Time) (near *city.Point, v verdict) {
	switch {
	case !r.Matches(code):
		return nil, otherCategory
	case !r.From.IsZero() && at.Before(r.From):
		return nil, notYet
	case !r.To.IsZero() && !at.Before(r.To):
		return nil, over
	case r.Area != "" && !inAreas(p.Areas, grid.AreaID(r.Area)):
		return nil, elsewhere
	}
	if r.Near != "" {
		found := c.NearPoints(p.Point, r.Near, r.WithinM)
		if len(found) == 0 {
			return nil, nothingNear
		}
		near = found[0].Point
	}
	return near, matched
}

// words says why a rule did or did not decide.
func (v verdict) words(r *catalog.Rule, code catalog.Code) say.Text {
	switch v {
	case matched:
		return say.F("first match: categories %s", "首个匹配：类别 %s", r.Pattern)
	case otherCategory:
		return say.F("its categories %[1]s do not cover %[2]s", "类别 %[1]s 不包含 %[2]s", r.Pattern, code)
	case notYet:
		return say.F("it begins on %s", "自 %s 起生效", r.From.Format(time.DateOnly))
	case over:
		return say.F("it ended on %s", "已于 %s 失效", r.To.Format(time.DateOnly))
	case elsewhere:
		return say.F("the place is not in area %s", "地点不在区域 %s 内", r.Area)
	case nothingNear:
		return say.F("no %[1]s within %[2]g m", "%[2]g 米内没有 %[1]s", r.Near, r.WithinM)
	default:
		return say.F("it names nobody here", "该规则在此处没有责任单位")
	}
}

// resolve turns a target into a unit with a post. A block without a post at its level, or a level
// that is absent here, passes to the parent area; a department without a post to its parent.
func resolve(c *city.City, t catalog.Target, p Place, near *city.Point) (Owner, bool) {
	var u roster.Unit
	switch t.Kind {
	case catalog.OwnerBlock:
		for _, id := range p.Areas {
			if a := c.Areas[id]; a != nil && a.Level <= t.Level {
				u = roster.Unit{Kind: roster.UnitArea, ID: string(id)}
			}
		}
	case catalog.OwnerLine:
		u = roster.Unit{Kind: roster.UnitDepartment, ID: t.Department}
	case catalog.OwnerPoint:
		if near != nil {
			u = near.Unit
		}
	case catalog.OwnerUnknown:
	}
	for u != (roster.Unit{}) {
		if post, ok := actingPost(c, u); ok {
			return Owner{Kind: t.Kind, Unit: u, Post: post}, true
		}
		up, ok := c.Parent(u)
		if !ok {
			break
		}
		u = up
	}
	return Owner{}, false
}

// actingPost is the post that answers for a unit: its owner, or else its handler, or its leader.
func actingPost(c *city.City, u roster.Unit) (roster.PostID, bool) {
	for _, role := range [...]roster.Role{roster.Owner, roster.Handler, roster.Leader} {
		if post, ok := c.Roster.Post(u, role); ok {
			return post, true
		}
	}
	return "", false
}

func inAreas(areas []grid.AreaID, id grid.AreaID) bool {
	for _, a := range areas {
		if a == id {
			return true
		}
	}
	return false
}
