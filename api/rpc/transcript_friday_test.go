package rpc

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// A case that is dispatched on Friday at 16:30 may be returned on Monday at 08:40: the window of four hours is working time.
func TestTranscript_FridayDispatchReturnedOnMonday(t *testing.T) {
	t.Parallel()
	r := newTranscript(t, "friday_return", "周五 16:30 派遣，周一 08:40 回退，改派后办结", "2026-03-06 16:30", builtInDirectory(t, "harbin"))
	photo := []string{strings.Repeat("ab", 32)}
	here := &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8}
	cs := r.reports(inspector, &wanggev1.Report{
		ClientId: "friday-1", Category: "C0101", Condition: "4", Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "井周路面下沉约 3 厘米，车辆颠簸",
		Address: "新阳路 118 号门前", Position: here, CaptureTime: timestamppb.New(r.Now()), PhotoHashes: photo,
	})
	name := cs.GetName()
	r.at("2026-03-09 08:40")
	r.acts("p-water-owner", name, "井盖完好，系道路基层沉陷，属市政设施养护", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE})
	r.at("2026-03-09 08:52")
	r.acts("p-dispatcher-1", name, "经核实为道路塌陷，请市政设施养护中心处置", &wanggev1.DispatchAct{Unit: "departments/ROADS"})
	r.remark("新责任单位的回退时限重新起算，按工作时间四小时")
	r.at("2026-03-09 15:40")
	r.mayNot("p-roads-owner", name, "请供水企业先查渗漏", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE})
	r.acts("p-roads-owner", name, "", &wanggev1.StartAct{Handler: "people/p-roads-handler"})
	r.at("2026-03-11 10:30")
	r.acts("p-roads-handler", name, "基层注浆，路面找平", &wanggev1.ResolveAct{PhotoHashes: photo})
	r.at("2026-03-11 11:05")
	r.acts(inspector, name, "", &wanggev1.CheckAct{Passed: new(true), PhotoHashes: photo, Position: here})
	r.acts("p-acceptor-1", name, "", &wanggev1.CloseAct{Closing: "路面平整，井框高差小于 2 厘米", Outcome: wanggev1.Outcome_OUTCOME_FIXED})
	r.history("p-leader", name)
}
