package convert

import (
	"time"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/sla"
)

// CaseDeadline renders an explanation of the deadline of a case, with the receipt and the limits of second dispatches beside it.
func (v Viewer) CaseDeadline(cs *dispatch.Case, d sla.Deadline) *wanggev1.ExplainDeadlineResponse {
	out := v.Deadline(d)
	out.Receipt = v.receipt(cs, cs.Receipt)
	limit := func(u roster.Unit, duty string, due time.Time, missed bool) {
		if !due.IsZero() {
			out.SecondDispatches = append(out.SecondDispatches, &wanggev1.SecondDispatchLimit{
				Platform: resource.Unit(u), PlatformDisplayName: v.unitName(u), Duty: duty, DueTime: Stamp(due), Missed: missed,
			})
		}
	}
	if l := cs.PresentLink(); cs.AtPlatform() && l != nil && l.To.Unit == cs.Owner.Unit {
		limit(l.To.Unit, "", l.Due, l.Missed)
	}
	for i := range cs.CoOwners {
		if o := &cs.CoOwners[i]; cs.PartToGive(o) {
			limit(o.Unit, o.Duty, o.SecondDue, o.SecondMissed)
		}
	}
	return out
}

// Deadline renders an explanation of a deadline.
func (v Viewer) Deadline(d sla.Deadline) *wanggev1.ExplainDeadlineResponse {
	out := &wanggev1.ExplainDeadlineResponse{
		StartTime: Stamp(d.Start), Limit: Limit(d.Limit), DueTime: Stamp(d.Due), Extensions: int32(d.Extended), LimitRule: d.LimitRule,
		Provisional: d.Provisional, Paused: d.Paused, CountedTotal: Lasting(d.Used), Campaign: v.campaign(d.Campaign),
	}
	for _, i := range d.Counted {
		out.Counted = append(out.Counted, &wanggev1.Interval{StartTime: Stamp(i.From), EndTime: Stamp(i.To)})
	}
	for _, i := range d.Skipped {
		out.Skipped = append(out.Skipped, v.skipped(i))
	}
	return out
}

// campaign renders what a campaign did to the clocks of a case; nil for nothing.
func (v Viewer) campaign(m dispatch.CampaignMark) *wanggev1.CampaignMark {
	if m.ID == "" {
		return nil
	}
	return &wanggev1.CampaignMark{
		Campaign: resource.Campaign(string(m.ID)), DisplayName: v.words(v.City.CampaignName(m.ID)), Paused: m.Held, StartTime: Stamp(m.From),
		Grade: m.Grade, Text: v.words(sla.CampaignText(v.City, m)),
	}
}
