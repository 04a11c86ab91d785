package revise

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// repairOwner replaces the owner and the co-owners that are gone. A co-owner whose unit stays goes on at the post that acts for it
// now. A named successor goes on with the part of a co-owner, on its clock, in place of those to whom the rules would give a part of
// the same duty. A successor that owns the case does the part as the owner.
func (m *Move) repairOwner(was, is *city.City, cs *dispatch.Case, l *Loss, s city.Successors, at time.Time) {
	if !l.owner && len(l.coOwners) == 0 {
		return
	}
	d, err := platform.Route(is, cs, m.Place, at)
	if err != nil {
		d = catchAll(is, m.Place)
	}
	if l.owner {
		m.takeOver(is, cs, s, d)
	}
	heirs := m.coHeirs(was, is, cs, l, s, at)
	co := &coOwners{lead: m.Is.Unit}
	had := func(o dispatch.CoOwner) bool {
		return slices.ContainsFunc(cs.CoOwners, func(k dispatch.CoOwner) bool { return k.Unit == o.Unit && k.Duty == o.Duty })
	}
	taken := func(duty string) bool {
		return duty != "" && slices.ContainsFunc(heirs, func(h coHeir) bool { return h.next.Duty == duty })
	}
	for _, o := range m.CoOwners {
		if !slices.Contains(l.coOwners, o.Unit) && (had(o) || !taken(o.Duty)) {
			co.add(o)
		}
		for _, h := range heirs {
			if h.gone == o.Unit {
				co.join(h.next)
			}
		}
	}
	for _, h := range heirs {
		if !slices.ContainsFunc(m.CoOwners, func(o dispatch.CoOwner) bool { return o.Unit == h.gone }) {
			co.join(h.next)
		}
	}
	for _, o := range d.CoOwners {
		if one := coOwnerUnder(is, cs, o); had(one) || !taken(o.Duty) {
			co.add(one)
		}
	}
	for i := range co.list {
		if o := &co.list[i]; o.From != (roster.Unit{}) && !routing.HasUnit(is, o.From) {
			o.From, _ = heir(is, &s, o.From)
		}
	}
	m.CoOwners = co.list
}

// coOwners are co-owners, each unit once, without the lead.
type coOwners struct {
	lead roster.Unit
	list []dispatch.CoOwner
}

// add adds a co-owner unless the unit has a part already.
func (c *coOwners) add(o dispatch.CoOwner) {
	if o.Unit != c.lead && !slices.ContainsFunc(c.list, func(k dispatch.CoOwner) bool { return k.Unit == o.Unit }) {
		c.list = append(c.list, o)
	}
}

// join adds a successor. A unit that has a part of its own has both, on the clock that is due first.
func (c *coOwners) join(o dispatch.CoOwner) {
	i := slices.IndexFunc(c.list, func(k dispatch.CoOwner) bool { return k.Unit == o.Unit })
	switch {
	case i < 0:
		c.add(o)
	case o.Duty == "" || !o.Done.IsZero() || c.list[i].Open() && c.list[i].Duty == o.Duty:
	case !c.list[i].Open():
		c.list[i] = o
	default:
		one := &c.list[i]
		one.Duty += "、" + o.Duty
		if o.Clock.Running() && (!one.Clock.Running() || o.Clock.Due.Before(one.Clock.Due)) {
			one.Clock = o.Clock
		}
	}
}

// unfinished reports whether a co-owner has something to do on a case: its part, or a milestone.
func unfinished(cs *dispatch.Case, o *dispatch.CoOwner) bool {
	return o.Done.IsZero() || slices.ContainsFunc(cs.Milestones, func(m dispatch.Milestone) bool {
		return m.Party == catalog.PartyCoOwner && m.Unit == o.Unit && m.Reached.IsZero()
	})
}

// coHeir is the co-owner who goes on with the part of one that is gone.
type coHeir struct {
	gone roster.Unit
	next dispatch.CoOwner
}

// coHeirs lists the co-owners who go on with the parts of those that are gone: the named successor, or the unit itself at the post that
// acts for it now.
func (m *Move) coHeirs(was, is *city.City, cs *dispatch.Case, l *Loss, s city.Successors, at time.Time) []coHeir {
	var out []coHeir
	for _, o := range cs.CoOwners {
		if !slices.Contains(l.coOwners, o.Unit) || !unfinished(cs, &o) {
			continue
		}
		gone := o.Unit
		next, ok := successor(is, s, gone)
		if !ok {
			next, ok = platform.Owner(is, gone)
			ok = ok && routing.HasPost(is, next)
		}
		if !ok {
			continue
		}
		if next.Duty = o.Duty; next.Unit != gone {
			if m.renamed == nil {
				m.renamed = map[roster.Unit]dispatch.Owner{}
			}
			m.renamed[gone] = next
			o.Clock, o.Receipt = moved(was, is, o.Clock, gone, next.Unit, at), dispatch.Receipt{}
		}
		o.Owner = next
		out = append(out, coHeir{gone, o})
	}
	return out
}

// moved is a clock that goes on with another unit: time used stays as counted on the calendar of the first one.
func moved(was, is *city.City, k dispatch.Clock, from, to roster.Unit, at time.Time) dispatch.Clock {
	before, after := was.CalendarOf(from), is.CalendarOf(to)
	if !k.Running() || before == after || before == was.Calendar && after == is.Calendar {
		return k
	}
	n, err := sla.Project(sla.Advance(k, before, at), after)
	if err != nil {
		return k
	}
	n.Step, n.Fired = k.Step, k.Fired
	return n
}

// vacantMilestone reports whether a milestone under way is that of an inspector whose post the city does not have.
func vacantMilestone(is *city.City, m *dispatch.Milestone) bool {
	return m.Party == catalog.PartyInspector && m.Reached.IsZero() && len(is.Roster.Holdings(m.Post)) == 0
}

// nearestPost returns the post on the ground that completes a milestone of an inspector in place of a post that is gone: the post of
// the nearest inspector, else of the nearest leader.
func nearestPost(is *city.City, p *dispatch.Place) (roster.Unit, roster.PostID, bool) {
	for _, role := range []roster.Role{roster.Inspector, roster.Leader} {
		for _, id := range slices.Backward(p.Areas) {
			u := roster.Unit{Kind: roster.UnitArea, ID: string(id)}
			if post, ok := is.Roster.Post(u, role); ok && len(is.Roster.Holdings(post)) > 0 {
				return u, post, true
			}
		}
	}
	return roster.Unit{}, "", false
}

// milestones are those of a case after the move; nil = unchanged. Those of a co-owner go to its successor under the successor's name, on
// the same clocks; of two of the same kind that the successor then has, also as the owner, its own stays. Those of an inspector whose
// post is gone go to the nearest one. A co-owner whom the rules add begins the milestones of co-owners.
func (m *Move) milestones(was, is *city.City, cs *dispatch.Case, at time.Time) []dispatch.Milestone {
	n := *cs
	n.Milestones = slices.Clone(cs.Milestones)
	n.Owner, n.CoOwners, n.Place = m.Is, m.CoOwners, m.Place
	names := map[string]string{}
	renamed := make([]bool, len(n.Milestones))
	for i := range n.Milestones {
		one := &n.Milestones[i]
		its := func(o dispatch.CoOwner) bool { return o.Unit == one.Unit }
		id, from := one.ID, one.UnitOf(cs)
		if next, ok := m.renamed[one.Unit]; ok && one.Party == catalog.PartyCoOwner {
			one.ID, one.Unit, one.Post = one.Kind()+dispatch.MilestoneOf+next.Unit.String(), next.Unit, next.Post
			if next.Unit == m.Is.Unit {
				one.ID, one.Party, one.Unit, one.Post = one.Kind(), catalog.PartyOwner, roster.Unit{}, ""
			}
		} else if k := slices.IndexFunc(n.CoOwners, its); k >= 0 && one.Party == catalog.PartyCoOwner {
			if len(is.Roster.Holdings(one.Post)) == 0 { // the unit stays, at another post
				one.Post = n.CoOwners[k].Post
			}
		} else if u, post, ok := nearestPost(is, &m.Place); ok && vacantMilestone(is, one) {
			one.ID, one.Unit, one.Post = one.Kind()+dispatch.MilestoneOf+string(post), u, post
		}
		if id != one.ID {
			names[id], renamed[i] = one.ID, true
			one.Clock = moved(was, is, one.Clock, from, one.UnitOf(&n), at)
		}
	}
	n.Milestones = onceEach(n.Milestones, renamed, names)
	if err := m.begin(is, cs, &n, at); err != nil || slices.Equal(n.Milestones, cs.Milestones) {
		return nil
	}
	return n.Milestones
}

// onceEach are milestones of which some have new names, each name once: of two, the one that had the name before stays.
func onceEach(ms []dispatch.Milestone, renamed []bool, names map[string]string) []dispatch.Milestone {
	var out []dispatch.Milestone
	for i := range ms {
		same := func(o dispatch.Milestone) bool { return o.ID == ms[i].ID }
		own := slices.IndexFunc(ms, same)
		for k := range ms {
			if !renamed[k] && same(ms[k]) {
				own = k
			}
		}
		if own != i {
			continue
		}
		one := ms[i]
		if to, ok := names[one.After]; ok && renamed[i] {
			one.After = to
		}
		out = append(out, one)
	}
	return out
}

// begin adds the milestones of the co-owners whom the move adds and who take over from nobody. They are paused while the work is.
func (m *Move) begin(is *city.City, cs, n *dispatch.Case, at time.Time) error {
	if !owned(cs.Stage) {
		return nil
	}
	var added []dispatch.CoOwner
	for _, o := range m.CoOwners {
		had := slices.ContainsFunc(cs.CoOwners, func(k dispatch.CoOwner) bool { return k.Unit == o.Unit })
		for _, next := range m.renamed {
			had = had || next.Unit == o.Unit
		}
		if !had {
			added = append(added, o)
		}
	}
	if len(added) == 0 {
		return nil
	}
	before := len(n.Milestones)
	cond, err := sla.ConditionOfCase(is, m.classified(cs))
	if err == nil { // a category or condition that is gone has no milestones
		n.Milestones, err = sla.AddedMilestones(is, n, cond, added, nil, at)
	}
	if err != nil && cond != nil {
		return err
	}
	for i := range n.Milestones[before:] {
		if one := &n.Milestones[before+i]; !cs.Clock.Running() && one.Clock.Running() {
			one.Clock = sla.Pause(one.Clock, sla.CalendarFor(is, n, one), at, 0)
		}
	}
	return nil
}
