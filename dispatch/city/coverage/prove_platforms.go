package coverage

import (
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// acting returns the post that answers for a unit that a target names: the dispatcher of a platform, which dispatches again.
func (p *prover) acting(t catalog.Target, named roster.Unit) (roster.Unit, roster.PostID, bool) {
	if t.Kind == catalog.OwnerPlatform {
		return named, roster.PostAt(named, roster.Dispatcher), named != (roster.Unit{})
	}
	return p.c.Accountable(named)
}

// platform reports whether a use is a platform, which dispatches the case again.
func (u use) platform() bool { return u.post == roster.PostAt(u.unit, roster.Dispatcher) }

// platformKey adds to the key of a category the rules by which platforms dispatch it: categories of a class have the same
// rules at every platform.
func platformKey(c *city.City, key []byte, code catalog.Code) []byte {
	for i := range c.PlatformRules {
		if r := &c.PlatformRules[i]; r.Pattern.Covers(c.Categories[code]) {
			key = append(append(key, r.ID...), ' ')
		}
	}
	for _, in := range c.Intakes {
		covers := len(in.Categories) == 0
		for _, t := range in.Categories {
			covers = covers || t.Covers(c.Categories[code])
		}
		if key = append(key, '-', ' '); covers {
			key[len(key)-2] = '+'
		}
	}
	return key
}

// platforms walks the rules of each platform wherever, for what and when a case is given to it or arrives there, and records
// who answers: from the platforms of the highest level down, so that those below have their cases when their turn comes.
func (p *prover) platforms() {
	if !p.c.HasPlatforms() {
		return
	}
	for level := 1; level < len(p.c.Levels); level++ {
		for _, g := range p.givenTo(level) {
			p.walkPlatform(g.platform, g.entry)
		}
	}
}

// given is a kind of place and category that a platform has to dispatch, and when.
type given struct {
	platform roster.Unit
	entry    entry
}

// givenTo lists what the platforms of a level have to dispatch, those first that rules name.
func (p *prover) givenTo(level int) (out []given) {
	atLevel := func(u roster.Unit) bool {
		a := p.c.Areas[grid.AreaID(u.ID)]
		return u.Kind == roster.UnitArea && a != nil && a.Level == level
	}
	for _, us := range p.uses {
		if us.stage != stage.Work || !us.platform() || !atLevel(us.unit) {
			continue
		}
		for _, e := range us.entries {
			out = append(out, given{us.unit, e})
		}
	}
	for l := range p.leaves {
		for k := range p.classes {
			for _, source := range []string{"inspector", "hotline", "public", "media", "leader", "video"} {
				u := p.c.IntakeOf(source, p.classes[k].codes[0], p.leaves[l].chain)
				g := given{u, entry{int32(l), int32(k), 0}}
				if atLevel(u) && !slices.Contains(out, g) {
					out = append(out, g)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b given) int {
		return slices.Compare([]int32{a.entry.leaf, a.entry.class, a.entry.when}, []int32{b.entry.leaf, b.entry.class, b.entry.when})
	})
	return out
}

// walkPlatform tries the rules of a platform, as walk does those of the city. What no rule takes is a gap: the platform would not
// know to whom to give it.
func (p *prover) walkPlatform(platform roster.Unit, e entry) {
	g := city.Ground{Areas: p.leaves[e.leaf].chain}
	rest := p.when(e.when)
	rules, _ := p.c.RulesOf(platform, p.classes[e.class].codes[0])
	for _, r := range rules {
		held := rest.And(p.active(r))
		if len(held) == 0 || r.Area != "" && !slices.Contains(g.Areas, grid.AreaID(r.Area)) {
			continue
		}
		if r.Near != "" || r.Component {
			if p.near(r, g, e.leaf, e.class, held, held) {
				rest = rest.Not(held)
			}
			continue
		}
		if r.Owner.Kind == catalog.OwnerPlatform && p.c.Named(r.Owner, g, nil) == platform || !p.answer(r, g, nil, e.leaf, e.class, held, held) {
			continue
		}
		if rest = rest.Not(held); len(rest) == 0 {
			return
		}
	}
	if len(rest) > 0 {
		p.nobody = append(p.nobody, entry{e.leaf, e.class, p.intern(rest)})
	}
}
