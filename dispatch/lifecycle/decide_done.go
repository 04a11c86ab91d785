package lifecycle

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle/guard"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
	"wangge/dispatch/waits"
	"wangge/grid"
)

// decideAssist notes that a co-owner has done its part. The co-owner's clock stops; the lead owner's continues.
func decideAssist(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	co := slices.Clone(cs.CoOwners)
	held := waits.Held(c, cs, cmd.Actor, cmd.At)
	answers := func(u roster.Unit) bool {
		return slices.ContainsFunc(held, func(h roster.Holding) bool { return routing.Above(c, h.Unit, u) })
	}
	for i := range co {
		o := &co[i]
		if !o.Open() || cmd.Party.ID != "" && cmd.Party != o.Unit || !answers(o.Unit) {
			continue
		}
		if left := guard.MilestonesLeft(cs, o.Unit); len(left) > 0 {
			return nil, refuse(cs, cmd.Act, dispatch.JoinTexts(i18n.F("milestones still to be reached: ", "尚未完成的节点："), left))
		}
		o.Clock = sla.Pause(o.Clock, c.CalendarOf(o.Unit), cmd.At, o.Clock.Step)
		o.Done, o.DoneBy = cmd.At, cmd.Actor
		return []dispatch.Event{{Kind: dispatch.EventAssisted, Party: o.Unit, Photos: cmd.Photos, CoOwners: co}}, nil
	}
	return nil, refuse(cs, cmd.Act, i18n.F("%s speaks for no co-owner whose part is open", "%s不代表任何未完成的协办单位", c.Person(cmd.Actor)))
}

// decideResolve hands the work over to be checked.
func decideResolve(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	clock := sla.StageClock(sla.Hours(c.Defaults.CheckHours), cmd.At)
	return []dispatch.Event{{Kind: dispatch.EventResolved, Step: cs.NextStep, Photos: cmd.Photos, Clock: clock}}, nil
}

// decideCheck notes the verdict of a person at the place who did not do the work. After a failed check the work
// continues on its first deadline: rework never restarts the clock. The ladder continues at the step
// after the last that fired, so that steps which fell due during the check fire now, late and in order: calling work
// done when it is not silences no step.
func decideCheck(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	stood, err := checkedAt(c, cs, cmd)
	if err != nil {
		return nil, err
	}
	if cmd.Passed {
		return []dispatch.Event{{Kind: dispatch.EventCheckPassed, Photos: cmd.Photos, Position: stood}}, nil
	}
	_, works := escalation.PostAtOwner(c, cs, cs.Handler, cmd.At)
	return []dispatch.Event{{
		Kind: dispatch.EventCheckFailed, Photos: cmd.Photos, Position: stood, Clock: cs.Disposal, Step: cs.Disposal.Step,
		Freed: cs.Handler != "" && !works, // the handler has left since: the post has the rework
	}}, nil
}

// checkedAt returns where the checker is, in WGS-84. It refuses a position that is neither in the cell of the case
// nor near it; a case without a position may be checked from anywhere.
func checkedAt(c *city.City, cs *dispatch.Case, cmd dispatch.Command) (*grid.Point, error) {
	if cmd.Position == nil {
		return nil, nil
	}
	if err := cmd.Position.Validate(); err != nil {
		return nil, err
	}
	pt, err := grid.ToWGS84(*cmd.Position)
	if err != nil {
		return nil, err
	}
	cell, err := grid.CellOf(pt, c.Resolution)
	if err != nil {
		return nil, err
	}
	if !cs.Place.Located() {
		return &pt, nil
	}
	if away := grid.Distance(pt, cs.Place.Point); c.Defaults.CheckWithinM > 0 && cell != cs.Place.Cell && away > c.Defaults.CheckWithinM {
		far := i18n.Metres(away)
		return nil, refuse(cs, cmd.Act, i18n.F("you stand %[1]s away, in another cell; check it where it is", "您距现场 %[2]s，不在同一单元网格内，请到现场核查", far.En, far.Zh))
	}
	return &pt, nil
}

// decideClose closes a case under a closing condition, which is the only one of the case when none is named. A case that
// leads a mass event is closed only when no part of it is open.
func decideClose(cs *dispatch.Case, cmd dispatch.Command, facts Facts, c *city.City) ([]dispatch.Event, error) {
	if facts.OpenParts > 0 {
		return nil, refuse(cs, cmd.Act, i18n.F("%d {case|cases} of this mass event {is|are} still open", "本批量案件尚有 %d 件未结案件", facts.OpenParts))
	}
	closing := cmd.Closing
	if closing == "" {
		closing = dispatch.ClosingChoices(c.Categories[cs.Category], cs.Condition)[0].Value // the only one
	}
	return []dispatch.Event{{Kind: dispatch.EventClosed, Closing: closing, Outcome: cmd.Outcome}}, nil
}

// decideForceClose closes a case when both a duty chief and a leader have asked for it: the first request waits for
// the other, who may deny it.
func decideForceClose(cs *dispatch.Case, cmd dispatch.Command, facts Facts, c *city.City) ([]dispatch.Event, error) {
	_, role := sla.UnitOf(c, cmd.Post)
	_, first := sla.UnitOf(c, cs.Request.Post)
	if cs.Request.Kind != dispatch.RequestForceClose {
		if cmd.Denied {
			return nil, refuse(cs, cmd.Act, i18n.F("nobody has asked for it", "没有待审批的申请"))
		}
		return []dispatch.Event{{Kind: dispatch.EventRequested, Request: dispatch.RequestForceClose}}, nil
	}
	if role == first {
		return nil, refuse(cs, cmd.Act, i18n.F("a duty chief and a leader close by force together; the other of them must decide", "强制结案须由值班长与领导共同决定，尚缺另一方"))
	}
	if cmd.Denied {
		return []dispatch.Event{{Kind: dispatch.EventDenied, Request: dispatch.RequestForceClose}}, nil
	}
	outcome := cmd.Outcome
	if outcome == dispatch.OutcomeNone {
		outcome = dispatch.OutcomeNotFixed
	}
	return []dispatch.Event{{Kind: dispatch.EventForceClosed, Closing: cmd.Closing, Outcome: outcome}}, nil
}
