package lifecycle

import (
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// decideExtension grants the limit once more, on two levels: a leader of the owner, then the dispatch office, for a
// second extension the city's duty chief or leader. The request counts as made in time, however long the answer takes.
// A step that fired meanwhile stays fired.
func decideExtension(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	switch {
	case !cmd.Passed:
		return []dispatch.Event{{Kind: dispatch.EventDenied, Request: dispatch.RequestExtension}}, nil
	case cs.Request.Level == 0:
		return []dispatch.Event{{Kind: dispatch.EventGranted, Request: dispatch.RequestExtension}}, nil
	}
	k := cs.Clock
	k.Extended++
	k, err := sla.Project(k, sla.OwnerCalendar(c, cs))
	k.Step = cs.NextStep
	return []dispatch.Event{{Kind: dispatch.EventExtended, Clock: k}}, err
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
		return nil, refuse(cs, cmd.Act, i18n.F("the end %[1]s does not lie between now and %[2]s", "截止时间 %[1]s 不在现在与 %[2]s 之间", clockTime(c, until), clockTime(c, last)))
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
		return nil, refuse(cs, cmd.Act, i18n.F("the end asked for, %s, has passed; deny it", "申请的截止时间 %s 已过，请予以否决", clockTime(c, cs.Request.Until)))
	}
	co, ms := sla.PauseAll(c, cs, cmd.At)
	return []dispatch.Event{{
		Kind: dispatch.EventSuspended, Until: cs.Request.Until,
		Clock: sla.Pause(cs.Clock, sla.OwnerCalendar(c, cs), cmd.At, cs.NextStep), CoOwners: co, Milestones: ms,
	}}, nil
}
