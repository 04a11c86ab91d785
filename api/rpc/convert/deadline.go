package convert

import (
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/sla"
)

// Deadline renders an explanation of a deadline.
func (v Viewer) Deadline(d sla.Deadline) *wanggev1.ExplainDeadlineResponse {
	out := &wanggev1.ExplainDeadlineResponse{
		StartTime: Stamp(d.Start), Limit: Limit(d.Limit), DueTime: Stamp(d.Due), Extensions: int32(d.Extended), LimitRule: d.LimitRule,
		Provisional: d.Provisional, Paused: d.Paused, CountedTotal: Lasting(d.Used),
	}
	for _, i := range d.Counted {
		out.Counted = append(out.Counted, &wanggev1.Interval{StartTime: Stamp(i.From), EndTime: Stamp(i.To)})
	}
	for _, i := range d.Skipped {
		out.Skipped = append(out.Skipped, v.skipped(i))
	}
	return out
}
