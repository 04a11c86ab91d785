package lifecycle

import (
	"cmp"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/duplicate"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle/guard"
	"wangge/dispatch/revise"
	"wangge/dispatch/sla"
)

// decideMerge ends a case in an earlier one of the same matter. The earlier case does not change: neither its stage,
// its clocks nor its number of events. The clocks of the later case are paused, in case it turns out to be another
// matter.
func decideMerge(cs *dispatch.Case, cmd dispatch.Command, facts Facts, c *city.City) ([]dispatch.Event, error) {
	to := facts.Other
	switch {
	case to == nil || to.ID != cmd.Target:
		return nil, refuse(cs, cmd.Act, i18n.F("there is no case %s", "没有案件 %s", cmd.Target))
	case to.ID == cs.ID:
		return nil, refuse(cs, cmd.Act, i18n.F("a case is not merged with itself; name the earlier case of the same matter", "案件不能与自身合并；请填写同一问题的前案"))
	case to.ID > cs.ID:
		return nil, refuse(cs, cmd.Act, i18n.F("the later case follows the earlier: merge %[2]s into %[1]s", "后案并入前案：请将 %[2]s 并入 %[1]s", cs.ID, to.ID))
	case !to.Open():
		return nil, refuse(cs, cmd.Act, i18n.F("case %[1]s is %[2]s and takes no more", "案件 %[1]s 为「%[3]s」，不能并入", to.ID, to.Stage.Words().En, to.Stage.Words().Zh))
	}
	e := dispatch.Event{Kind: dispatch.EventMerged, Other: to.ID, Clock: sla.Pause(cs.Clock, sla.OwnerCalendar(c, cs), cmd.At, cs.NextStep)}
	// No revision migrates the clock while the case is merged.
	e.Clock.Fired = escalation.FormatSteps(escalation.FiredSteps(cs.Clock, c.Policies[cs.EscalationPolicy].Steps, cs.NextStep))
	if k := cs.Disposal; k.Step > 0 {
		steps := c.Policies[escalation.PolicyFor(c, escalation.WhenResumed(cs))].Steps
		e.PausedStep, e.PausedFired = k.Step+1, escalation.FormatSteps(escalation.FiredSteps(k, steps, k.Step))
	}
	e.CoOwners, e.Milestones = sla.PauseAll(c, cs, cmd.At)
	return []dispatch.Event{e}, nil
}

// decideUnmerge puts a case back to its stage before the merge and resumes every clock.
func decideUnmerge(cs *dispatch.Case, cmd dispatch.Command, facts Facts, c *city.City) ([]dispatch.Event, error) {
	e, err := unmerged(cs, cmd.At, c)
	if err != nil {
		return nil, err
	}
	return repaired(cs, []dispatch.Event{e}, c, facts.Successors, cmd), nil
}

// unmerged is the event of decideUnmerge.
func unmerged(cs *dispatch.Case, at time.Time, c *city.City) (dispatch.Event, error) {
	e := dispatch.Event{Kind: dispatch.EventUnmerged, Other: cs.MergedInto, At: at}
	var err error
	if cs.StageBefore != dispatch.Suspended {
		if e.Clock, err = sla.Resume(cs.MergedClock, sla.OwnerCalendar(c, cs), at); err != nil {
			return dispatch.Event{}, err
		}
		e.CoOwners, e.Milestones, err = sla.ResumeAll(c, cs, at)
	}
	if back := *cs; cs.Disposal.Fired != "" {
		back.Stage = cs.StageBefore
		if step, passed, moved := escalation.ResumeStep(c, c, &back, at); moved {
			e.PausedStep, e.PausedFired = step+1, passed
		}
	}
	return e, err
}

// decideAttach makes a case part of a mass event, such as a storm. It keeps its stage and clocks, and people can act
// on all parts together.
func decideAttach(cs *dispatch.Case, cmd dispatch.Command, facts Facts, _ *city.City) ([]dispatch.Event, error) {
	to := facts.Other
	switch {
	case to == nil || to.ID != cmd.Target:
		return nil, refuse(cs, cmd.Act, i18n.F("there is no case %s", "没有案件 %s", cmd.Target))
	case to.ID == cs.Group:
		return nil, refuse(cs, cmd.Act, i18n.F("it is part of case %s already", "本案已关联主案 %s，无须重复关联", to.ID))
	case to.ID == cs.ID || to.Group != 0:
		return nil, refuse(cs, cmd.Act, i18n.F("case %s is itself part of a mass event, or this very case", "案件 %s 本身属于某批量案件，或即为本案", to.ID))
	case !to.Open():
		return nil, refuse(cs, cmd.Act, i18n.F("case %[1]s is %[2]s and takes no more", "案件 %[1]s 为「%[3]s」，不能并入", to.ID, to.Stage.Words().En, to.Stage.Words().Zh))
	}
	return []dispatch.Event{{Kind: dispatch.EventAttached, Other: to.ID}}, nil
}

// CheckMerge lists everything for which a case can't be merged into another, as a *dispatch.RefusedError; nil when it
// can. The desk asks it after Decide, with the other case as it is now.
func CheckMerge(c *city.City, cs, to *dispatch.Case, cmd dispatch.Command) error {
	why := duplicate.Objections(c, cs, to)
	if len(why) == 0 {
		return nil
	}
	return refuse(cs, cmd.Act, dispatch.JoinTexts(guard.None, why))
}

// decideVoid ends a case that is a mistake or a test. After dispatch the case counts as filed by mistake.
func decideVoid(cs *dispatch.Case, _ dispatch.Command, _ Facts, _ *city.City) ([]dispatch.Event, error) {
	e := dispatch.Event{Kind: dispatch.EventVoided}
	if !slices.Contains(beforeOwner, cs.Stage) {
		e.Outcome = dispatch.OutcomeMisfiled
	}
	return []dispatch.Event{e}, nil
}

// repaired adds the repair of a case to the events that bring it back: no revision has migrated it while it was not
// open. The successors are those of these revisions.
func repaired(cs *dispatch.Case, events []dispatch.Event, c *city.City, s city.Successors, cmd dispatch.Command) []dispatch.Event {
	escalation.Schedule(cs, events, c)
	n := dispatch.FoldAll(cs, events)
	n.CityRevision = cmp.Or(n.CityRevision, c.Revision)
	m, l := revise.Preserve(c, c, n, s, cmd.At)
	if !l.Any() || !m.Repairs(n) {
		return events
	}
	return append(events, revise.EventOf(c, c, n, m, cmd.Actor, cmd.Post, cmd.Note, cmd.At))
}
