package dispatch

import (
	"time"

	"wangge/dispatch/city"
)

// CampaignMark is what a campaign of the city did to the clocks of a case last. The zero mark is nothing.
type CampaignMark struct {
	ID     city.CampaignID
	Change uint64    // number of the change of the run that was carried out: see city.CampaignRun
	Held   bool      // the clocks of the work are paused: the campaign is under way
	From   time.Time // Held: the instant from which they are paused; else the instant from which the limit counts
	Grade  string    // of the campaign when it stopped
}

// UnderWay reports whether a milestone of the case is under way: begun, not reached, and not suspended with the work. A campaign
// pauses the clock of the milestone and not the work.
func (c *Case) UnderWay(m *Milestone) bool {
	return m.Clock.Running() || c.Campaign.Held && m.Reached.IsZero() && !m.Clock.Due.IsZero()
}

// Event kinds of campaigns. Each has a mark.
const (
	EventLimitSuspended EventKind = iota + 112 // a campaign is under way: the clocks of the work are paused
	EventLimitStarted                          // a campaign has stopped: the limit counts from there, under the campaign's rows
	EventLimitResumed                          // an act on the work lifts the pause: the clocks go on with what they had used
)

// campaign applies an event of a campaign. A dispatch and another category take the mark of their event, which may be
// none.
func (c *Case) campaign(e *Event) {
	// Not exhaustive: other events leave the mark.
	//exhaustive:ignore
	switch e.Kind {
	case EventDispatched, EventReclassified:
		c.Campaign = e.Campaign
	case EventLimitSuspended:
		c.Campaign, c.Clock = e.Campaign, e.Clock
		c.NextStep, c.Clock.Step, c.Clock.Due = e.Clock.Step, 0, time.Time{}
	case EventLimitStarted:
		c.Campaign, c.LimitRule = e.Campaign, e.LimitRule
	case EventLimitResumed:
		c.Campaign = e.Campaign
	}
}
