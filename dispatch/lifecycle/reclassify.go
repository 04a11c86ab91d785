package lifecycle

import (
	"cmp"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// decideReclassify puts a case under another category, condition or severity. The limit changes; the time used does not. It is
// counted in the unit of the new limit from the first dispatch on, also for work that was returned. The clock of an
// office stage continues, on the ladder of the new category. A case stays in the campaign that has a part in its limit while
// the new category is one of the campaign's.
func decideReclassify(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	code := cmp.Or(cmd.Category, cs.Category)
	id := cmd.Condition
	if id == "" && code == cs.Category {
		id = cs.Condition
	}
	if cat := c.Categories[code]; cat != nil && id == "" && cat.ConditionMatters() {
		return nil, &dispatch.ChoiceError{Act: cmd.Act, Need: dispatch.NeedCondition, Choices: dispatch.ConditionChoices(cat)}
	}
	own, err := sla.ConditionOf(c, code, id)
	if err != nil {
		return nil, err
	}
	cond := sla.Judged(own, cmd.Severity)
	if code == cs.Category && cond.ID == cs.Condition && cond.Severity == cs.Severity {
		return nil, refuse(cs, cmd.Act, i18n.F("name another category, condition or severity; it is %[1]s (%[2]s), condition %[3]s already", "请指定其他类别、立案条件或等级；现已为%[1]s（%[2]s），立案条件“%[3]s”", c.CategoryName(code), code, cmp.Or(cond.Name, cond.ID)))
	}
	e := dispatch.Event{
		Kind: dispatch.EventReclassified, Category: code, Condition: cond.ID, At: cmd.At, Severity: cond.Severity, LimitRule: cs.LimitRule,
		Judged: cond != own,
	}
	if r := c.RunOf(code); r != nil && r.ID == cs.Campaign.ID && r.Change == cs.Campaign.Change {
		e.Campaign = cs.Campaign
	}
	k := cs.Clock
	if cs.Stage == dispatch.Suspended {
		k = cs.Disposal
	}
	limit, by := sla.LimitUnder(c, &e.Campaign, &cs.Place, code, cond, cmd.At)
	if k.Limit.N == 0 { // no owner's work is under way
		e.Clock = cs.Clock
		e.Clock.Step = cs.NextStep
		if handed := cs.Disposal; handed.Limit.N > 0 && escalation.Paused(cs) {
			e.LimitRule = by
			handed, err = pausedUnder(c, cs, &e, handed, limit)
			e.PausedClock = &handed
		}
		return []dispatch.Event{e}, err
	}
	if e.LimitRule = by; cs.Stage == dispatch.Suspended {
		if e.Clock, err = pausedUnder(c, cs, &e, k, limit); err != nil {
			return nil, err
		}
	}
	cal := sla.OwnerCalendar(c, cs)
	if cs.Stage != dispatch.Suspended {
		if e.Clock, err = sla.WithLimit(k, cal, limit, cmd.At); err != nil {
			return nil, err
		}
		e.Clock.Step = cs.NextStep
	}
	e.CoOwners, _, err = sla.EachClock(c, cs, func(own *calendar.Calendar, co dispatch.Clock) (dispatch.Clock, error) {
		return sla.WithLimit(co, own, limit, cmd.At)
	})
	if err != nil {
		return nil, err
	}
	e.Milestones, err = sla.ChangedMilestones(c, cs, cond, e.Clock, cmd.At)
	return []dispatch.Event{e}, err
}

// pausedUnder is the owner's paused clock under the limit of the new category, at the step at which it will continue
// on that category's ladder.
func pausedUnder(c *city.City, cs *dispatch.Case, e *dispatch.Event, k dispatch.Clock, limit calendar.Limit) (dispatch.Clock, error) {
	was, is := escalation.WhenResumed(cs), escalation.WhenResumed(cs)
	is.Category, is.Severity = e.Category, e.Severity
	cal, step := sla.OwnerCalendar(c, was), k.Step
	k, err := sla.WithLimit(k, cal, limit, e.At)
	if err != nil {
		return dispatch.Clock{}, err
	}
	on := k
	if !on.Running() {
		if on, err = sla.Resume(on, cal, e.At); err != nil {
			return dispatch.Clock{}, err
		}
	}
	before, after := c.Policies[escalation.PolicyFor(c, was)].Steps, c.Policies[escalation.PolicyFor(c, is)].Steps
	k.Step, k.Fired = escalation.NextStepOn(cal, on, escalation.FiredSteps(k, before, step), after)
	return k, nil
}
