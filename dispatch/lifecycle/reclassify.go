package lifecycle

import (
	"cmp"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// decideReclassify puts a case under another category or condition. Its limit changes; what its
// clocks have used does not, and is counted on the clock of the new limit from the first dispatch on,
// also of work that was handed back. The clock of the office's own stage runs on, on the ladder of the
// new matter.
func decideReclassify(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	code := cmp.Or(cmd.Category, cs.Category)
	id := cmd.Condition
	if id == "" && code == cs.Category {
		id = cs.Condition
	}
	cond, err := sla.ConditionOf(c, code, id)
	if err != nil {
		return nil, err
	}
	if code == cs.Category && cond.ID == cs.Condition {
		return nil, refuse(cs, cmd.Act, i18n.F("name another category or condition; it is %[1]s condition %[2]s already", "请指定其他类别或立案条件，现为 %[1]s 条件 %[2]s", code, cond.ID))
	}
	e := dispatch.Event{Kind: dispatch.EventReclassified, Category: code, Condition: cond.ID, At: cmd.At, Severity: cond.Severity, LimitRule: cs.LimitRule}
	k := cs.Clock
	if cs.Stage == dispatch.Suspended {
		k = cs.Disposal
	}
	limit, by := sla.LimitOf(c, cs.Place.Areas, code, cond, cmd.At)
	if k.Limit.N == 0 { // nobody's work is under way
		e.Clock = cs.Clock
		e.Clock.Step = cs.NextStep
		if handed := cs.Disposal; handed.Limit.N > 0 && standsAside(cs) {
			e.LimitRule = by
			e.AsideClock, err = otherMatter(c, cs, &e, handed, limit)
		}
		return []dispatch.Event{e}, err
	}
	if e.LimitRule = by; cs.Stage == dispatch.Suspended {
		if e.Clock, err = otherMatter(c, cs, &e, k, limit); err != nil {
			return nil, err
		}
	}
	cal := sla.OwnersCalendar(c, cs)
	if cs.Stage != dispatch.Suspended {
		if e.Clock, err = sla.Changed(k, cal, limit, cmd.At); err != nil {
			return nil, err
		}
		e.Clock.Step = cs.NextStep
	}
	e.CoOwners, _, err = sla.EachClock(c, cs, func(own *calendar.Calendar, co dispatch.Clock) (dispatch.Clock, error) {
		return sla.Changed(co, own, limit, cmd.At)
	})
	if err != nil {
		return nil, err
	}
	e.Milestones, err = milestonesOn(c, cond, cal, e.Clock, cmd)
	return []dispatch.Event{e}, err
}

// otherMatter is the clock of work that stands aside under the limit of its new category, at the step at
// which it goes on, on that one's ladder.
func otherMatter(c *city.City, cs *dispatch.Case, e *dispatch.Event, k dispatch.Clock, limit calendar.Limit) (dispatch.Clock, error) {
	was, is := owners(cs), owners(cs)
	is.Category, is.Severity = e.Category, e.Severity
	cal, step := sla.OwnersCalendar(c, was), k.Step
	k, err := sla.Changed(k, cal, limit, e.At)
	if err != nil {
		return dispatch.Clock{}, err
	}
	on := k
	if !on.Running() {
		if on, err = sla.Resume(on, cal, e.At); err != nil {
			return dispatch.Clock{}, err
		}
	}
	k.Step, k.Passed = escalation.SameRung(cal, on, escalation.Fired(k, c.Ladders[escalation.LadderFor(c, was)].Steps, step), c.Ladders[escalation.LadderFor(c, is)].Steps)
	return k, nil
}

// milestonesOn are the milestones of a condition for work that is under way: those that start with
// the dispatch have used what the work has used.
func milestonesOn(c *city.City, cond *catalog.Condition, cal *calendar.Calendar, lead dispatch.Clock, cmd dispatch.Command) ([]dispatch.Milestone, error) {
	var ms []dispatch.Milestone
	for _, m := range cond.Milestones {
		k := dispatch.Clock{Limit: sla.Urgent(c, cond.Severity, m.Limit)}
		if m.After == "" {
			lead.Extended, lead.Step, lead.Passed = 0, 0, ""
			var err error
			if k, err = sla.Changed(lead, cal, k.Limit, cmd.At); err != nil {
				return nil, err
			}
		}
		ms = append(ms, dispatch.Milestone{ID: m.ID, Name: m.Name, After: m.After, Closing: m.Closing, Clock: k})
	}
	return ms, nil
}

// decideReproject moves the open deadlines of a case to where the present calendars put them.
func decideReproject(cs *dispatch.Case, c *city.City) ([]dispatch.Event, error) {
	if !cs.Open() {
		return nil, dispatch.ErrNothingDue
	}
	e, err := reproject(c, cs)
	if err != nil {
		return nil, err
	}
	same := e.Clock.Due.Equal(cs.Clock.Due) && e.Clock.Provisional == cs.Clock.Provisional || !cs.Clock.Running()
	for i := range e.CoOwners {
		same = same && e.CoOwners[i].Clock.Due.Equal(cs.CoOwners[i].Clock.Due)
	}
	for i := range e.Milestones {
		same = same && e.Milestones[i].Clock.Due.Equal(cs.Milestones[i].Clock.Due)
	}
	if same {
		return nil, dispatch.ErrNothingDue
	}
	return []dispatch.Event{e}, nil
}

// reproject derives every running deadline anew. No step that fired is moved or fired again; the
// next one has its instant on the new deadline.
func reproject(c *city.City, cs *dispatch.Case) (e dispatch.Event, err error) {
	e.Kind = dispatch.EventReprojected
	anew := func(cal *calendar.Calendar, k dispatch.Clock) (dispatch.Clock, error) {
		if !k.Running() || k.Limit.N == 0 {
			return k, nil
		}
		return sla.Project(k, cal)
	}
	if cs.Clock.Running() {
		if e.Clock, err = anew(sla.OwnersCalendar(c, cs), cs.Clock); err != nil {
			return e, err
		}
		e.Clock.Step = cs.NextStep
	}
	e.CoOwners, e.Milestones, err = sla.EachClock(c, cs, anew)
	return e, err
}
