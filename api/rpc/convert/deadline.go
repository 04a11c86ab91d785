package convert

import (
	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/sla"
)

// CaseDeadline renders an explanation of the deadline of a case, with the receipt beside it.
func (v Viewer) CaseDeadline(cs *dispatch.Case, d sla.Deadline) *wanggev1.ExplainDeadlineResponse {
	out := v.Deadline(d)
	out.Receipt = v.receipt(cs, cs.Receipt)
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
