package city

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/grid"
)

// lookups holds what Finish derives from the tables, so that routing needs lookups only.
type lookups struct {
	byCode   map[catalog.Code][]*catalog.Rule         // the rules that cover a category, in the order of trial
	acting   map[roster.Unit]accountable              // the accountable post of each unit
	stations map[string]map[grid.AreaID][]*Department // departments below another that have an area, by area

	byPlatform map[int]map[catalog.Code][]*catalog.Rule // PlatformRules by level and category
	platforms  map[int]bool                             // levels with a platform that some rule names
}

// accountable is the accountable unit and post of a unit: its own post, or that of the nearest unit above with one.
type accountable struct {
	unit roster.Unit
	post roster.PostID
}

// Finish derives what routing looks up. The compiler calls Finish once, after all tables are read.
func (c *City) Finish() {
	c.byCode = make(map[catalog.Code][]*catalog.Rule, len(c.Categories))
	for code, cat := range c.Categories {
		for i := range c.Rules {
			if c.Rules[i].Pattern.Covers(cat) {
				c.byCode[code] = append(c.byCode[code], &c.Rules[i])
			}
		}
	}
	c.finishPlatforms()
	c.stations = map[string]map[grid.AreaID][]*Department{}
	for _, id := range slices.Sorted(maps.Keys(c.Departments)) {
		d := c.Departments[id]
		if d.Area == "" {
			continue
		}
		for up := c.Departments[d.Parent]; up != nil; up = c.Departments[up.Parent] {
			if c.stations[up.ID] == nil {
				c.stations[up.ID] = map[grid.AreaID][]*Department{}
			}
			c.stations[up.ID][d.Area] = append(c.stations[up.ID][d.Area], d)
		}
	}
	c.acting = map[roster.Unit]accountable{}
	for _, u := range c.Roster.Units() {
		c.findAccountable(u)
	}
	for id := range c.Areas {
		c.findAccountable(roster.Unit{Kind: roster.UnitArea, ID: string(id)})
	}
	for id := range c.Departments {
		c.findAccountable(roster.Unit{Kind: roster.UnitDepartment, ID: id})
	}
	for id := range c.Sections {
		c.findAccountable(roster.Unit{Kind: roster.UnitSection, ID: string(id)})
	}
	for i := range c.Points {
		c.findAccountable(roster.Unit{Kind: roster.UnitPoint, ID: c.Points[i].ID})
	}
}

// findAccountable finds the accountable post of a unit, its own or that of the nearest unit above with one.
func (c *City) findAccountable(u roster.Unit) {
	at := u
	for range roster.MaxTreeDepth {
		if post, ok := c.OwnPost(at); ok {
			c.acting[u] = accountable{at, post}
			return
		}
		up, ok := c.Parent(at)
		if !ok {
			return
		}
		at = up
	}
}

// OwnPost returns the post that answers for a unit: its owner, else its handler, else its leader. ok is false if no
// such post was ever filled at the unit itself.
func (c *City) OwnPost(u roster.Unit) (roster.PostID, bool) {
	for _, role := range [...]roster.Role{roster.Owner, roster.Handler, roster.Leader} {
		if post, ok := c.Roster.Post(u, role); ok {
			return post, true
		}
	}
	return "", false
}

// Accountable returns the post that answers for a unit: its own, or that of the nearest unit above with one.
func (c *City) Accountable(u roster.Unit) (roster.Unit, roster.PostID, bool) {
	a, ok := c.acting[u]
	return a.unit, a.post, ok
}

// RulesFor lists the rules that cover a category, in the order of trial; read only.
func (c *City) RulesFor(code catalog.Code) []*catalog.Rule { return c.byCode[code] }

// Ground holds what rules ask about a place.
type Ground struct {
	Point     grid.Point
	Unlocated bool          // the position is unknown: Point is meaningless, and nothing is near
	Areas     []grid.AreaID // the city first
	Sections  []SectionID   // the most specific first
}

// Verdict is the result of trying one rule.
type Verdict int

// Verdicts; zero is unset.
const (
	VerdictUnknown Verdict = iota
	Matched
	OtherCategory
	NotYet
	Over
	OutOfSeason
	Elsewhere
	NothingNear
	Nobody // the rule matches but names no unit at this place
)

// Active returns whether the dates and the season of a rule hold at an instant, or which of them fails.
func (c *City) Active(r *catalog.Rule, at time.Time) Verdict {
	switch {
	case !r.From.IsZero() && at.Before(r.From):
		return NotYet
	case !r.To.IsZero() && !at.Before(r.To):
		return Over
	case r.Season != calendar.Season{} && !r.Season.Has(calendar.MonthDayOf(at.In(c.Location))):
		return OutOfSeason
	}
	return Matched
}

// Try tests one rule that covers the category. near is the point that satisfies the rule's Near or Component.
func (c *City) Try(r *catalog.Rule, g Ground, cat *catalog.Category, at time.Time) (near *Point, v Verdict) {
	if v := c.Active(r, at); v != Matched {
		return nil, v
	}
	if r.Area != "" && !slices.Contains(g.Areas, grid.AreaID(r.Area)) {
		return nil, Elsewhere
	}
	if !r.Component && r.Near == "" {
		return nil, Matched
	}
	if g.Unlocated {
		return nil, NothingNear
	}
	for _, n := range c.NearPoints(g.Point, r.Near, r.WithinM) {
		if !r.Component || n.Point.IsComponent(cat) {
			return n.Point, Matched
		}
	}
	return nil, NothingNear
}

// IsComponent reports whether the point is an asset of a category: class and subclass of the component code equal the
// digits of the category code.
func (p *Point) IsComponent(cat *catalog.Category) bool {
	const at, to = 6, 10 // region 6, class 2, subclass 2
	return len(p.Component) >= to && cat.Kind == catalog.Component &&
		strings.TrimLeft(string(cat.Code), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == p.Component[at:to]
}

// Named returns the unit that a target names at a place. A block is the area of the level, or the deepest area above
// if the level is absent. A line is the department's section at the place, else its station, else the department. A
// point target is the point nearby, or, of an asset, its owner (权属) or maintainer (养护). The zero Unit: the target
// names no unit here. A platform is the area of the level with a dispatcher post, or the nearest such area above, below the
// city.
func (c *City) Named(t catalog.Target, g Ground, near *Point) roster.Unit {
	switch t.Kind {
	case catalog.OwnerBlock:
		for _, v := range slices.Backward(g.Areas) {
			if a := c.Areas[v]; a != nil && a.Level <= t.Level {
				return roster.Unit{Kind: roster.UnitArea, ID: string(a.ID)}
			}
		}
	case catalog.OwnerLine:
		return c.lineAt(t.Department, g)
	case catalog.OwnerPoint:
		if near == nil {
			break
		}
		u := roster.Unit{Kind: roster.UnitPoint, ID: near.ID}
		if _, own := c.OwnPost(u); near.Component != "" && !own {
			u = cmp.Or(near.Owner, near.Maintainer, u)
		}
		return u
	case catalog.OwnerPlatform:
		return c.platformAt(t.Level, g.Areas, roster.Dispatcher)
	case catalog.OwnerUnknown:
	}
	return roster.Unit{}
}

// lineAt returns a department's section at a place, else the department's station of the deepest area there.
func (c *City) lineAt(department string, g Ground) roster.Unit {
	for _, id := range g.Sections {
		if s := c.Sections[id]; s != nil && c.DepartmentUnder(s.Department, department) {
			return roster.Unit{Kind: roster.UnitSection, ID: string(id)}
		}
	}
	if stations := c.stations[department]; stations != nil {
		for _, v := range slices.Backward(g.Areas) {
			if here := stations[v]; len(here) > 0 {
				return roster.Unit{Kind: roster.UnitDepartment, ID: here[0].ID}
			}
		}
	}
	return roster.Unit{Kind: roster.UnitDepartment, ID: department}
}

// DepartmentUnder reports whether department id equals upper or lies below.
func (c *City) DepartmentUnder(id, upper string) bool {
	for d := c.Departments[id]; d != nil; d = c.Departments[d.Parent] {
		if d.ID == upper {
			return true
		}
	}
	return false
}

// Resolve returns the unit and the post that answer for a target at a place. A unit without a post passes to the unit
// above. The post of a platform is its dispatcher. ok is false if the target names no unit here.
func (c *City) Resolve(t catalog.Target, g Ground, near *Point) (roster.Unit, roster.PostID, bool) {
	if t.Kind == catalog.OwnerPlatform {
		u := c.Named(t, g, near)
		return u, roster.PostAt(u, roster.Dispatcher), u != (roster.Unit{})
	}
	return c.Accountable(c.Named(t, g, near))
}

// Asks reports whether a point is of the kind that a rule asks for.
func (c *City) Asks(r *catalog.Rule, p *Point) bool {
	if !r.Component {
		return p.Kind == r.Near
	}
	for _, cat := range c.Categories {
		if p.IsComponent(cat) && r.Pattern.Covers(cat) {
			return true
		}
	}
	return false
}

// Row formats one line for a table in the order of its header, as a suggestion to the user. cells alternates column
// and value. Columns that the table lacks are left out. A table that does not exist yet has all columns.
func (c *City) Row(file string, cells ...string) string {
	head := c.Columns[file]
	if table, ok := tables.Of(file); ok && head == nil {
		for _, c := range table.Columns {
			head = append(head, c.Name)
		}
	}
	out := make([]string, len(head))
	for i, h := range head {
		for j := 0; j < len(cells); j += 2 {
			if cells[j] == h {
				out[i] = cells[j+1]
			}
		}
		if strings.ContainsAny(out[i], ",\"") {
			out[i] = `"` + strings.ReplaceAll(out[i], `"`, `""`) + `"`
		}
	}
	return strings.Join(out, ",")
}

// HoldsWherever reports whether e holds at every place and instant at which r holds.
func (c *City) HoldsWherever(e, r *catalog.Rule) bool {
	if e.Component || e.Near != "" && !(r.Near == e.Near && r.WithinM <= e.WithinM) {
		return false
	}
	if e.Area != "" && !c.Under(grid.AreaID(r.Area), grid.AreaID(e.Area)) {
		return false
	}
	if !e.From.IsZero() && (r.From.IsZero() || r.From.Before(e.From)) || !e.To.IsZero() && (r.To.IsZero() || r.To.After(e.To)) {
		return false
	}
	return e.Season == calendar.Season{} || e.Season == r.Season
}
