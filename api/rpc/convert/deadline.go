package convert

import (
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// Deadline renders an explanation of a deadline.
func (v Viewer) Deadline(d sla.Deadline) *wanggev1.ExplainDeadlineResponse {
	out := &wanggev1.ExplainDeadlineResponse{
		Start: Stamp(d.Start), Limit: int32(d.Limit.N), Due: Stamp(d.Due), Extensions: int32(d.Extended), LimitRule: d.LimitRule,
		Provisional: d.Provisional, Paused: d.Paused,
		CountedSeconds: int64(d.Used / time.Second),
	}
	if d.Limit.N > 0 {
		out.Unit = d.Limit.Unit.String()
	}
	for _, i := range d.Counted {
		out.Counted = append(out.Counted, &wanggev1.DeadlinePart{From: Stamp(i.From), To: Stamp(i.To)})
	}
	for _, i := range d.Skipped {
		out.Skipped = append(out.Skipped, &wanggev1.DeadlinePart{
			From: Stamp(i.From), To: Stamp(i.To),
			Why: i18n.Text{En: i.Why, Zh: i.WhyZh}.In(v.Language), CountedSeconds: int64(i.Counts / time.Second),
		})
	}
	return out
}
