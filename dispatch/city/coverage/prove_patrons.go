package coverage

import (
	"slices"

	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// patrons proves the patrons (包保): wherever a unit has a patron's post, somebody holds it at every minute who can be reached
// and has superiors. A patron answers for the ground of an area, and for what a department, a section or a point must do.
func (p *prover) patrons() {
	for _, u := range p.c.Roster.Units() {
		post, ok := p.c.Roster.Post(u, roster.Patron)
		if !ok {
			continue
		}
		where := p.source(func() []entry { return p.entriesOf(u) })
		if len(p.entriesAt(where)) == 0 {
			continue // the unit answers for nothing
		}
		call := p.onCall(u, post)
		p.heard(stage.Patron, u, post, call, p.all, where)
		if open := vacant(call); len(open) > 0 {
			p.holes = append(p.holes, vacancy{u, post, p.entriesAt(where), open, []stage.Stage{stage.Patron}})
		}
	}
}

// entriesOf returns for what a unit or the units below it answer: an area for all matters on its ground.
func (p *prover) entriesOf(u roster.Unit) []entry {
	if u.Kind == roster.UnitArea {
		var in []int32
		for l := range p.leaves {
			if slices.Contains(p.leaves[l].chain, grid.AreaID(u.ID)) {
				in = append(in, int32(l))
			}
		}
		return p.allMatters(in)
	}
	var out []entry
	for _, use := range p.sortedUses() {
		if use.named == u || routing.Above(p.c, u, use.unit) {
			out = append(out, use.entries...)
		}
	}
	return out
}
