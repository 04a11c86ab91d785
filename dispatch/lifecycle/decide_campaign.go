package lifecycle

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/campaign"
	"wangge/dispatch/city"
	"wangge/dispatch/escalation"
	"wangge/dispatch/told"
)

// follow returns the event that brings the clocks of a case to where a campaign of the city puts them, as an act of the
// service itself; none when they are there. was is the case before the act, or cs.
func follow(was, cs *dispatch.Case, cmd *dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	if len(c.Runs) == 0 && !cs.Campaign.Held {
		return nil, nil
	}
	e, ok, err := campaign.Follow(c, was, cs, cmd.At)
	if err != nil || !ok {
		return nil, err
	}
	return byService(cs, e, cmd, c), nil
}

// lift ends the pause that a campaign has put on a case, before an act that touches a clock of the work.
func lift(cs *dispatch.Case, cmd *dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	row, ok := rowOf(cmd.Act)
	if !ok || !cs.Campaign.Held || !row.touchesClocks() {
		return nil, nil
	}
	e, err := campaign.Lift(c, cs, cmd.At)
	if err != nil {
		return nil, err
	}
	return byService(cs, e, cmd, c), nil
}

// touchesClocks reports whether an act changes a clock of the work, of the owner, a co-owner or a milestone.
func (t *transition) touchesClocks() bool {
	return t.clock != clockKeeps || t.endsWork || t.act == dispatch.ActCompleteMilestone || t.act == dispatch.ActAssist
}

// byService stamps and schedules an event that the service itself causes, and names the people who are told.
func byService(cs *dispatch.Case, e dispatch.Event, cmd *dispatch.Command, c *city.City) []dispatch.Event {
	events := []dispatch.Event{e}
	stamp(events, cs.Seq, &dispatch.Command{Act: dispatch.ActTick, At: cmd.At}, c)
	escalation.Schedule(cs, events, c)
	told.Tell(cs, events, nil, c)
	return events
}

// FollowCampaign returns the events that bring the clocks of a case to where a campaign of the city puts them; none when
// they are there. Decide does so before and after every act.
func FollowCampaign(cs *dispatch.Case, at time.Time, c *city.City) ([]dispatch.Event, error) {
	if at.Before(cs.UpdatedAt) {
		at = cs.UpdatedAt
	}
	return follow(cs, cs, &dispatch.Command{Act: dispatch.ActTick, At: at}, c)
}
