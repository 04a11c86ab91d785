package dispatch

import (
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
)

// decideMerge ends a case in an earlier one of the same matter, which is left as it is: its stage,
// its clocks and its number of events do not change. The clocks of the later case stand, should it
// turn out to be another matter.
func decideMerge(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	to := cmd.Other
	switch {
	case to == nil || to.ID != cmd.Target:
		return nil, refuse(cs, cmd.Act, i18n.F("there is no case %s", "没有案件 %s", cmd.Target))
	case to.ID >= cs.ID:
		return nil, refuse(cs, cmd.Act, i18n.F("the later case follows the earlier: merge %[2]s into %[1]s", "后案并入前案：请将 %[2]s 并入 %[1]s", cs.ID, to.ID))
	case !to.Open():
		return nil, refuse(cs, cmd.Act, i18n.F("case %[1]s is %[2]s and takes no more", "案件 %[1]s 为「%[3]s」，不能并入", to.ID, to.Stage.Text().En, to.Stage.Text().Zh))
	}
	e := Event{Kind: EventMerged, Other: to.ID, Clock: cs.Clock.pause(ownersCalendar(c, cs), cmd.At, cs.NextStep)}
	e.Clock.Passed = rungsOf(fired(cs.Clock, c.Ladders[cs.Ladder].Steps, cs.NextStep)) // no revision looks at it meanwhile
	if k := cs.Disposal; k.Step > 0 {
		e.Aside, e.AsidePassed = k.Step+1, rungsOf(fired(k, c.Ladders[ladderFor(c, owners(cs))].Steps, k.Step))
	}
	e.CoOwners, e.Milestones = pauseAll(c, cs, cmd.At)
	return []Event{e}, nil
}

// decideUnmerge puts a case back where it stood, with every clock as it was.
func decideUnmerge(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	e := Event{Kind: EventUnmerged, Other: cs.MergedInto}
	var err error
	if cs.Before != Suspended {
		if e.Clock, err = cs.Held.resume(ownersCalendar(c, cs), cmd.At); err != nil {
			return nil, err
		}
		e.CoOwners, e.Milestones, err = resumeAll(c, cs, cmd.At)
	}
	if back := *cs; cs.Disposal.Passed != "" {
		back.Stage = cs.Before
		if step, passed, moved := aside(c, c, &back, cmd.At); moved {
			e.Aside, e.AsidePassed = step+1, passed
		}
	}
	return []Event{e}, err
}

// decideAttach makes a case part of a mass event, such as a storm: it keeps its stage and clocks,
// and can be acted on together with the other parts.
func decideAttach(cs *Case, cmd Command) ([]Event, error) {
	to := cmd.Other
	switch {
	case to == nil || to.ID != cmd.Target:
		return nil, refuse(cs, cmd.Act, i18n.F("there is no case %s", "没有案件 %s", cmd.Target))
	case to.ID == cs.ID || to.Group != 0:
		return nil, refuse(cs, cmd.Act, i18n.F("case %s is itself part of a mass event, or this very case", "案件 %s 本身属于某专案，或即为本案", to.ID))
	case !to.Open():
		return nil, refuse(cs, cmd.Act, i18n.F("case %[1]s is %[2]s and takes no more", "案件 %[1]s 为「%[3]s」，不能并入", to.ID, to.Stage.Text().En, to.Stage.Text().Zh))
	}
	return []Event{{Kind: EventAttached, Other: to.ID}}, nil
}
