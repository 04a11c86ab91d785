package lifecycle

import (
	"errors"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle/guard"
	"wangge/dispatch/sla"
)

// decideExtend asks for the limit once more, or for a chosen deadline: later than the present one, by at most extend_percent
// of the limit.
func decideExtend(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	e := dispatch.Event{Kind: dispatch.EventRequested, Request: dispatch.RequestExtension}
	if cmd.Until.IsZero() {
		return []dispatch.Event{e}, nil
	}
	e.Until = cmd.Until.In(c.Location)
	cal := sla.OwnerCalendar(c, cs)
	last, err := sla.LatestExtension(cs.Clock, cal, c.Defaults.ExtendPercent)
	if err != nil {
		return nil, err
	}
	if _, later, err := sla.Extended(cs.Clock, cal, e.Until); err != nil || !later || e.Until.After(last) {
		return nil, errors.Join(err, refuse(cs, cmd.Act, i18n.F("the deadline %[1]s does not lie after the present one, %[2]s, and up to %[3]s", "申请的截止时间 %[1]s 须晚于现时限 %[2]s，且不晚于 %[3]s",
			guard.ClockTime(c, e.Until), guard.ClockTime(c, cs.Clock.Due), guard.ClockTime(c, last))))
	}
	return []dispatch.Event{e}, nil
}

// decideExtension grants the limit once more or the deadline asked for, on two levels: a leader of the owner, then the dispatch office,
// for a second extension the city's duty chief or leader. The request counts as made in time, however long the answer takes.
// A step that fired meanwhile stays fired.
func decideExtension(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	switch {
	case !cmd.Passed:
		return []dispatch.Event{{Kind: dispatch.EventDenied, Request: dispatch.RequestExtension}}, nil
	case cs.Request.Level == 0:
		return []dispatch.Event{{Kind: dispatch.EventGranted, Request: dispatch.RequestExtension}}, nil
	}
	cal := sla.OwnerCalendar(c, cs)
	k, later, err := sla.Extended(cs.Clock, cal, cs.Request.Until)
	if err != nil {
		return nil, err
	}
	last, err := sla.LatestExtension(cs.Clock, cal, c.Defaults.ExtendPercent)
	if err != nil {
		return nil, err
	}
	if cs.Request.Until.After(last) { // another category has come with a shorter limit since
		return nil, refuse(cs, cmd.Act, i18n.F("the deadline asked for, %[1]s, lies after %[2]s, the latest under the present limit; deny it", "申请的截止时间 %[1]s 晚于现行时限下最晚可延至的 %[2]s，请予以否决",
			guard.ClockTime(c, cs.Request.Until), guard.ClockTime(c, last)))
	}
	if !later {
		return nil, refuse(cs, cmd.Act, i18n.F("the deadline asked for, %s, is no later than the present one; deny it", "申请的截止时间 %s 不晚于现时限，请予以否决", guard.ClockTime(c, cs.Request.Until)))
	}
	k.Step = cs.NextStep
	return []dispatch.Event{{Kind: dispatch.EventExtended, Clock: k}}, nil
}

// decideResume ends a suspension before its date.
func decideResume(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	e, err := escalation.Resume(c, cs, cmd.At)
	return []dispatch.Event{e}, err
}

// decideSuspend asks to suspend the work until a date: for weather, another project, a season.
func decideSuspend(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	until := cmd.Until.In(c.Location)
	if last := cmd.At.AddDate(0, 0, c.Defaults.SuspendDays); !until.After(cmd.At) || until.After(last) {
		return nil, refuse(cs, cmd.Act, i18n.F("the end %[1]s does not lie between now and %[2]s", "截止时间 %[1]s 不在现在与 %[2]s 之间", guard.ClockTime(c, until), guard.ClockTime(c, last)))
	}
	return []dispatch.Event{{Kind: dispatch.EventRequested, Request: dispatch.RequestSuspension, Until: until}}, nil
}

// decideSuspension grants a suspension: every clock of the work is paused until the date and then resumes by itself
// with what it had used.
func decideSuspension(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	if !cmd.Passed {
		return []dispatch.Event{{Kind: dispatch.EventDenied, Request: dispatch.RequestSuspension}}, nil
	}
	if !cs.Request.Until.After(cmd.At) {
		return nil, refuse(cs, cmd.Act, i18n.F("the end asked for, %s, has passed; deny it", "申请的截止时间 %s 已过，请予以否决", guard.ClockTime(c, cs.Request.Until)))
	}
	co, ms := sla.PauseAll(c, cs, cmd.At)
	return []dispatch.Event{{
		Kind: dispatch.EventSuspended, Until: cs.Request.Until,
		Clock: sla.Pause(cs.Clock, sla.OwnerCalendar(c, cs), cmd.At, cs.NextStep), CoOwners: co, Milestones: ms,
	}}, nil
}
