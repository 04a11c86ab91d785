package dispatch

import (
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
)

// decideExtension grants the limit once more, in two levels: a leader of the owner, then the
// dispatch office, and for a second extension the city's duty chief or leader. It counts from when
// it was asked in time, however long the answer took; a step of the ladder that fired meanwhile
// stays fired.
func decideExtension(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	switch {
	case !cmd.Passed:
		return []Event{{Kind: EventDenied, Ask: AskExtension}}, nil
	case cs.Asked.Level == 0:
		return []Event{{Kind: EventGranted, Ask: AskExtension}}, nil
	}
	k := cs.Clock
	k.Extended++
	k, err := k.project(ownersCalendar(c, cs))
	k.Step = cs.NextStep
	return []Event{{Kind: EventExtended, Clock: k}}, err
}

// decideSuspend asks to put the work off to a date: for weather, another project, a season.
func decideSuspend(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	until := cmd.Until.In(c.Location)
	if last := cmd.At.AddDate(0, 0, c.Defaults.SuspendDays); !until.After(cmd.At) || until.After(last) {
		return nil, refuse(cs, cmd.Act, i18n.F("the end %[1]s does not lie between now and %[2]s", "截止时间 %[1]s 不在现在与 %[2]s 之间", clockTime(c, until), clockTime(c, last)))
	}
	return []Event{{Kind: EventAsked, Ask: AskSuspension, Until: until}}, nil
}

// decideSuspension grants it: every clock of the work stands until the date, and then goes on by
// itself with what it had used.
func decideSuspension(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	if !cmd.Passed {
		return []Event{{Kind: EventDenied, Ask: AskSuspension}}, nil
	}
	if !cs.Asked.Until.After(cmd.At) {
		return nil, refuse(cs, cmd.Act, i18n.F("the end asked for, %s, has passed; deny it", "申请的截止时间 %s 已过，请予以否决", clockTime(c, cs.Asked.Until)))
	}
	co, ms := pauseAll(c, cs, cmd.At)
	return []Event{{
		Kind: EventSuspended, Until: cs.Asked.Until, Clock: cs.Clock.pause(ownersCalendar(c, cs), cmd.At, cs.NextStep), CoOwners: co, Milestones: ms,
	}}, nil
}

// resumed lets the work go on from at: the date that was agreed, however late the service notices,
// or when somebody says so before.
func resumed(c *city.City, cs *Case, at time.Time) (Event, error) {
	k, err := cs.Disposal.resume(ownersCalendar(c, cs), at)
	if err != nil {
		return Event{}, err
	}
	co, ms, err := resumeAll(c, cs, at)
	return Event{Kind: EventResumed, Clock: k, CoOwners: co, Milestones: ms}, err
}
