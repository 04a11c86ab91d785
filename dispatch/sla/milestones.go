package sla

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// worker is a unit that works on a case, at the post that acts for it.
type worker struct {
	party catalog.Party
	unit  roster.Unit // zero = the owner
	post  roster.PostID
}

// id is a milestone's id of the worker: that of the condition, and for all but the owner the unit or the inspector's post
// behind it. Example: "arrive@department:GAS".
func (w worker) id(of string) string {
	switch w.party {
	case catalog.PartyCoOwner:
		return of + dispatch.MilestoneOf + w.unit.String()
	case catalog.PartyInspector:
		return of + dispatch.MilestoneOf + string(w.post)
	case catalog.PartyOwner:
	}
	return of
}

// workers are those who have a milestone of their own of m. The inspector is the nearest one of the place; a place without one
// sends nobody, nor does a report of an inspector, who is there.
func workers(c *city.City, m *catalog.Milestone, p *dispatch.Place, co []dispatch.CoOwner, seen bool) []worker {
	var out []worker
	for _, party := range m.Parties {
		switch party {
		case catalog.PartyOwner:
			out = append(out, worker{})
		case catalog.PartyCoOwner:
			for i := range co {
				if o := &co[i]; o.Duty != "" {
					out = append(out, worker{party, o.Unit, o.Post})
				}
			}
		case catalog.PartyInspector:
			for _, id := range slices.Backward(p.Areas) {
				u := roster.Unit{Kind: roster.UnitArea, ID: string(id)}
				if post, ok := c.Roster.Post(u, roster.Inspector); ok && !seen {
					out = append(out, worker{party, u, post})
					break
				}
			}
		}
	}
	return out
}

// planned are the milestones of a condition for those who work on a case, none of them started.
func planned(c *city.City, cond *catalog.Condition, p *dispatch.Place, co []dispatch.CoOwner, seen bool) []dispatch.Milestone {
	var out []dispatch.Milestone
	for i := range cond.Milestones {
		m := &cond.Milestones[i]
		for _, w := range workers(c, m, p, co, seen) {
			one := dispatch.Milestone{
				ID: w.id(m.ID), Name: m.Name, Closing: m.Closing, Party: w.party, Unit: w.unit, Post: w.post,
				Clock: dispatch.Clock{Limit: UrgentLimit(c, cond.Severity, m.Limit)},
			}
			if m.After != "" {
				one.After = m.After // of the owner, unless the unit has one of its own
				if own := w.id(m.After); slices.ContainsFunc(out, func(o dispatch.Milestone) bool { return o.ID == own }) {
					one.After = own
				}
			}
			out = append(out, one)
		}
	}
	return out
}

// CalendarFor is the calendar on which a milestone of a case counts.
func CalendarFor(c *city.City, cs *dispatch.Case, m *dispatch.Milestone) *calendar.Calendar {
	return c.CalendarOf(m.UnitOf(cs))
}

// startMilestones are the milestones of a dispatch. Those that wait for no other start with it.
func startMilestones(
	c *city.City, cond *catalog.Condition, p *dispatch.Place, lead roster.Unit, co []dispatch.CoOwner, seen bool, at time.Time,
) ([]dispatch.Milestone, error) {
	ms := planned(c, cond, p, co, seen)
	cs := &dispatch.Case{Owner: dispatch.Owner{Unit: lead}}
	for i := range ms {
		if m := &ms[i]; m.After == "" {
			k, err := StartClock(CalendarFor(c, cs, m), m.Clock.Limit, at)
			if err != nil {
				return nil, err
			}
			m.Clock = k
		}
	}
	return ms, nil
}

// AddedMilestones are all milestones of a case to which co-owners come after its dispatch. Those of a new co-owner start when
// the co-owner is chosen, unless they follow one that is not complete. Those of units in gone that are not complete end.
func AddedMilestones(
	c *city.City, cs *dispatch.Case, cond *catalog.Condition, added []dispatch.CoOwner, gone []roster.Unit, at time.Time,
) ([]dispatch.Milestone, error) {
	out := slices.DeleteFunc(slices.Clone(cs.Milestones), func(m dispatch.Milestone) bool {
		return m.Party == catalog.PartyCoOwner && m.Reached.IsZero() && slices.Contains(gone, m.Unit)
	})
	has := func(id string, reached bool) bool {
		return slices.ContainsFunc(out, func(m dispatch.Milestone) bool { return m.ID == id && (!reached || !m.Reached.IsZero()) })
	}
	for _, m := range planned(c, cond, &cs.Place, added, true) {
		if m.Party != catalog.PartyCoOwner || has(m.ID, false) {
			continue
		}
		if m.After == "" || has(m.After, true) {
			k, err := StartClock(c.CalendarOf(m.Unit), m.Clock.Limit, at)
			if err != nil {
				return nil, err
			}
			m.Clock = k
		}
		out = append(out, m)
	}
	return out, nil
}

// ChangedMilestones are the milestones of another condition or severity for work that is under way. A milestone that the case
// has already stays as far as it has come, under the new limit. Another one that starts with the dispatch has used what the
// work has used, and one that follows a completed milestone starts now: it is
// paused while the work is.
func ChangedMilestones(
	c *city.City, cs *dispatch.Case, cond *catalog.Condition, lead dispatch.Clock, at time.Time,
) ([]dispatch.Milestone, error) {
	lead.Extended, lead.Chosen, lead.Granted, lead.Step, lead.Fired = 0, 0, 0, 0, ""
	ms := planned(c, cond, &cs.Place, cs.CoOwners, cs.Report.Source == dispatch.SourceInspector)
	reached := func(id string) bool {
		return slices.ContainsFunc(ms, func(m dispatch.Milestone) bool { return m.ID == id && !m.Reached.IsZero() })
	}
	for i := range ms {
		m := &ms[i]
		cal, limit := CalendarFor(c, cs, m), m.Clock.Limit
		var err error
		had := slices.IndexFunc(cs.Milestones, func(o dispatch.Milestone) bool { return o.ID == m.ID && !o.Clock.Due.IsZero() })
		switch {
		case had >= 0:
			was := &cs.Milestones[had]
			m.Clock, m.Reached, m.ReachedBy = was.Clock, was.Reached, was.ReachedBy
			if m.Reached.IsZero() {
				m.Clock, err = WithLimit(was.Clock, cal, limit, at)
			}
		case m.After == "":
			m.Clock, err = WithLimit(lead, cal, limit, at)
		case reached(m.After):
			if m.Clock, err = StartClock(cal, limit, at); !lead.Running() {
				m.Clock = Pause(m.Clock, cal, at, 0)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return ms, nil
}
