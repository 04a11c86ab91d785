package coverage

import (
	"fmt"
	"slices"
	"strings"

	"wangge/dispatch"
	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/coverage/steps"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// rota is the duty of the posts through the horizon.
func (p *prover) rota() *steps.Rota {
	return &steps.Rota{City: p.c, Over: p.over, OnCall: func(u roster.Unit, post roster.PostID) []roster.OnCall {
		was := p.out.Counts.Stretches // counted by the step itself
		defer func() { p.out.Counts.Stretches = was }()
		return p.onCall(u, post)
	}}
}

// workers lists the people who do the work of a use within the horizon.
func (p *prover) workers(u *usage) []roster.PersonID {
	if _, ok := p.works[u.post]; !ok {
		p.works[u.post] = p.rota().Workers(u.unit, u.post)
	}
	return p.works[u.post]
}

// usesBy groups the uses by the ground on which they are.
func (p *prover) usesBy(grounds []ground) [][]*usage {
	at, out := map[int32]int{}, make([][]*usage, len(grounds))
	for i := range grounds {
		for _, l := range grounds[i].leaves {
			at[l] = i
		}
	}
	for _, u := range p.sortedUses() {
		if u.platform() {
			continue // a platform gives the work on
		}
		for _, e := range u.entries {
			if i := at[e.leaf]; !slices.Contains(out[i], u) {
				out[i] = append(out[i], u)
			}
		}
	}
	return out
}

// groundApart proves for each kind of ground that somebody else checks than who did the work there, and that somebody else
// decides than who asked and who granted before. One worker at a time is barred, with one who granted.
func (p *prover) groundApart() {
	grounds, rota, city := p.grounds(), p.rota(), dispatch.Place{Areas: []grid.AreaID{p.c.Root}}
	heads := map[roster.Unit]*steps.First{}
	head := func(u *usage) *steps.First {
		h := p.headOf(u.unit)
		if heads[h] == nil {
			heads[h] = rota.First(&steps.FirstExtension, city, h)
		}
		return heads[h]
	}
	for i, uses := range p.usesBy(grounds) {
		place := dispatch.Place{Areas: grounds[i].chain}
		appeal := rota.First(steps.FirstAppeal(), place, roster.Unit{})
		for k := range steps.Ground {
			s, before := &steps.Ground[k], head
			switch {
			case s.Bars() == steps.Nobody:
				continue
			case s.Bars() == steps.Worker:
				before = func(*usage) *steps.First { return nil }
			case s.Stage == stage.Appeal:
				before = func(*usage) *steps.First { return appeal }
			}
			cs := &dispatch.Case{Place: place}
			s.Set(cs)
			mine := slices.DeleteFunc(slices.Clone(uses), func(u *usage) bool { return u.stage != stage.Work && s.Stage != stage.Check })
			p.alone(s, steps.Alone(rota, s, cs, mine, p.workers, before), grounds[i].leaves)
		}
	}
	for _, u := range p.sortedUses() {
		if u.stage == stage.Work && !u.platform() {
			f := head(u)
			p.alone(f.Step, steps.Alone(rota, f.Step, f.Case, []*usage{u}, p.workers, func(*usage) *steps.First { return nil }), nil)
		}
	}
}

// alone records that nobody but some people may act on a step, for their cases on some leaves; nil = all of their leaves.
func (p *prover) alone(s *steps.Step, groups []steps.Group[*usage], leaves []int32) {
	for _, g := range groups {
		var entries []entry
		for _, u := range g.Of {
			for _, e := range u.entries {
				if leaves == nil || slices.Contains(leaves, e.leaf) {
					entries = append(entries, e)
				}
			}
		}
		l := p.lackOf(lacking{role: s.Roles[0], when: p.intern(g.Open), barred: strings.Trim(fmt.Sprint(g.People), "[]")}, s)
		l.stages[s.Stage] = append(l.stages[s.Stage], p.source(func() []entry { return entries }))
	}
}
