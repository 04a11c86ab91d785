// Package campaign says what a campaign of the city does to the clocks of a case: while the campaign is under way, as snow
// falls, the clocks of its categories are paused; from the instant at which it stops, their limits count anew.
package campaign

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/sla"
)

// Limit is the limit of work that is dispatched, and the instant from which it counts.
type Limit struct {
	calendar.Limit
	Rule string // row of limits.csv; "" = the condition's own limit
	From time.Time
	Mark dispatch.CampaignMark // zero: no campaign has a part in it
}

// LimitAt returns the limit of a matter that is dispatched at an instant. After the stop of a campaign, for as many days as
// the campaign says, the limit counts from the stop.
func LimitAt(c *city.City, p *dispatch.Place, code catalog.Code, cond *catalog.Condition, at time.Time) Limit {
	out := Limit{From: at}
	if r := c.RunOf(code); r != nil && !r.UnderWay() && !at.Before(r.StoppedAt) && at.Before(r.Ends()) {
		out.Mark, out.From = stopped(r), r.StoppedAt.In(at.Location())
	}
	out.Limit, out.Rule = sla.LimitUnder(c, &out.Mark, p, code, cond, at)
	return out
}

// stopped is the mark of a run that has stopped.
func stopped(r *city.CampaignRun) dispatch.CampaignMark {
	return dispatch.CampaignMark{ID: r.ID, Change: r.Change, From: r.StoppedAt, Grade: r.Grade}
}

// Follow returns the event that brings the clocks of a case to where the campaign of its category puts them; false when
// they are there. Work under way alone follows a campaign: at every other stage the case follows when the work goes on.
// Three kinds of work keep their limit: work that was overdue when the campaign began; work that was dispatched after the
// days in which cases count from the stop; and work that another decision had put off, which goes on after the stop. was is the
// case before the act that is decided, or cs.
func Follow(c *city.City, was, cs *dispatch.Case, at time.Time) (e dispatch.Event, ok bool, err error) {
	if cs.Stage != dispatch.Dispatched && cs.Stage != dispatch.Handling || cs.Clock.Limit.N == 0 {
		return e, false, nil
	}
	r, m := c.RunOf(cs.Category), &cs.Campaign
	switch {
	case r == nil && !m.Held || r != nil && m.ID == r.ID && m.Change == r.Change && m.Held == r.UnderWay():
		return e, false, nil
	case r == nil:
		e, err = Lift(c, cs, at)
	case !m.Held && !lifted(m, r) && keepsLimit(was, cs, r):
		return e, false, nil
	case r.UnderWay():
		e = hold(c, cs, r)
	default:
		e, err = start(c, cs, r)
	}
	return e, err == nil, err
}

// lifted reports whether a run that is under way had paused the work, and an act lifted the pause.
func lifted(m *dispatch.CampaignMark, r *city.CampaignRun) bool {
	return m.ID == r.ID && m.Change == r.Change && r.UnderWay()
}

// keepsLimit reports whether work with a running clock is not concerned by a run.
func keepsLimit(was, cs *dispatch.Case, r *city.CampaignRun) bool {
	k := &cs.Clock
	if !k.Running() || !k.Due.After(r.StartedAt) {
		return true
	}
	if r.UnderWay() {
		return false
	}
	if was.Category != cs.Category { // another category puts nothing off, though a limit in another unit goes on from here
		k = &was.Clock
	}
	return !k.Since.Before(r.Ends()) || k.Since.After(r.StoppedAt) && k.Spent != (dispatch.Spent{})
}

// hold pauses every clock of the work, from the beginning of the run.
func hold(c *city.City, cs *dispatch.Case, r *city.CampaignRun) dispatch.Event {
	from := r.StartedAt
	if m := &cs.Campaign; m.Held {
		from = m.From
	} else if cs.Clock.Since.After(from) {
		from = cs.Clock.Since
	}
	e := dispatch.Event{
		Kind: dispatch.EventLimitSuspended, Clock: sla.Pause(cs.Clock, sla.OwnerCalendar(c, cs), from, cs.NextStep),
		Campaign: dispatch.CampaignMark{ID: r.ID, Change: r.Change, Held: true, From: from},
	}
	e.Clock.Step = cs.NextStep
	e.CoOwners, e.Milestones = sla.PauseAll(c, cs, from)
	return e
}

// Lift returns the event that ends the pause of a case before the campaign stops: an act touches the clock. The clocks go
// on with what they had used.
func Lift(c *city.City, cs *dispatch.Case, at time.Time) (e dispatch.Event, err error) {
	e = dispatch.Event{Kind: dispatch.EventLimitResumed, Campaign: cs.Campaign}
	e.Campaign.Held, e.Campaign.From = false, time.Time{}
	if e.Clock, err = sla.Resume(cs.Clock, sla.OwnerCalendar(c, cs), at); err != nil {
		return e, err
	}
	e.Clock.Step = cs.NextStep
	e.CoOwners, e.Milestones, err = sla.ResumeAll(c, cs, at)
	return e, err
}

// start counts the limit of the work from the stop of a run: that of the owner, of co-owners with a duty, and of the
// milestones that start with the dispatch. Extensions that were granted stay.
func start(c *city.City, cs *dispatch.Case, r *city.CampaignRun) (e dispatch.Event, err error) {
	m := stopped(r)
	e = dispatch.Event{Kind: dispatch.EventLimitStarted, Campaign: m, LimitRule: cs.LimitRule}
	limit := cs.Clock.Limit
	if cond, err := sla.ConditionOf(c, cs.Category, cs.Condition); err == nil { // a later revision may have removed the condition
		limit, e.LimitRule = sla.LimitUnder(c, &m, &cs.Place, cs.Category, cond, m.From)
	}
	cal := sla.OwnerCalendar(c, cs)
	k := dispatch.Clock{Limit: limit, Since: m.From, Extended: cs.Clock.Extended, Chosen: cs.Clock.Chosen, Granted: cs.Clock.Granted}
	if was := cal.Budget(cs.Clock.Limit); was > 0 && limit.Unit != cs.Clock.Limit.Unit { // a chosen time stays the same share of the limit
		k.Granted = time.Duration(float64(k.Granted) / float64(was) * float64(cal.Budget(limit)))
	}
	if e.Clock, err = sla.Project(k, cal); err != nil {
		return e, err
	}
	for _, o := range cs.CoOwners {
		if o.Open() {
			if o.Clock, err = sla.StartClock(c.CalendarOf(o.Unit), limit, m.From); err != nil {
				return e, err
			}
		}
		e.CoOwners = append(e.CoOwners, o)
	}
	for _, s := range cs.Milestones {
		cal := sla.CalendarFor(c, cs, &s)
		switch {
		case !s.Reached.IsZero() || s.Clock.Due.IsZero():
		case s.After == "":
			s.Clock, err = sla.StartClock(cal, s.Clock.Limit, m.From)
		case !s.Clock.Running():
			s.Clock, err = sla.Resume(s.Clock, cal, m.From)
		}
		if err != nil {
			return e, err
		}
		e.Milestones = append(e.Milestones, s)
	}
	return e, nil
}
