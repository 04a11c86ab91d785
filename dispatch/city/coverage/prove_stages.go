package coverage

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/coverage/steps"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// stageProvers prove the stages of a case beside the owner's work, each for all ground. A prover builds cases as they
// would wait at a stage, and hands them to prover.step.
var stageProvers = []func(*prover){(*prover).groundStages, (*prover).ownerStages, (*prover).groundApart, (*prover).patrons}

// groundStages prove the steps of the ground and the closing by force for each kind of ground.
func (p *prover) groundStages() {
	for _, g := range p.grounds() {
		where := p.source(func() []entry { return p.allMatters(g.leaves) })
		place := dispatch.Place{Areas: g.chain}
		for i := range steps.Ground {
			cs := dispatch.Case{Place: place}
			steps.Ground[i].Set(&cs)
			p.step(&steps.Ground[i], &cs, where)
		}
		cs := dispatch.Case{Place: place, Stage: dispatch.Handling}
		for _, post := range steps.Chiefs(p.c, &cs) {
			cs.Request = dispatch.ApprovalRequest{Kind: dispatch.RequestForceClose, Post: post}
			if held := p.c.Roster.Holdings(post); len(held) == 1 {
				cs.Request.By = held[0].Person
			}
			p.step(&steps.ForceClose, &cs, where)
			break
		}
	}
}

// ownerStages prove what depends on the owner: the leader who decides on a first extension, and the ruling by the unit above
// one owner, or by the city between owners that have nothing else above them in common.
func (p *prover) ownerStages() {
	root := routing.Root(p.c)
	place := dispatch.Place{Areas: []grid.AreaID{p.c.Root}}
	byLeader, byArbiter := map[roster.Unit][]*usage{}, map[roster.Unit][]*usage{}
	for _, u := range p.sortedUses() {
		if u.stage != stage.Work {
			continue // a co-owner asks for nothing
		}
		head, up := p.headOf(u.unit), p.headOf(routing.CommonSuperior(p.c, []roster.Unit{u.unit}))
		byLeader[head] = append(byLeader[head], u)
		if up != root {
			byArbiter[up] = append(byArbiter[up], u)
		}
	}
	of := func(uses []*usage) func() []entry {
		return func() (out []entry) {
			for _, u := range uses {
				out = append(out, u.entries...)
			}
			return out
		}
	}
	for _, u := range slices.SortedFunc(mapKeys(byLeader), compareUnits) {
		cs := dispatch.Case{Place: place, Owner: dispatch.Owner{Unit: u}}
		steps.FirstExtension.Set(&cs)
		p.step(&steps.FirstExtension, &cs, p.source(of(byLeader[u])))
	}
	between := dispatch.Case{Place: place, Arbiter: root}
	steps.Ruling.Set(&between)
	p.step(&steps.Ruling, &between, p.source(p.everything))
	if u, err := roster.ParseUnit(p.c.Defaults.JointMeeting.Unit); err == nil && p.c.Exists(u) {
		contested := dispatch.Case{Place: place, Stage: dispatch.Arbitration, Arbiter: u}
		p.step(&steps.Ruling, &contested, p.source(p.everything))
	}
	for _, u := range slices.SortedFunc(mapKeys(byArbiter), compareUnits) {
		cs := dispatch.Case{Place: place, Arbiter: u}
		steps.Ruling.Set(&cs)
		p.step(&steps.Ruling, &cs, p.source(of(byArbiter[u])))
	}
}

// headOf returns the nearest unit from u upwards that has a leader or an arbiter, else the city: the units between have no
// say in a decision.
func (p *prover) headOf(u roster.Unit) roster.Unit {
	if h, ok := p.heads[u]; ok {
		return h
	}
	h := u
	if !slices.ContainsFunc(steps.Rulers, func(r roster.Role) bool { _, ok := p.c.Roster.Post(u, r); return ok }) {
		if up, ok := p.c.Parent(u); ok {
			h = p.headOf(up)
		}
	}
	p.heads[u] = h
	return h
}

// ground is a set of kinds of place with the same posts for all stages that depend on the place alone.
type ground struct {
	chain  []grid.AreaID // the city first
	leaves []int32
}

// groundRoles are the roles that the desk looks for on the ground. Leaders come last: they are asked only while the city's
// own is not on duty.
var groundRoles = []roster.Role{
	roster.Inspector, roster.Checker, roster.Acceptor, roster.Dispatcher, roster.DutyChief, roster.Leader,
}

// grounds groups the kinds of place by the deepest area that has a post of groundRoles, which settles all others above it.
func (p *prover) grounds() []ground {
	roles := groundRoles
	if p.leaderSuffices() {
		roles = roles[:len(roles)-1]
	}
	held := map[grid.AreaID]bool{}
	has := func(id grid.AreaID) bool {
		is, ok := held[id]
		if !ok {
			u := roster.Unit{Kind: roster.UnitArea, ID: string(id)}
			is = slices.ContainsFunc(roles, func(r roster.Role) bool { _, ok := p.c.Roster.Post(u, r); return ok })
			held[id] = is
		}
		return is
	}
	var out []ground
	at := map[grid.AreaID]int{}
	for l := range p.leaves {
		chain := p.leaves[l].chain
		for len(chain) > 1 && !has(chain[len(chain)-1]) {
			chain = chain[:len(chain)-1]
		}
		last := chain[len(chain)-1]
		i, ok := at[last]
		if !ok {
			i = len(out)
			at[last] = i
			out = append(out, ground{chain: chain})
		}
		out[i].leaves = append(out[i].leaves, int32(l))
	}
	return out
}

// leaderSuffices reports whether no leader of an area is ever asked in place of the city's: the city's is always on duty and
// is not the duty chief, who asks for what the leader joins in.
func (p *prover) leaderSuffices() bool {
	leader := roster.PostAt(p.rootUnit(), roster.Leader)
	for _, h := range p.c.Roster.Holdings(leader) {
		if slices.ContainsFunc(p.c.Roster.HeldBy(h.Person), func(o roster.Holding) bool { return o.Role == roster.DutyChief }) {
			return false
		}
	}
	return always(p.over.OnCall(leader))
}

// allMatters returns some kinds of place with every kind of category.
func (p *prover) allMatters(leaves []int32) []entry {
	out := make([]entry, 0, len(leaves)*len(p.classes))
	for _, l := range leaves {
		for k := range p.classes {
			out = append(out, entry{l, int32(k), 0})
		}
	}
	return out
}

// always reports whether somebody is on duty at every instant.
func always(on []roster.OnCall) bool {
	return !slices.ContainsFunc(on, func(s roster.OnCall) bool { return s.Person == "" })
}

// step proves one stage of a case at some places: at every instant the post that the desk asks must give the right to the
// act, and somebody must be on duty there, or be named by a rule for off hours.
func (p *prover) step(s *steps.Step, cs *dispatch.Case, where int32) {
	if s.Desk {
		p.deskStep(s, cs, where)
		return
	}
	rest, before := p.all, roster.Intervals(nil) // before: a post without the right is asked before any with it
	var lead seat                                // the nearest post with the right
	var asked roster.PostID
	standIn := false
	var after roster.Intervals // nobody at the posts with the right, whatever others are on duty
	for u, post := range s.Seats(p.c, cs) {
		on := p.onDuty(post)
		here := rest.And(on)
		may, stands := s.May(p.c, cs, u, post)
		switch {
		case may && lead.post == "":
			lead = seat{u, post}
			fallthrough
		case may:
			p.heard(s.Stage, u, post, p.over.OnCall(post), here, where)
		case lead.post == "":
			before, asked, standIn = before.Or(here), post, standIn || stands
		default:
			after = after.Or(here)
		}
		if rest = rest.Not(on); len(rest) == 0 {
			break
		}
	}
	if lead.post == "" {
		p.lack(s, asked, standIn, p.all, where)
		return
	}
	if len(before) > 0 {
		p.lack(s, asked, standIn, before, where)
	}
	if after = after.Or(rest); len(after) == 0 {
		return
	}
	call := p.onCall(lead.unit, lead.post)
	p.heard(s.Stage, lead.unit, lead.post, call, after, where)
	if open := after.And(vacant(call)); len(open) > 0 {
		p.holes = append(p.holes, vacancy{lead.unit, lead.post, p.entriesAt(where), open, []stage.Stage{s.Stage}})
	}
}

// deskStep proves a stage of the city's office, whose nearest post must be on call at every instant.
func (p *prover) deskStep(s *steps.Step, cs *dispatch.Case, where int32) {
	for u, post := range s.Seats(p.c, cs) {
		may, standIn := s.May(p.c, cs, u, post)
		if !may {
			p.lack(s, post, standIn, p.all, where)
			return
		}
		call := p.onCall(u, post)
		p.heard(s.Stage, u, post, call, p.all, where)
		if open := vacant(call); len(open) > 0 {
			p.holes = append(p.holes, vacancy{u, post, p.entriesAt(where), open, []stage.Stage{s.Stage}})
		}
		return
	}
	p.lack(s, "", false, p.all, where)
}

// seat is a post with its unit.
type seat struct {
	unit roster.Unit
	post roster.PostID
}

// onDuty returns when somebody is on duty at a post.
func (p *prover) onDuty(post roster.PostID) roster.Intervals {
	if on, ok := p.duties[post]; ok {
		return on
	}
	on := p.all.Not(vacant(p.over.OnCall(post)))
	p.duties[post] = on
	return on
}

// vacant returns when nobody is on call.
func vacant(on []roster.OnCall) roster.Intervals {
	var out roster.Intervals
	for _, s := range on {
		if s.Person == "" {
			out = append(out, s.Interval)
		}
	}
	return out
}

// heard notes the people who must act at a stage during some intervals, and whom nothing reaches; a unit with such people
// needs superiors.
func (p *prover) heard(of stage.Stage, u roster.Unit, post roster.PostID, on []roster.OnCall, when roster.Intervals, where int32) {
	heard := unreachableTimes{}
	acts, whole := false, len(when) == 1 && when[0] == p.all[0]
	for _, s := range on {
		cuts := roster.Intervals{s.Interval}
		if !whole && s.Person != "" {
			cuts = when.And(cuts)
		}
		if s.Person == "" || len(cuts) == 0 {
			continue
		}
		acts, p.people[s.Person] = true, true
		for _, cut := range cuts {
			heard.note(p, s.Person, post, cut)
		}
	}
	if len(heard) > 0 {
		heard.spread(p, p.entriesAt(where), of)
	}
	if acts && u != p.rootUnit() {
		under := p.under[u]
		if under == nil {
			under = &needsChain{}
			p.under[u] = under
		}
		under.add(where, of)
	}
}

// needsChain are the places for which a unit acts at stages, so that it needs superiors.
type needsChain struct {
	where  []int32
	stages []stage.Stage
}

func (n *needsChain) add(where int32, of stage.Stage) {
	if !slices.Contains(n.where, where) {
		n.where = append(n.where, where)
	}
	n.stages = stage.With(n.stages, of)
}

// places are where a stage is proved; the list is made when it is needed.
type places struct {
	list func() []entry
	made []entry
}

// source adds places to the list.
func (p *prover) source(list func() []entry) int32 {
	p.sources = append(p.sources, places{list: list})
	return int32(len(p.sources) - 1)
}

func (p *prover) entriesAt(where int32) []entry {
	s := &p.sources[where]
	if s.made == nil {
		s.made = s.list()
	}
	return s.made
}
