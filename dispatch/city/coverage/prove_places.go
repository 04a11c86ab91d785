package coverage

import (
	"math"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// leaf is a kind of place: the ground of an area without children, or the bare ground between children.
type leaf struct {
	area  grid.AreaID
	chain []grid.AreaID // the city first
	m2    float64
	cells int64
	box   grid.Box
	bare  bool
}

// places lists the kinds of place. Within a kind only sections, points and drawn precedents differ.
func (p *prover) places() {
	p.leafOf = map[grid.AreaID]int32{}
	b := p.c.Index.Bounds()
	middle := grid.Point{Lat: (b.South + b.North) / 2, Lng: (b.West + b.East) / 2}
	p.cellM2, _ = grid.CellSizeM2(middle, p.c.Resolution) // the resolution has been checked
	p.descend(p.c.Root, nil)
	p.sections = map[int32][]*city.Section{}
	for _, s := range p.c.SectionList {
		for _, l := range p.touched(s.Ground) {
			p.sections[l] = append(p.sections[l], s)
			p.out.Counts.PlaceClasses++
		}
	}
}

func (p *prover) descend(id grid.AreaID, above []grid.AreaID) {
	a := p.c.Areas[id]
	chain := append(slices.Clip(above), id)
	for _, child := range a.Children {
		p.descend(child, chain)
	}
	m2 := p.c.GroundM2[id]
	switch {
	case len(a.Children) == 0:
		p.leafOf[id] = int32(len(p.leaves))
		p.leaves = append(p.leaves, leaf{area: id, chain: chain, m2: m2, cells: p.cellsOf(m2), box: boxOf(a.Ground)})
	case m2 > bareM2:
		p.leaves = append(p.leaves, leaf{area: id, chain: chain, m2: m2, cells: p.cellsOf(m2), box: boxOf(a.Ground), bare: true})
	default:
		p.slivers += m2
	}
}

// bareM2 is how much ground an area's children may leave bare in total before it counts as a place: the effect of
// rounding shared borders.
const bareM2 = 100

// cellsOf converts a size into cells; ground of any size is at least one cell. An area has no cells if all of its
// ground belongs to a sibling, or lies outside the area above.
func (p *prover) cellsOf(m2 float64) int64 {
	if m2 == 0 {
		return 0
	}
	return max(1, int64(math.Round(m2/p.cellM2)))
}

func boxOf(polygons []grid.Polygon) grid.Box {
	b := grid.Box{South: math.Inf(1), West: math.Inf(1), North: math.Inf(-1), East: math.Inf(-1)}
	for _, poly := range polygons {
		for _, ring := range poly {
			for _, v := range ring {
				b.South, b.North = min(b.South, v.Lat), max(b.North, v.Lat)
				b.West, b.East = min(b.West, v.Lng), max(b.East, v.Lng)
			}
		}
	}
	return b
}

// touched lists the kinds of place in which a patch may have ground: those at its samples, and those wholly within
// its polygons, which may have no sample.
func (p *prover) touched(ground grid.Patch) []int32 {
	var out []int32
	for _, pt := range ground.Samples() {
		at, err := p.c.Index.Locate(pt)
		if err != nil {
			continue
		}
		if l, ok := p.leafOf[at.Areas[len(at.Areas)-1]]; ok && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	for _, poly := range ground.Polygons {
		around := boxOf([]grid.Polygon{poly})
		for i := range p.leaves {
			l, b := int32(i), p.leaves[i].box
			if b.South < around.South || b.North > around.North || b.West < around.West || b.East > around.East || slices.Contains(out, l) {
				continue
			}
			if drawn := p.c.Areas[p.leaves[i].area].Ground; len(drawn) > 0 && poly.Contains(grid.Inside(drawn)) {
				out = append(out, l)
			}
		}
	}
	return out
}

// hit is a point whose neighbourhood reaches into a kind of place, or covers all of it.
type hit struct {
	point  *city.Point
	covers bool
}

// zone returns where a rule about nearby points may hold, by kind of place.
func (p *prover) zone(r *catalog.Rule) map[int32][]hit {
	if z, ok := p.zones[r]; ok {
		return z
	}
	z := map[int32][]hit{}
	for i := range p.c.Points {
		pt := &p.c.Points[i]
		if !p.c.Asks(r, pt) {
			continue
		}
		reach := r.WithinM + pt.Ground.ReachM
		drawn := len(pt.Ground.Points) > 0
		for _, poly := range pt.Ground.Polygons {
			for _, ring := range poly {
				for _, v := range ring {
					reach = max(reach, r.WithinM+grid.Distance(pt.At, v))
				}
			}
		}
		for _, l := range p.within(pt.At, reach) {
			z[l] = append(z[l], hit{pt, drawn && p.covers(pt.At, reach, l)})
			p.out.Counts.PlaceClasses++
		}
	}
	p.zones[r] = z
	return z
}

// within lists the kinds of place that a circle reaches.
func (p *prover) within(at grid.Point, radiusM float64) []int32 {
	if place, err := p.c.Index.Locate(at); err == nil {
		if l, ok := p.leafOf[place.Areas[len(place.Areas)-1]]; ok && p.c.Index.Border(at, place).DistanceM > radiusM*roundish {
			return []int32{l}
		}
	}
	lat := radiusM * roundish / metresPerDegree
	lng := lat / max(0.01, math.Cos(at.Lat*math.Pi/180))
	var out []int32
	for i := range p.leaves {
		l := &p.leaves[i]
		if b := &l.box; b.South-lat <= at.Lat && at.Lat <= b.North+lat && b.West-lng <= at.Lng &&
			at.Lng <= b.East+lng && p.c.Index.Outside(at, l.area) <= radiusM {
			out = append(out, int32(i))
		}
	}
	return out
}

const (
	metresPerDegree = 111_195 // of latitude
	roundish        = 1.01    // circles are taken slightly wider than they are
)

// covers reports whether a circle contains all of a kind of place. A circle is convex, so testing the vertices is
// enough.
func (p *prover) covers(at grid.Point, radiusM float64, l int32) bool {
	if p.leaves[l].m2 > math.Pi*radiusM*radiusM {
		return false
	}
	for _, poly := range p.c.Areas[p.leaves[l].area].Ground {
		for _, ring := range poly {
			for _, v := range ring {
				if grid.Distance(at, v) > radiusM {
					return false
				}
			}
		}
	}
	return true
}

// precedentHolds reports whether a precedent holds in a kind of place: wholly, in part, or not at all.
func (p *prover) precedentHolds(pr *city.Precedent, l int32) (whole, part bool) {
	switch {
	case pr.Area != "":
		whole = slices.Contains(p.leaves[l].chain, pr.Area)
	case pr.RadiusM > 0:
		whole = slices.Contains(p.within(pr.Point, pr.RadiusM), l) && p.covers(pr.Point, pr.RadiusM, l)
		part = !whole && slices.Contains(p.within(pr.Point, pr.RadiusM), l)
	case pr.Section != "":
		s := p.c.Sections[city.SectionID(pr.Section)]
		part = s != nil && slices.Contains(p.sections[l], s)
	default:
		part = slices.Contains(p.touched(grid.Patch{Polygons: pr.Polygons}), l)
	}
	return whole, part
}

// walk tries the rules of a kind of category in a kind of place, as routing does for one place and instant, and
// records who answers when.
func (p *prover) walk(l, k int32) {
	c, chain := p.c, p.leaves[l].chain
	g := city.Ground{Areas: chain}
	rest := p.all
	for _, pr := range p.classes[k].precedents {
		end := pr.To
		if !pr.RevokedAt.IsZero() && (end.IsZero() || pr.RevokedAt.Before(end)) {
			end = pr.RevokedAt
		}
		held := rest.And(p.window(pr.From, end))
		whole, part := p.precedentHolds(pr, l)
		post, ok := c.OwnPost(pr.Unit)
		if !ok || len(held) == 0 || !whole && !part {
			continue
		}
		p.note(use{pr.Unit, pr.Unit, post, stage.Work}, entry{l, k, p.intern(held)})
		if whole {
			rest = rest.Not(held)
		}
	}
	free, ruled := rest, len(rest) != len(p.all) || len(rest) > 0 && rest[0] != p.all[0]
	if ruled {
		free = p.all // of earlier rules: a precedent names the owner, the rule its co-owners
	}
	for _, r := range p.classes[k].rules {
		held := p.during(free, r)
		if len(held) == 0 || r.Area != "" && !slices.Contains(chain, grid.AreaID(r.Area)) {
			continue
		}
		own := held
		if ruled {
			own = p.during(rest, r)
		}
		if r.Near != "" || r.Component {
			if !p.near(r, g, l, k, own, held) {
				continue
			}
		} else if !p.answer(r, g, nil, l, k, own, held) {
			continue
		}
		if r.CatchAll() && len(own) > 0 {
			p.fallback = append(p.fallback, entry{l, k, p.intern(own)})
		}
		if p.unlimited(r) {
			return
		}
		if rest = rest.Not(own); ruled {
			free = free.Not(held)
		} else {
			free = rest
		}
		if len(free) == 0 {
			return
		}
	}
	if len(rest) > 0 {
		p.nobody = append(p.nobody, entry{l, k, p.intern(rest)})
	}
}

// unlimited reports whether a rule holds at every instant.
func (p *prover) unlimited(r *catalog.Rule) bool {
	return r.From.IsZero() && r.To.IsZero() && r.Season == (calendar.Season{})
}

// during returns the part of some intervals in which a rule holds.
func (p *prover) during(s roster.Intervals, r *catalog.Rule) roster.Intervals {
	if p.unlimited(r) {
		return s
	}
	return s.And(p.active(r))
}

// near records who answers where a rule about nearby points holds, and reports whether the rule holds everywhere in
// this kind of place.
func (p *prover) near(r *catalog.Rule, g city.Ground, l, k int32, own, held roster.Intervals) (everywhere bool) {
	for _, h := range p.zone(r)[l] {
		if r.Component && !h.point.IsComponent(p.classes[k].cat) {
			continue
		}
		ok := p.answer(r, g, h.point, l, k, own, held)
		everywhere = everywhere || ok && h.covers
	}
	return everywhere
}

// answer records the units that a rule names, as the owner in own and as co-owners with a duty in held, also on the sections of the
// place; false if nobody answers for the owner, so that the next rule is tried.
func (p *prover) answer(r *catalog.Rule, g city.Ground, near *city.Point, l, k int32, own, held roster.Intervals) bool {
	named := p.named(r.Owner, g, near, l)
	unit, post, ok := p.acting(r.Owner, named)
	if !ok {
		return false
	}
	if len(own) > 0 {
		p.decided[r] = true
		when := p.intern(own)
		p.note(use{named, unit, post, stage.Work}, entry{l, k, when})
		p.onSections(r.Owner, use{stage: stage.Work}, entry{l, k, when})
	}
	for i := range r.CoOwners {
		if r.CoOwners[i].Duty == "" {
			continue // who has no duty is told, and no case waits for it
		}
		target, when := r.CoOwners[i].Target, p.intern(held)
		named := p.named(target, g, near, l)
		if co, post, ok := p.acting(target, named); ok && co != unit {
			p.note(use{named, co, post, stage.Duty}, entry{l, k, when})
		}
		p.onSections(target, use{unit: unit, stage: stage.Duty}, entry{l, k, when})
	}
	return true
}

// blocks are the units that targets of a level name in one kind of place; the zero Unit is not known yet.
type blocks struct {
	leaf    int32
	byLevel []roster.Unit
}

// named is City.Named in a kind of place, cached for blocks.
func (p *prover) named(t catalog.Target, g city.Ground, near *city.Point, l int32) roster.Unit {
	if t.Kind != catalog.OwnerBlock {
		return p.c.Named(t, g, near)
	}
	if p.block.byLevel == nil || p.block.leaf != l {
		p.block = blocks{l, make([]roster.Unit, len(p.c.Levels))}
	}
	u := &p.block.byLevel[t.Level]
	if *u == (roster.Unit{}) {
		*u = p.c.Named(t, g, near)
	}
	return *u
}

// onSections records the sections of a kind of place that a target names, but for those for which the unit of u answers.
func (p *prover) onSections(target catalog.Target, u use, e entry) {
	if target.Kind != catalog.OwnerLine {
		return
	}
	for _, s := range p.sections[e.leaf] {
		if !p.c.DepartmentUnder(s.Department, target.Department) {
			continue
		}
		named := roster.Unit{Kind: roster.UnitSection, ID: string(s.ID)}
		if unit, post, ok := p.c.Accountable(named); ok && unit != u.unit {
			p.note(use{named, unit, post, u.stage}, e)
		}
	}
}

// note records where, for what and when a unit is an answer.
func (p *prover) note(u use, e entry) {
	key := answered{u.named, u.post, u.stage == stage.Duty}
	us := p.uses[key]
	if us == nil {
		us = &usage{use: u}
		p.uses[key] = us
	}
	if n := len(us.entries); n == 0 || us.entries[n-1] != e {
		us.entries = append(us.entries, e)
	}
}
