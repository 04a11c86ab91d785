package explain

import (
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// Explanation is everything that is decided about a matter at an instant, past or future, with the
// reasons: which rule and why the others lost, who stands there and why not the others, who is told
// when, and how the deadline comes about.
type Explanation struct {
	routing.Decision
	At        time.Time
	Revision  string
	Place     dispatch.Place
	Category  *catalog.Category
	Condition *catalog.Condition

	Standing city.OnCall         // who answers; its zero Person: nobody does
	Duty     []roster.Considered // every row of the owner's post, by rank
	Chain    []roster.Superior   // who stands above, the nearest first

	Limit       calendar.Limit
	LimitBy     string       // the row of limits.csv that gave it; "" = the condition's own
	Due         calendar.Due // with what counted and what did not; no evidence when Provisional
	Provisional bool         // Due reaches a year whose holidays are not published
	Ladder      string
	Steps       []Told
}

// Told is a step of the ladder: when it fires if nobody acts, and whom it tells then.
type Told struct {
	At        time.Time
	AtPercent int // 0 when the step counts a span instead
	Light     string
	People    []escalation.Addressee // empty: the step finds nobody and is skipped
}

// ExplainCase explains what a report of a category under a condition ("" = the first) would come to,
// if it were dispatched at that instant. Errors: *UnknownCategoryError, *UnknownConditionError.
func ExplainCase(c *city.City, p dispatch.Place, code catalog.Code, condition string, at time.Time) (Explanation, error) {
	var trail []routing.Considered
	e, err := explain(c, p, code, condition, at, &trail)
	if err != nil {
		return Explanation{}, err
	}
	e.Considered = trail
	e.Duty = c.Roster.Consider(e.Owner.Post, at)
	e.Chain = c.Roster.Superiors(e.Owner.Unit, at)
	if !e.Provisional {
		if e.Due, err = c.CalendarOf(e.Owner.Unit).Add(at, e.Limit); err != nil {
			return Explanation{}, fmt.Errorf("deadline: %w", err)
		}
	}
	return e, nil
}

// explain is ExplainCase without the reasons; trail takes those of the rules when it is not nil.
func explain(c *city.City, p dispatch.Place, code catalog.Code, condition string, at time.Time, trail *[]routing.Considered) (Explanation, error) {
	d, err := routing.Decide(c, p, code, at, trail)
	if err != nil {
		return Explanation{}, err
	}
	cond, err := sla.ConditionOf(c, code, condition)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{Decision: d, At: at, Revision: c.Revision, Place: p, Category: c.Categories[code], Condition: cond}
	e.Standing, _ = c.OnCall(d.Owner.Unit, d.Owner.Post, at)
	e.Limit, e.LimitBy = sla.LimitOf(c, p.Areas, code, cond, at)
	clock, co, _, err := sla.StartAll(c, d.Owner, d.CoOwners, e.Limit, cond, at)
	if err != nil {
		return Explanation{}, err
	}
	e.Provisional = clock.Provisional
	e.Due = calendar.Due{Limit: e.Limit, At: clock.Due}
	cs := &dispatch.Case{Stage: dispatch.Dispatched, Category: code, Severity: cond.Severity, Condition: cond.ID, Place: p, Owner: d.Owner, CoOwners: co, Clock: clock}
	e.Ladder = escalation.LadderFor(c, cs)
	cal := c.CalendarOf(d.Owner.Unit)
	for i, s := range c.Ladders[e.Ladder].Steps {
		when := escalation.Arm(c, cal, e.Ladder, clock, i)
		e.Steps = append(e.Steps, Told{At: when, AtPercent: s.AtPercent, Light: s.Light, People: escalation.Addressees(c, cs, s.Whom, when)})
	}
	return e, nil
}

// OnDuty names who answers for a matter at an instant: the routed owner's post and the person who
// stands there, or whom an off-hours rule names. False: nobody does. Errors: *UnknownCategoryError.
func OnDuty(c *city.City, p dispatch.Place, code catalog.Code, at time.Time) (routing.Decision, city.OnCall, bool, error) {
	d, err := routing.Route(c, p, code, at)
	if err != nil {
		return routing.Decision{}, city.OnCall{}, false, err
	}
	s, ok := c.OnCall(d.Owner.Unit, d.Owner.Post, at)
	return d, s, ok, nil
}
