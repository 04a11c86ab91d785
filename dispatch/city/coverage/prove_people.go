package coverage

import (
	"cmp"
	"maps"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// sortedUses returns the uses by unit, so that proofs are deterministic.
func (p *prover) sortedUses() []use {
	out := slices.Collect(maps.Keys(p.uses))
	slices.SortFunc(out, func(a, b use) int { return cmp.Or(compareUnits(a.unit, b.unit), compareUnits(a.named, b.named)) })
	return out
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
	p.people = map[roster.PersonID]bool{}
	silent := map[unreachable][]entry{}
	for _, u := range p.sortedUses() {
		entries := p.uses[u].entries
		if p.needsPost(u) {
			p.gap(NoPost, entries, p.all, func(g *Gap) { g.Unit = u.named; p.wordNoPost(g, u) })
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
		heard.spread(p, entries, silent)
		if len(empty) > 0 {
			p.holes = append(p.holes, vacancy{u.unit, u.post, entries, empty})
		}
	}
	p.reportUnreachable(silent)
}

// needsPost reports whether a unit must have a post of its own. An area and a department must; a section and a point may
// leave it to the unit above.
func (p *prover) needsPost(u use) bool {
	return u.named != u.unit && (u.named.Kind == roster.UnitArea || u.named.Kind == roster.UnitDepartment)
}

// note adds an interval of a person who can not be reached.
func (v unreachableTimes) note(p *prover, person roster.PersonID, post roster.PostID, s roster.Interval) {
	if !p.reachable(person) {
		v[unreachable{person, post}] = v[unreachable{person, post}].Or(roster.Intervals{s})
	}
}

// spread adds these intervals to the places and categories of the unit.
func (v unreachableTimes) spread(p *prover, entries []entry, into map[unreachable][]entry) {
	for _, m := range slices.SortedFunc(mapKeys(v), compareUnreachable) {
		when := v[m]
		for _, e := range entries {
			if both := when.And(p.when(e.when)); len(both) > 0 {
				into[m] = append(into[m], entry{e.leaf, e.class, p.intern(both)})
			}
		}
	}
}

func compareUnreachable(a, b unreachable) int {
	return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.post, b.post))
}

func (p *prover) reportUnreachable(silent map[unreachable][]entry) {
	for _, m := range slices.SortedFunc(mapKeys(silent), compareUnreachable) {
		p.gap(NoChannel, silent[m], p.all, func(g *Gap) {
			g.Person, g.Post, g.Unit = m.person, m.post, p.c.UnitOf(m.post)
			p.wordNoChannel(g)
		})
	}
}

// reachable reports whether a person can be notified: by one of the channels, or, if the proof knows none, by phone.
func (p *prover) reachable(id roster.PersonID) bool {
	person, ok := p.c.Roster.Person(id)
	if len(p.out.Channels) == 0 {
		return ok && roster.ValidPhone(person.Phone)
	}
	return ok && slices.ContainsFunc(p.out.Channels, func(ch string) bool { return city.Reaches(ch, person) })
}

// checkSuperiors finds units without a superior on duty, and superiors who can not be reached.
func (p *prover) checkSuperiors() {
	byUnit := map[roster.Unit][]entry{}
	for _, u := range p.sortedUses() {
		byUnit[u.unit] = append(byUnit[u.unit], p.uses[u].entries...)
	}
	root := p.rootUnit()
	silent := map[unreachable][]entry{}
	for _, u := range slices.SortedFunc(mapKeys(byUnit), compareUnits) {
		if u == root {
			continue // the city has no superior; office checks its leader
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
		heard.spread(p, byUnit[u], silent)
		if len(empty) > 0 {
			p.gap(NoSuperior, byUnit[u], empty, func(g *Gap) { g.Unit = u; p.wordNoSuperior(g) })
		}
	}
	p.reportUnreachable(silent)
}

func (p *prover) rootUnit() roster.Unit {
	return roster.Unit{Kind: roster.UnitArea, ID: string(p.c.Root)}
}

// officeRoles are the roles that the city's own office must fill at every minute. Within a row the roles replace each
// other in order: accepting, dispatching, checking, duty chief, leading.
var officeRoles = [...][]roster.Role{
	{roster.Acceptor, roster.DutyChief, roster.Leader},
	{roster.Dispatcher, roster.Acceptor, roster.DutyChief, roster.Leader},
	{roster.Checker, roster.Inspector, roster.Acceptor, roster.DutyChief, roster.Leader},
	{roster.DutyChief},
	{roster.Leader},
}

// office finds the hours at which nobody accepts, dispatches, checks or leads.
func (p *prover) office() {
	root := p.rootUnit()
	silent := map[unreachable][]entry{}
	everything := p.everything()
	var seen []roster.PostID
	for _, roles := range officeRoles {
		i := slices.IndexFunc(roles, func(r roster.Role) bool { _, ok := p.c.Roster.Post(root, r); return ok })
		if i < 0 {
			if len(roles) > 1 || roles[0] == roster.Leader {
				p.gap(NoPost, everything, p.all, func(g *Gap) {
					g.Unit, g.Post = root, roster.PostAt(root, roles[0])
					p.wordNoOffice(g, roles[0])
				})
			}
			continue
		}
		post := roster.PostAt(root, roles[i])
		if slices.Contains(seen, post) {
			continue
		}
		seen = append(seen, post)
		var empty roster.Intervals
		heard := unreachableTimes{}
		for _, s := range p.onCall(root, post) {
			if s.Person == "" {
				empty = empty.Or(roster.Intervals{s.Interval})
				continue
			}
			heard.note(p, s.Person, post, s.Interval)
			p.people[s.Person] = true
		}
		heard.spread(p, everything, silent)
		if len(empty) > 0 {
			p.holes = append(p.holes, vacancy{root, post, everything, empty})
		}
	}
	p.reportUnreachable(silent)
}

// everything returns every kind of place with every kind of category.
func (p *prover) everything() []entry {
	out := make([]entry, 0, len(p.leaves)*len(p.classes))
	for l := range p.leaves {
		for k := range p.classes {
			out = append(out, entry{int32(l), int32(k), 0})
		}
	}
	return out
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
		if r := &p.c.Rules[i]; !p.decided[r.ID] && !r.CatchAll() {
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
		p.markCodeOpen(code, p.all)
		g := Gap{
			Reason: NoLimit, Areas: []grid.AreaID{p.c.Root}, Categories: []catalog.Code{code}, From: p.out.From,
			To: p.out.To, When: p.all, Stretches: 1, Minutes: minutesOf(p.all),
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
