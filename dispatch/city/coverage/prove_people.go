package coverage

import (
	"cmp"
	"maps"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/coverage/tally"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// sortedUses returns the uses by unit, so that proofs are deterministic. The uses are complete by then.
func (p *prover) sortedUses() []*usage {
	if p.sorted == nil {
		p.sorted = slices.SortedFunc(maps.Values(p.uses), func(a, b *usage) int {
			return cmp.Or(compareUnits(a.unit, b.unit), compareUnits(a.named, b.named), cmp.Compare(a.stage, b.stage))
		})
	}
	return p.sorted
}

func compareUnits(a, b roster.Unit) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}

// onCall returns who answers for a unit's post through the horizon: the person on duty, or the one that the off-hours
// rule names. At each instant the result equals City.OnCall.
func (p *prover) onCall(u roster.Unit, post roster.PostID) []roster.OnCall {
	on := p.over.OnCall(post)
	p.out.Counts.Stretches += len(on)
	i := slices.IndexFunc(p.c.OffHours, func(o city.OffHours) bool { return o.Fits(u) })
	if i < 0 || !slices.ContainsFunc(on, func(s roster.OnCall) bool { return s.Person == "" }) {
		return on
	}
	var instead []roster.OnCall
	if o := p.c.OffHours[i]; o.Answers == city.Superior {
		for _, w := range p.over.Chains(u) {
			s := roster.OnCall{Interval: w.Interval}
			if len(w.Superiors) > 0 {
				s.Person = w.Superiors[0].Person
			}
			instead = append(instead, s)
		}
	} else {
		instead = p.over.OnCall(roster.PostID(o.Answers))
	}
	var out []roster.OnCall
	for _, s := range on {
		if s.Person != "" {
			out = append(out, s)
			continue
		}
		for _, t := range instead {
			for _, cut := range (roster.Intervals{s.Interval}).And(roster.Intervals{t.Interval}) {
				out = append(out, roster.OnCall{Interval: cut, Person: t.Person})
			}
		}
	}
	return out
}

// unreachable groups the intervals in which a person who can not be reached must answer, and for what.
type unreachable struct {
	person roster.PersonID
	post   roster.PostID
}

// unreachableTimes holds the intervals in which such persons must answer for one unit.
type unreachableTimes map[unreachable]roster.Intervals

// checkOnCall finds posts without an on-call person, and on-call persons who can not be reached.
func (p *prover) checkOnCall() {
	unfilled := map[roster.Unit][]*usage{} // by the unit that is named and has no post
	for _, u := range p.sortedUses() {
		entries := u.entries
		if p.needsPost(u) {
			unfilled[u.named] = append(unfilled[u.named], u)
		}
		var empty roster.Intervals
		heard := unreachableTimes{}
		for _, s := range p.onCall(u.unit, u.post) {
			if s.Person == "" {
				empty = empty.Or(roster.Intervals{s.Interval})
				continue
			}
			heard.note(p, s.Person, u.post, s.Interval)
			p.people[s.Person] = true
		}
		heard.spread(p, entries, u.stage)
		if len(empty) > 0 {
			p.holes = append(p.holes, vacancy{u.unit, u.post, entries, empty, []stage.Stage{u.stage}})
		}
	}
	for _, named := range slices.SortedFunc(mapKeys(unfilled), compareUnits) {
		var entries []entry
		var stages []stage.Stage
		for _, u := range unfilled[named] {
			entries, stages = append(entries, u.entries...), stage.With(stages, u.stage)
		}
		p.gap(NoPost, entries, p.all, func(g *Gap) { g.Unit, g.Stages = named, stages; p.wordNoPost(g, unfilled[named][0]) })
	}
}

// needsPost reports whether a unit must have a post of its own. An area and a department must, and a point that a rule
// names, unless the point names the unit that answers for it. A section and an asset may leave it to the unit above.
func (p *prover) needsPost(u *usage) bool {
	if u.named == u.unit {
		return false
	}
	if u.named.Kind == roster.UnitPoint {
		pt := p.c.Point(u.named.ID)
		return pt != nil && pt.Component == "" && pt.Unit == (roster.Unit{})
	}
	return u.named.Kind == roster.UnitArea || u.named.Kind == roster.UnitDepartment
}

// note adds an interval of a person who can not be reached.
func (v unreachableTimes) note(p *prover, person roster.PersonID, post roster.PostID, s roster.Interval) {
	if !p.reachable(person) {
		v[unreachable{person, post}] = v[unreachable{person, post}].Or(roster.Intervals{s})
	}
}

// silence is where and for what a person must answer who can not be reached, and at which stages.
type silence struct {
	entries []entry
	stages  []stage.Stage
}

// spread adds these intervals to the places and categories of a unit, for a stage; "" = none in particular.
func (v unreachableTimes) spread(p *prover, entries []entry, of stage.Stage) {
	for _, m := range slices.SortedFunc(mapKeys(v), compareUnreachable) {
		when := v[m]
		into := p.silent[m]
		if into == nil {
			into = &silence{}
			p.silent[m] = into
		}
		into.stages = stage.With(into.stages, of)
		for _, e := range entries {
			if both := when.And(p.when(e.when)); len(both) > 0 {
				into.entries = append(into.entries, entry{e.leaf, e.class, p.intern(both)})
			}
		}
	}
}

func compareUnreachable(a, b unreachable) int {
	return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.post, b.post))
}

// recordUnreachable records one gap for each person and post.
func (p *prover) recordUnreachable() {
	for _, m := range slices.SortedFunc(mapKeys(p.silent), compareUnreachable) {
		p.gap(NoChannel, p.silent[m].entries, p.all, func(g *Gap) {
			g.Person, g.Post, g.Unit, g.Stages = m.person, m.post, p.c.UnitOf(m.post), p.silent[m].stages
			p.wordNoChannel(g)
		})
	}
}

// reachable reports whether a person can be notified: by one of the channels, or, if the proof knows none, by phone.
func (p *prover) reachable(id roster.PersonID) bool {
	if is, ok := p.reached[id]; ok {
		return is
	}
	person, ok := p.c.Roster.Person(id)
	if len(p.out.Channels) == 0 {
		ok = ok && roster.ValidPhone(person.Phone)
	} else {
		ok = ok && slices.ContainsFunc(p.out.Channels, func(ch string) bool { return city.Reaches(ch, person) })
	}
	p.reached[id] = ok
	return ok
}

// checkSuperiors finds units that act at a stage without a superior on duty, and superiors who can not be reached.
func (p *prover) checkSuperiors() {
	byUnit := map[roster.Unit][]*usage{}
	for u := range p.under {
		byUnit[u] = nil
	}
	for _, u := range p.sortedUses() {
		byUnit[u.unit] = append(byUnit[u.unit], u)
	}
	root := p.rootUnit()
	for _, u := range slices.SortedFunc(mapKeys(byUnit), compareUnits) {
		if u == root {
			continue // the city has no superior; top checks its leader
		}
		var empty roster.Intervals
		heard := unreachableTimes{}
		for _, w := range p.over.Chains(u) {
			if len(w.Superiors) == 0 {
				empty = empty.Or(roster.Intervals{w.Interval})
			}
			for _, s := range w.Superiors {
				p.people[s.Person] = true
				heard.note(p, s.Person, s.Post, w.Interval)
			}
		}
		if len(heard) == 0 && len(empty) == 0 {
			continue
		}
		var entries []entry
		var stages []stage.Stage
		for _, use := range byUnit[u] {
			entries, stages = append(entries, use.entries...), stage.With(stages, use.stage)
		}
		if n := p.under[u]; n != nil {
			for _, where := range n.where {
				entries = append(entries, p.entriesAt(where)...)
			}
			stages = stage.With(stages, n.stages...)
		}
		heard.spread(p, entries, "")
		if len(empty) > 0 {
			p.gap(NoSuperior, entries, empty, func(g *Gap) { g.Unit, g.Stages = u, stages; p.wordNoSuperior(g) })
		}
	}
}

func (p *prover) rootUnit() roster.Unit {
	return roster.Unit{Kind: roster.UnitArea, ID: string(p.c.Root)}
}

// top finds the hours at which nobody leads the city, who is the superior of all others.
func (p *prover) top() {
	root := p.rootUnit()
	post, ok := p.c.Roster.Post(root, roster.Leader)
	if !ok {
		p.gap(NoPost, p.everything(), p.all, func(g *Gap) {
			g.Unit, g.Post = root, post
			p.wordNoOffice(g, roster.Leader)
		})
		return
	}
	heard := unreachableTimes{}
	call := p.onCall(root, post)
	for _, s := range call {
		if s.Person != "" {
			heard.note(p, s.Person, post, s.Interval)
			p.people[s.Person] = true
		}
	}
	if len(heard) > 0 {
		heard.spread(p, p.everything(), "")
	}
	if open := vacant(call); len(open) > 0 {
		p.holes = append(p.holes, vacancy{root, post, p.everything(), open, nil})
	}
}

// everything returns every kind of place with every kind of category.
func (p *prover) everything() []entry {
	leaves := make([]int32, len(p.leaves))
	for l := range leaves {
		leaves[l] = int32(l)
	}
	return p.allMatters(leaves)
}

// lists fills the lists of clause 39 that are not gaps themselves.
func (p *prover) lists() {
	l := &p.out.Lists
	for i := range p.c.Points {
		if pt := &p.c.Points[i]; p.c.Index.Depth(pt.At) == 0 && len(l.LostPoints) < MaxListed {
			l.LostPoints = append(l.LostPoints, pt.ID)
		}
	}
	for _, person := range p.c.Roster.People() {
		holds := slices.ContainsFunc(p.c.Roster.HeldBy(person.ID), func(h roster.Holding) bool {
			return len(p.window(h.From, h.To).And(p.window(person.ActiveFrom, person.ActiveTo))) > 0
		})
		holds = holds || slices.ContainsFunc(p.c.Roster.Covers(person.ID), func(a roster.Absence) bool { return len(p.window(a.From, a.To)) > 0 })
		if here := len(p.window(person.ActiveFrom, person.ActiveTo)) > 0; here && !holds && len(l.IdlePeople) < MaxListed {
			l.IdlePeople = append(l.IdlePeople, person.ID)
		}
	}
	open := map[string]bool{}
	for i := range p.out.Gaps {
		g := &p.out.Gaps[i]
		l.BareCells = append(l.BareCells, g.Bare[:min(len(g.Bare), MaxListed-len(l.BareCells))]...)
		if g.Reason != NoCalendar && g.Reason != NoLimit && g.Reason != NoGround {
			for _, code := range g.Categories {
				open[string(code)] = true
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(p.c.Categories)) {
		if open[string(code)] {
			l.OpenMatters = append(l.OpenMatters, code)
		}
	}
	for i := range p.c.Rules {
		if r := &p.c.Rules[i]; !p.decided[r] && !r.CatchAll() {
			p.out.IdleRules = append(p.out.IdleRules, r.ID)
		}
	}
}

// limits finds categories without a limit; a compiled city has none.
func (p *prover) limits() {
	for _, code := range slices.Sorted(maps.Keys(p.c.Categories)) {
		if len(p.c.Categories[code].Conditions) > 0 {
			continue
		}
		p.open.Everywhere(p.gapNumber(), code, p.all)
		g := Gap{
			Reason: NoLimit, Areas: []grid.AreaID{p.c.Root}, Categories: []catalog.Code{code}, From: p.out.From,
			To: p.out.To, When: p.all, Stretches: 1, Minutes: tally.Minutes(p.all),
		}
		for i := range p.leaves {
			g.Cells += p.leaves[i].cells
		}
		p.wordNoLimit(&g, code)
		p.found(g)
	}
}

// holidays finds the reports whose deadline needs a year with unknown holidays. Within one year a later report has a
// later deadline, so the first such instant is found by bisection. A category is affected as soon as one of its
// conditions is.
func (p *prover) holidays() {
	type need struct {
		year int
		when int32
	}
	starts := map[calendar.Limit]map[int]roster.Intervals{}
	groups := map[need][]catalog.Code{}
	for _, code := range slices.Sorted(maps.Keys(p.c.Categories)) {
		own := map[int]roster.Intervals{}
		for _, cond := range p.c.Categories[code].Conditions {
			limit := p.effectiveLimit(cond.Severity, cond.Limit)
			if starts[limit] == nil {
				starts[limit] = p.unknownYears(limit)
			}
			for year, when := range starts[limit] {
				own[year] = own[year].Or(when)
			}
		}
		for year, when := range own {
			key := need{year, p.intern(when)}
			groups[key] = append(groups[key], code)
		}
	}
	order := slices.Collect(maps.Keys(groups))
	slices.SortFunc(order, func(a, b need) int {
		return cmp.Or(cmp.Compare(a.year, b.year), p.when(a.when)[0].From.Compare(p.when(b.when)[0].From),
			cmp.Compare(groups[a][0], groups[b][0]))
	})
	for _, n := range order {
		p.provisional(n.year, p.when(n.when), groups[n])
	}
}

// unknownYears returns when the deadline of a limit needs an unknown year, by that year.
func (p *prover) unknownYears(limit calendar.Limit) map[int]roster.Intervals {
	out := map[int]roster.Intervals{}
	for _, s := range p.years() {
		if year, from, ok := p.unknown(limit, s); ok {
			out[year] = out[year].Or(roster.IntervalOf(from, s.To))
		}
	}
	return out
}

// effectiveLimit returns the effective limit of a condition: severity A may count around the clock.
func (p *prover) effectiveLimit(s catalog.Severity, l calendar.Limit) calendar.Limit {
	switch {
	case s != catalog.SeverityA || p.c.Defaults.UrgentByDay:
	case l.Unit == calendar.WorkHours:
		l.Unit = calendar.Hours
	case l.Unit == calendar.WorkDays:
		l.Unit = calendar.Days
	}
	return l
}

// nameOf formats a unit with its name.
func (p *prover) nameOf(u roster.Unit) i18n.Text {
	name := p.c.UnitName(u)
	return i18n.Text{En: u.String() + " " + name.En, Zh: u.String() + " " + name.Zh}
}
