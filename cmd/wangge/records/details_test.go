package records

import (
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/i18n"
)

// The caller, the address and the numbers of a past record are read without control characters; a confidential that says neither
// yes nor no refuses the record.
func TestRecord_Details(t *testing.T) {
	t.Parallel()
	cells := map[string]string{
		"caller_name": "赵女士\x07", "caller_phone": "13904517788", "confidential": "是", "address": " 中央大街 1 号 ", "external_id": "12345-1",
		"component_id": "2301020106000017", "building": "3", "unit_no": "2", "floor": "5",
	}
	read := func(change map[string]string) (Record, i18n.Text) {
		var p Record
		var why i18n.Text
		p.details(func(field string) string {
			if v, ok := change[field]; ok {
				return v
			}
			return cells[field]
		}, func(_, detail i18n.Text) { why = detail })
		return p, why
	}
	p, why := read(nil)
	want := dispatch.Report{
		Caller:  dispatch.Caller{Name: "赵女士", Phone: "13904517788", Confidential: true},
		Address: "中央大街 1 号", ExternalID: "12345-1", Component: "2301020106000017", Building: "3", UnitNo: "2", Floor: "5",
	}
	got := p.Import.Report
	if got.Caller != want.Caller || got.Address != want.Address || got.ExternalID != want.ExternalID || got.Component != want.Component ||
		got.Building != want.Building || got.UnitNo != want.UnitNo || got.Floor != want.Floor || len(p.flags) != 1 || why != (i18n.Text{}) {
		t.Errorf("read as %+v with %v, refused for %q; want %+v", got, p.flags, why.En, want)
	}
	if p, _ := read(map[string]string{"confidential": "No"}); p.Import.Report.Caller.Confidential {
		t.Error("No is read as yes")
	}
	if p, _ := read(map[string]string{"caller_name": "", "caller_phone": ""}); p.Import.Report.Caller != (dispatch.Caller{}) {
		t.Error("without a caller nothing is confidential")
	}
	if _, why := read(map[string]string{"confidential": "perhaps"}); why == (i18n.Text{}) {
		t.Error("a confidential that says perhaps is taken")
	}
}
