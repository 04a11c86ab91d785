package rules

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/sim/rules/posts"
)

// part is a share of the work beside the owner's clock: the duty of a co-owner, or a milestone of the owner.
type part struct {
	unit  roster.Unit // the co-owner
	duty  string      // of the co-owner; "" = none
	id    string      // of the milestone
	after string      // the milestone with whose completion this one begins; "" = with the dispatch
	limit limit       // of a milestone that has not begun
	clock stopwatch
	begun bool // a clock runs or has run
	done  bool
	owed  signature // the co-owner's receipt
	at    platform  // that has the part and gives it on
}

// late are the steps of a part: overdue, and as late again as its limit is long.
var late = []policyStep{share(100), share(200)}

// start begins the clock of a part.
func (p *part) start(d edition, l limit, since time.Time) {
	p.clock, p.begun = stopwatch{limit: l, since: since, steps: late}, true
	p.clock.project(d)
}

// open reports whether the part is still to be done.
func (p *part) open() bool { return !p.done && (p.id != "" || p.duty != "") }

// same reports whether two states of a part have the same clock.
func same(a, b part) bool {
	return a.unit == b.unit && a.duty == b.duty && a.id == b.id && a.done == b.done && a.begun == b.begun &&
		a.clock.since.Equal(b.clock.since) && a.clock.due.Equal(b.clock.due) && a.at == b.at
}

// parts yields every part that is still to be done and whose clock has begun.
func (h *History) parts(yield func(*part) bool) {
	for _, list := range [][]part{h.helpers, h.stones} {
		for i := range list {
			if p := &list[i]; p.open() && p.begun && !yield(p) {
				return
			}
		}
	}
}

// pauseParts and resumeParts stop and start the clocks of the parts together with the owner's.
func (h *History) pauseParts(d edition, at time.Time) {
	for p := range h.parts {
		p.clock.stop(d, at)
	}
}

func (h *History) resumeParts(d edition, at time.Time) {
	for p := range h.parts {
		if !p.clock.runs() {
			p.clock.since = at
			p.clock.project(d)
		}
	}
}

// beginParts begins the parts of work that is given to an owner: the milestones and the co-owners of the category.
func (h *History) beginParts(t *City, d edition, e *dispatch.Event, l limit, since time.Time) error {
	h.helpers, h.stones = nil, nil
	due := slices.Clone(t.duties[h.category])
	for _, o := range e.CoOwners {
		i := slices.Index(due, duty{posts.KindOf(o.Unit), o.Duty})
		if i < 0 || o.Unit == h.owner {
			return fmt.Errorf("event %d: %s is co-owner for %q; category %s has no such duty", e.Seq, o.Unit, o.Duty, h.category)
		}
		due = slices.Delete(due, i, i+1)
		h.helpers = append(h.helpers, newHelper(d, o, l, since))
	}
	for _, left := range due {
		if left.kind != posts.KindOf(h.owner) { // else the owner itself may be the unit
			return fmt.Errorf("event %d: no %s is co-owner for %q, as category %s demands", e.Seq, left.kind, left.what, h.category)
		}
	}
	for _, s := range t.stones[h.category] {
		p := part{id: s.id, after: s.after, limit: d.urgent(h.category, s.limit)}
		if s.after == "" {
			p.start(d, p.limit, since)
		}
		h.stones = append(h.stones, p)
	}
	return nil
}

// newHelper is a co-owner whose duty, if any, begins.
func newHelper(d edition, o dispatch.CoOwner, l limit, since time.Time) part {
	p := part{unit: o.Unit, duty: o.Duty}
	if o.Duty != "" {
		p.start(d, l, since)
	}
	return p
}

// reclassifyParts puts the parts under another category: a co-owner's duty keeps its time used, and the milestones are
// those of the category: one that had begun stays as far as it has come, another one that begins with the dispatch has used
// what the owner has used, and one that follows a complete one begins. change puts a clock under another limit.
func (h *History) reclassifyParts(t *City, d edition, e *dispatch.Event, change func(*stopwatch, dispatch.Clock)) {
	for i := range h.helpers {
		if p := &h.helpers[i]; p.open() && p.begun && i < len(e.CoOwners) {
			change(&p.clock, e.CoOwners[i].Clock)
		}
	}
	had := h.stones
	h.stones = nil
	for _, s := range t.stones[h.category] {
		p := part{id: s.id, after: s.after, limit: d.urgent(h.category, s.limit)}
		named := func(id string) func(part) bool { return func(q part) bool { return q.id == id } }
		if i := slices.IndexFunc(had, named(s.id)); i >= 0 && had[i].begun {
			p.begun, p.done, p.clock = true, had[i].done, had[i].clock
		} else if s.after == "" {
			k := h.clock
			p.begun, p.clock = true, stopwatch{limit: k.limit, ran: k.ran, since: k.since, due: k.due, steps: late}
		} else if i := slices.IndexFunc(h.stones, named(s.after)); i >= 0 && h.stones[i].done {
			p.start(d, p.limit, e.At)
			if !h.clock.runs() {
				p.clock.stop(d, e.At)
			}
		}
		if k := &p.clock; p.begun && !p.done {
			if k.limit.unit != p.limit.unit && k.runs() {
				k.stop(d, e.At)
				k.since = e.At
			}
			if k.limit = p.limit; k.runs() {
				k.project(d)
			}
		}
		h.stones = append(h.stones, p)
	}
}

// reviseParts takes over the co-owners that a revision names. Those that stay keep their clocks; a new one has the limit
// of the owner's work, from the same instant on.
func (h *History) reviseParts(d edition, e *dispatch.Event) {
	var is []part
	for _, o := range e.CoOwners {
		i := slices.IndexFunc(h.helpers, func(p part) bool { return p.unit == o.Unit && p.duty == o.Duty })
		switch {
		case i >= 0:
			is = append(is, h.helpers[i])
		case h.clock.runs():
			h.mark("a revision brings a co-owner")
			is = append(is, newHelper(d, o, h.clock.limit, h.clock.since))
		default:
			is = append(is, part{unit: o.Unit, duty: o.Duty})
		}
	}
	h.helpers = is
}

// assisted checks a co-owner who has done its part, or a milestone that is complete: its clock stops, and milestones
// that follow it begin.
func (h *History) assisted(d edition, e *dispatch.Event) error {
	list, which := h.helpers, func(p part) bool { return p.unit == e.Party && p.open() }
	if e.Kind == dispatch.EventMilestoneCompleted {
		list, which = h.stones, func(p part) bool { return p.id == e.Milestone && p.open() && p.begun }
	}
	i := slices.IndexFunc(list, which)
	if i < 0 {
		return fmt.Errorf("event %d, %v: %s%s has no such part to do", e.Seq, e.Kind, e.Party, e.Milestone)
	}
	p := &list[i]
	if len(e.Photos) == 0 {
		return fmt.Errorf("event %d, %v: done without a photo", e.Seq, e.Kind)
	}
	speaks := func(q posts.Holding) bool {
		return posts.Above(q.Unit, p.unit) || p.id != "" && posts.Above(q.Unit, h.owner)
	}
	if !d.holds(e.Actor, e.At, speaks) {
		return fmt.Errorf("event %d, %v: %s does not speak for %s", e.Seq, e.Kind, e.Actor, p.unit)
	}
	h.worked = append(slices.Clip(h.worked), e.Actor)
	p.clock.stop(d, e.At)
	p.done = true
	for j := range h.stones {
		if s := &h.stones[j]; p.id != "" && s.after == p.id && !s.begun {
			s.start(d, s.limit, e.At)
		}
	}
	return h.untouched(e)
}

// checkParts fails unless an event that changes the parts states them as the model has them.
func (h *History) checkParts(e *dispatch.Event, before *History) error {
	// Other kinds state no list, or change none.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventReturned, dispatch.EventRerouted: // the list shrinks by itself
		if e.CoOwners == nil && e.Milestones == nil {
			return nil
		}
	case dispatch.EventSecondDispatched:
		if e.CoOwners == nil && len(h.helpers) == 0 && e.Milestones == nil && len(h.stones) == 0 {
			return nil
		}
	}
	given := e.Kind == dispatch.EventDispatched
	if e.CoOwners == nil && !given && e.Kind != dispatch.EventRevised {
		if !slices.EqualFunc(h.helpers, before.helpers, same) {
			return fmt.Errorf("event %d, %v, does not state what becomes of the co-owners", e.Seq, e.Kind)
		}
	} else if !slices.EqualFunc(h.helpers, e.CoOwners, func(p part, o dispatch.CoOwner) bool {
		owes := o.Open() && o.Receipt.Owed()
		return p.unit == o.Unit && p.duty == o.Duty && p.done == !o.Done.IsZero() && stated(p, o.Clock) &&
			(!p.open() || o.SecondDue.Equal(p.at.due()) && o.SecondMissed == p.at.missed) &&
			owes == (p.open() && !p.owed.since.IsZero()) && (!owes || o.Receipt.Missed == p.owed.alarms)
	}) {
		return fmt.Errorf("event %d, %v: the co-owners are %+v, not %+v", e.Seq, e.Kind, h.helpers, e.CoOwners)
	}
	renewed := e.Kind == dispatch.EventReclassified && e.Clock.Limit.N > 0
	if e.Milestones == nil && !given && !renewed {
		if !slices.EqualFunc(h.stones, before.stones, same) {
			return fmt.Errorf("event %d, %v, does not state what becomes of the milestones", e.Seq, e.Kind)
		}
	} else if !slices.EqualFunc(h.stones, e.Milestones, func(p part, m dispatch.Milestone) bool {
		return p.id == m.ID && p.done == !m.Reached.IsZero() && stated(p, m.Clock)
	}) {
		return fmt.Errorf("event %d, %v: the milestones are %+v, not %+v", e.Seq, e.Kind, h.stones, e.Milestones)
	}
	return nil
}

// stated reports whether a clock is that of a part.
func stated(p part, k dispatch.Clock) bool {
	return k.Since.Equal(p.clock.since) && k.Due.Equal(p.clock.due) && k.Step == p.clock.step
}

// overran checks a step of a part: people of the unit are told when the part is overdue, and when it is late again a
// leader whom the unit does not have: never the leader of the city, whose duty chief hears of what has no other leader.
func (h *History) overran(d edition, e *dispatch.Event, p *part) error {
	if e.Step != p.clock.step || e.Step >= len(late) || !p.open() || !p.clock.runs() {
		return fmt.Errorf("event %d: step %d of %s%s fires; the next one is %d", e.Seq, e.Step, p.unit, p.id, p.clock.step)
	}
	p.clock.step++
	unit, kind := p.unit, "a co-owner"
	if p.id != "" {
		unit, kind = h.owner, "a milestone"
	}
	h.mark(kind + [2]string{" is overdue", " is late again"}[e.Step])
	if owned := h.owned() || p.id == ""; !owned {
		return nil
	}
	there := slices.ContainsFunc(e.Notified, func(n roster.PersonID) bool { return d.worksFor(unit, n, e.At) })
	leads := slices.ContainsFunc(e.Notified, func(n roster.PersonID) bool {
		return d.holds(n, e.At, func(q posts.Holding) bool {
			return q.Role == "leader" && q.Unit != unit.String() && q.Unit != "area:T" || q.Role == "duty_chief"
		})
	})
	if e.Step == 0 && !there || e.Step == 1 && !leads {
		return fmt.Errorf("event %d: step %d of the overrun of %s%s tells %v", e.Seq, e.Step, unit, p.id, e.Notified)
	}
	return h.untouched(e)
}
