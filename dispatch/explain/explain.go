// Package explain answers what-if questions: how a matter would be decided, whether expectations hold, what past
// matters would have become under another city. It writes nothing.
package explain

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/campaign"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// Explanation is everything that is decided about a matter at an instant, past or future, with the reasons: which rule
// decided and why the others did not, who is on duty and why not the others, who is notified when, and how the
// deadline comes about.
type Explanation struct {
	routing.Decision
	At        time.Time
	Revision  string
	Place     dispatch.Place
	Category  *catalog.Category
	Condition *catalog.Condition

	OnCall    city.OnCall         // the accountable person; no Person: there is none
	Duty      []roster.Considered // every row of the owner's post, by rank
	Superiors []roster.Superior   // the superiors on duty, the nearest first

	// Chain has every dispatch, from the platform at which the report arrives to the owner who does the work; nil in a city with
	// one platform. Owner and Rule are those of the last.
	Chain []dispatch.ChainLink

	Limit            calendar.Limit
	LimitFrom        time.Time             // from which Limit counts: At, or the stop of a campaign
	Campaign         dispatch.CampaignMark // that pauses the clock, or from whose stop Limit counts
	LimitBy          string                // the row of limits.csv that gave it; "" = the condition's own
	Due              calendar.Due          // with what counted and what did not; no evidence when Provisional
	Provisional      bool                  // Due reaches a year whose holidays are not published
	EscalationPolicy string
	Steps            []StepPreview
	Milestones       []dispatch.Milestone // of every party; the clocks of those that begin with the dispatch run
}

// StepPreview is a step of the ladder: when it fires if nobody acts, and whom it notifies then, without those whom an
// earlier step of the ladder has notified of the same light.
type StepPreview struct {
	At        time.Time
	AtPercent int // 0 when the step counts a span instead
	Light     string
	People    []escalation.Recipient // whom the step is for; empty: it finds nobody and is skipped
	HeldUntil time.Time              // when they are told, if later than At; zero: at once
}

// Case explains what an inspector's report of a category under a condition ("" = the first) would become if it were
// dispatched at that instant, by every platform on its way. Errors: *dispatch.UnknownCategoryError,
// *dispatch.UnknownConditionError.
func Case(c *city.City, p dispatch.Place, code catalog.Code, condition string, at time.Time) (Explanation, error) {
	return CaseFrom(c, dispatch.SourceInspector, p, code, condition, at)
}

// CaseFrom is Case for a report of a source, which may arrive at another platform.
func CaseFrom(
	c *city.City, source dispatch.Source, p dispatch.Place, code catalog.Code, condition string, at time.Time,
) (Explanation, error) {
	var trail []routing.ConsideredRule
	e, err := explain(c, source, p, code, condition, at, &trail)
	if err != nil {
		return Explanation{}, err
	}
	e.Considered = trail
	e.Duty = c.Roster.Consider(e.Owner.Post, at)
	e.Superiors = c.Roster.Superiors(e.Owner.Unit, at)
	if !e.Provisional {
		if e.Due, err = c.CalendarOf(e.Owner.Unit).Add(e.LimitFrom, e.Limit); err != nil {
			return Explanation{}, fmt.Errorf("deadline: %w", err)
		}
	}
	return e, nil
}

// explain is Case without the reasons, but for those of the rules, which it appends to trail unless that is
// nil.
func explain(
	c *city.City, source dispatch.Source, p dispatch.Place, code catalog.Code, condition string, at time.Time, trail *[]routing.ConsideredRule,
) (Explanation, error) {
	d, chain, err := route(c, source, p, code, at, trail)
	if err != nil {
		return Explanation{}, err
	}
	cond, err := sla.ConditionOf(c, code, condition)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{Decision: d, At: at, Revision: c.Revision, Place: p, Category: c.Categories[code], Condition: cond}
	e.Chain = chain
	e.OnCall, _ = c.OnCall(d.Owner.Unit, d.Owner.Post, at)
	limit := campaign.LimitAt(c, &p, code, cond, at)
	e.Limit, e.LimitBy, e.LimitFrom, e.Campaign = limit.Limit, limit.Rule, limit.From, limit.Mark
	if r := c.RunOf(code); r != nil && r.UnderWay() {
		e.Campaign = dispatch.CampaignMark{ID: r.ID, Change: r.Change, Held: true, From: at}
	}
	seen := source == dispatch.SourceInspector
	work := &sla.Work{Place: &p, Owner: d.Owner, CoOwners: d.CoOwners, Condition: cond, Limit: e.Limit, Seen: seen}
	clock, co, ms, err := sla.StartAll(c, work, e.LimitFrom)
	if err != nil {
		return Explanation{}, err
	}
	e.Provisional, e.Milestones = clock.Provisional, ms
	e.Due = calendar.Due{Limit: e.Limit, At: clock.Due}
	cs := &dispatch.Case{
		Stage: dispatch.Dispatched, Category: code, Severity: cond.Severity, Condition: cond.ID,
		Place: p, Owner: d.Owner, CoOwners: co, Clock: clock,
	}
	e.EscalationPolicy = escalation.PolicyFor(c, cs)
	cal := c.CalendarOf(d.Owner.Unit)
	for i, s := range c.Policies[e.EscalationPolicy].Steps {
		when := escalation.StepTime(c, cal, e.EscalationPolicy, clock, i)
		e.Steps = append(e.Steps, StepPreview{
			At: when, AtPercent: s.AtPercent, Light: s.Light, People: escalation.Recipients(c, cs, s.Recipients, when),
			HeldUntil: escalation.NotBefore(c, cs, &dispatch.Event{Kind: dispatch.EventEscalated, At: when}, s.WorkingTimeOnly),
		})
	}
	return e, nil
}

// coOwners are those of every dispatch, each unit once, without the owner.
func coOwners(way []routing.Decision) []dispatch.Owner {
	if len(way) == 1 {
		return way[0].CoOwners
	}
	var out []dispatch.Owner
	for i := range way {
		for _, o := range way[i].CoOwners {
			same := func(is dispatch.Owner) bool { return is.Unit == o.Unit }
			if o.Unit != way[len(way)-1].Owner.Unit && !slices.ContainsFunc(out, same) {
				out = append(out, o)
			}
		}
	}
	return out
}

// Route is the dispatch that gives a report of a source to the owner who does the work, the last on its way, with the
// co-owners of all; and the chain of dispatches, nil in a city with one platform. Errors: *dispatch.UnknownCategoryError.
func Route(
	c *city.City, source dispatch.Source, p dispatch.Place, code catalog.Code, at time.Time,
) (routing.Decision, []dispatch.ChainLink, error) {
	return route(c, source, p, code, at, nil)
}

// route is Route; it appends each rule that it tries to trail, unless trail is nil.
func route(
	c *city.City, source dispatch.Source, p dispatch.Place, code catalog.Code, at time.Time, trail *[]routing.ConsideredRule,
) (routing.Decision, []dispatch.ChainLink, error) {
	way, err := routing.ChainWithTrail(c, c.IntakeOf(source.String(), code, p.Areas), p, code, at, trail)
	if err != nil {
		return routing.Decision{}, nil, err
	}
	d := way[len(way)-1]
	d.CoOwners = coOwners(way)
	return d, platform.Planned(c, way, at), nil
}

// OnDuty names the owner of a matter at an instant and the person on duty at its post, or whom an off-hours rule
// names; false when there is no such person. Errors: *dispatch.UnknownCategoryError.
func OnDuty(c *city.City, p dispatch.Place, code catalog.Code, at time.Time) (routing.Decision, city.OnCall, bool, error) {
	d, _, err := Route(c, dispatch.SourceInspector, p, code, at)
	if err != nil {
		return routing.Decision{}, city.OnCall{}, false, err
	}
	s, ok := c.OnCall(d.Owner.Unit, d.Owner.Post, at)
	return d, s, ok, nil
}
