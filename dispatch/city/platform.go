package city

import (
	"slices"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// Intake says at the platforms of which level cases arrive: where they are accepted, filed, dispatched and closed. An empty
// list matches everything.
type Intake struct {
	Level      int      // index into the city's levels; 0 = the city's own platform
	Sources    []string // "inspector", "hotline", …
	Categories []catalog.Pattern
	Areas      []grid.AreaID // one of them holds the place
}

// finishPlatforms derives what the queries about platforms look up.
func (c *City) finishPlatforms() {
	c.platforms, c.byPlatform = map[int]bool{}, map[int]map[catalog.Code][]*catalog.Rule{}
	names := func(t catalog.Target) {
		if t.Kind == catalog.OwnerPlatform {
			c.platforms[t.Level] = true
		}
	}
	for _, rules := range [][]catalog.Rule{c.Rules, c.PlatformRules} {
		for i := range rules {
			names(rules[i].Owner)
			for _, co := range rules[i].CoOwners {
				names(co.Target)
			}
		}
	}
	for _, in := range c.Intakes {
		c.platforms[in.Level] = c.platforms[in.Level] || in.Level > 0
	}
	for i := range c.PlatformRules {
		r := &c.PlatformRules[i]
		if c.byPlatform[r.Platform] == nil {
			c.byPlatform[r.Platform] = map[catalog.Code][]*catalog.Rule{}
		}
		for code, cat := range c.Categories {
			if r.Pattern.Covers(cat) {
				c.byPlatform[r.Platform][code] = append(c.byPlatform[r.Platform][code], r)
			}
		}
	}
}

// HasPlatforms reports whether the city has platforms below its own: a rule or a setting names the level of some.
func (c *City) HasPlatforms() bool { return len(c.platforms) > 0 }

// IsPlatform reports whether a unit is a platform below the city's own: an area of a level that a rule or a setting names,
// with a dispatcher post.
func (c *City) IsPlatform(u roster.Unit) bool {
	a := c.areaOf(u)
	if a == nil || !c.platforms[a.Level] {
		return false
	}
	_, ok := c.Roster.Post(u, roster.Dispatcher)
	return ok
}

// IsIntake reports whether cases may arrive at a unit: an area of a level that a rule or a setting names, with an acceptor or a
// dispatcher.
func (c *City) IsIntake(u roster.Unit) bool {
	a := c.areaOf(u)
	if a == nil || !c.platforms[a.Level] {
		return false
	}
	_, accepts := c.Roster.Post(u, roster.Acceptor)
	return accepts || c.IsPlatform(u)
}

// IntakeOf returns the platform at which a report of a source ("inspector", "hotline", …), a category and a place arrives; the zero
// Unit is the city's own. Where the area of the level has neither an acceptor nor a dispatcher, it is the nearest area above
// with one.
func (c *City) IntakeOf(source string, code catalog.Code, areas []grid.AreaID) roster.Unit {
	cat := c.Categories[code]
	for i := range c.Intakes {
		in := &c.Intakes[i]
		if (len(in.Sources) == 0 || slices.Contains(in.Sources, source)) &&
			(len(in.Categories) == 0 || cat != nil && slices.ContainsFunc(in.Categories, func(p catalog.Pattern) bool { return p.Covers(cat) })) &&
			(len(in.Areas) == 0 || slices.ContainsFunc(in.Areas, func(id grid.AreaID) bool { return slices.Contains(areas, id) })) {
			return c.platformAt(in.Level, areas, roster.Dispatcher, roster.Acceptor)
		}
	}
	return roster.Unit{}
}

// PlatformAbove returns the next platform above one; the zero Unit is the city's own.
func (c *City) PlatformAbove(u roster.Unit) roster.Unit {
	for up, ok := c.Parent(u); ok; up, ok = c.Parent(up) {
		if c.IsPlatform(up) {
			return up
		}
	}
	return roster.Unit{}
}

// platformAt is the area of a level with a post of one of the roles, or the nearest such area above that is below the city.
func (c *City) platformAt(level int, areas []grid.AreaID, roles ...roster.Role) roster.Unit {
	for _, id := range slices.Backward(areas) {
		a := c.Areas[id]
		if a == nil || a.Level > level || a.Level == 0 {
			continue
		}
		u := roster.Unit{Kind: roster.UnitArea, ID: string(id)}
		if slices.ContainsFunc(roles, func(r roster.Role) bool { _, ok := c.Roster.Post(u, r); return ok }) {
			return u
		}
	}
	return roster.Unit{}
}

// RulesOf lists the rules by which a platform dispatches a category, in the order of trial, and all of its rules; read only.
// The zero Unit is the city's own platform. A platform of a level without rules of its own dispatches by those of the city.
func (c *City) RulesOf(platform roster.Unit, code catalog.Code) (covering []*catalog.Rule, all []catalog.Rule) {
	if a := c.areaOf(platform); a != nil && c.byPlatform[a.Level] != nil {
		level := func(r catalog.Rule) bool { return r.Platform == a.Level }
		from := slices.IndexFunc(c.PlatformRules, level)
		to := from
		for to < len(c.PlatformRules) && level(c.PlatformRules[to]) {
			to++
		}
		return c.byPlatform[a.Level][code], c.PlatformRules[from:to]
	}
	return c.RulesFor(code), c.Rules
}

// RuleByID finds a rule of the city or of its platforms; nil when there is none.
func (c *City) RuleByID(id string) *catalog.Rule {
	for _, rules := range [][]catalog.Rule{c.Rules, c.PlatformRules} {
		for i := range rules {
			if rules[i].ID == id {
				return &rules[i]
			}
		}
	}
	return nil
}

// Serves reports whether a unit works below a platform: an area or a point in the platform's area, a department whose station
// lies in it, and what is below such a unit.
func (c *City) Serves(platform, u roster.Unit) bool {
	for range roster.MaxTreeDepth {
		if u == platform {
			return true
		}
		if u.Kind == roster.UnitDepartment {
			if d := c.Departments[u.ID]; d != nil && d.Area != "" && c.Under(d.Area, grid.AreaID(platform.ID)) {
				return true
			}
		}
		up, ok := c.Parent(u)
		if !ok {
			return false
		}
		u = up
	}
	return false
}

// areaOf is the area that a unit is; nil when it is none.
func (c *City) areaOf(u roster.Unit) *Area {
	if u.Kind != roster.UnitArea {
		return nil
	}
	return c.Areas[grid.AreaID(u.ID)]
}
