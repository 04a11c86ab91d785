package dispatch

import (
	"cmp"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/i18n"
)

// decideReclassify puts a case under another category or condition. Its limit changes; what its
// clocks have used does not, and is counted on the clock of the new limit from the first dispatch on,
// also of work that was handed back. The clock of the office's own stage runs on, on the ladder of the
// new matter.
func decideReclassify(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	code := cmp.Or(cmd.Category, cs.Category)
	id := cmd.Condition
	if id == "" && code == cs.Category {
		id = cs.Condition
	}
	cond, err := ConditionOf(c, code, id)
	if err != nil {
		return nil, err
	}
	if code == cs.Category && cond.ID == cs.Condition {
		return nil, refuse(cs, cmd.Act, i18n.F("name another category or condition; it is %[1]s condition %[2]s already", "请指定其他类别或立案条件，现为 %[1]s 条件 %[2]s", code, cond.ID))
	}
	e := Event{Kind: EventReclassified, Category: code, Condition: cond.ID, At: cmd.At, Severity: cond.Severity, LimitRule: cs.LimitRule}
	k := cs.Clock
	if cs.Stage == Suspended {
		k = cs.Disposal
	}
	limit, by := LimitOf(c, cs.Place.Areas, code, cond, cmd.At)
	if k.Limit.N == 0 { // nobody's work is under way
		e.Clock = cs.Clock
		e.Clock.Step = cs.NextStep
		if handed := cs.Disposal; handed.Limit.N > 0 && cs.standsAside() {
			e.LimitRule = by
			e.AsideClock, err = otherMatter(c, cs, &e, handed, limit)
		}
		return []Event{e}, err
	}
	if e.LimitRule = by; cs.Stage == Suspended {
		if e.Clock, err = otherMatter(c, cs, &e, k, limit); err != nil {
			return nil, err
		}
	}
	cal := ownersCalendar(c, cs)
	if cs.Stage != Suspended {
		if e.Clock, err = k.changed(cal, limit, cmd.At); err != nil {
			return nil, err
		}
		e.Clock.Step = cs.NextStep
	}
	e.CoOwners, _, err = eachClock(c, cs, func(own *calendar.Calendar, co Clock) (Clock, error) { return co.changed(own, limit, cmd.At) })
	if err != nil {
		return nil, err
	}
	e.Milestones, err = milestonesOn(c, cond, cal, e.Clock, cmd)
	return []Event{e}, err
}

// otherMatter is the clock of work that stands aside under the limit of its new category, at the step at
// which it goes on, on that one's ladder.
func otherMatter(c *city.City, cs *Case, e *Event, k Clock, limit calendar.Limit) (Clock, error) {
	was, is := owners(cs), owners(cs)
	is.Category, is.Severity = e.Category, e.Severity
	cal, step := ownersCalendar(c, was), k.Step
	k, err := k.changed(cal, limit, e.At)
	if err != nil {
		return Clock{}, err
	}
	on := k
	if !on.Running() {
		if on, err = on.resume(cal, e.At); err != nil {
			return Clock{}, err
		}
	}
	k.Step, k.Passed = sameRung(cal, on, fired(k, c.Ladders[ladderFor(c, was)].Steps, step), c.Ladders[ladderFor(c, is)].Steps)
	return k, nil
}

// milestonesOn are the milestones of a condition for work that is under way: those that start with
// the dispatch have used what the work has used.
func milestonesOn(c *city.City, cond *catalog.Condition, cal *calendar.Calendar, lead Clock, cmd Command) ([]Milestone, error) {
	var ms []Milestone
	for _, m := range cond.Milestones {
		k := Clock{Limit: urgent(c, cond.Severity, m.Limit)}
		if m.After == "" {
			lead.Extended, lead.Step, lead.Passed = 0, 0, ""
			var err error
			if k, err = lead.changed(cal, k.Limit, cmd.At); err != nil {
				return nil, err
			}
		}
		ms = append(ms, Milestone{ID: m.ID, Name: m.Name, After: m.After, Closing: m.Closing, Clock: k})
	}
	return ms, nil
}

// decideReproject moves the open deadlines of a case to where the present calendars put them.
func decideReproject(cs *Case, c *city.City) ([]Event, error) {
	if !cs.Open() {
		return nil, ErrNothingDue
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
		return nil, ErrNothingDue
	}
	return []Event{e}, nil
}

// reproject derives every running deadline anew. No step that fired is moved or fired again; the
// next one has its instant on the new deadline.
func reproject(c *city.City, cs *Case) (e Event, err error) {
	e.Kind = EventReprojected
	anew := func(cal *calendar.Calendar, k Clock) (Clock, error) {
		if !k.Running() || k.Limit.N == 0 {
			return k, nil
		}
		return k.project(cal)
	}
	if cs.Clock.Running() {
		if e.Clock, err = anew(ownersCalendar(c, cs), cs.Clock); err != nil {
			return e, err
		}
		e.Clock.Step = cs.NextStep
	}
	e.CoOwners, e.Milestones, err = eachClock(c, cs, anew)
	return e, err
}
