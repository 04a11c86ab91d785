package convert

import (
	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/desk/view"
)

// Rows renders the rows of a summary.
func (v Viewer) Rows(rows []view.SummaryRow) []*wanggev1.SummarizeOverdueResponse_Row {
	var out []*wanggev1.SummarizeOverdueResponse_Row
	for _, r := range rows {
		out = append(out, &wanggev1.SummarizeOverdueResponse_Row{
			Unit: resource.Unit(r.Unit), DisplayName: v.City.UnitName(r.Unit).In(v.Language),
			Open: int32(r.Open), Overdue: int32(r.Overdue), WorstLate: Lasting(r.WorstLate),
			ToPlatform: int32(r.ToPlatform), SecondDispatched: int32(r.SecondDispatched), SecondDispatchLate: int32(r.SecondLate),
		})
	}
	return out
}
