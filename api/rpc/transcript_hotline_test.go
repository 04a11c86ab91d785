package rpc

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// An order of the hotline 12345 keeps its own number: filed once, verified, signed for, extended, done, and the caller is
// called back.
func TestTranscript_HotlineOrder(t *testing.T) {
	t.Parallel()
	dir := builtInDirectory(t, "harbin")
	if yaml := string(dir["city.yaml"]); !strings.Contains(yaml, "receipt_minutes") {
		dir["city.yaml"] = []byte(strings.Replace(yaml, "near_border_m: 30", "near_border_m: 30, receipt_minutes: {A: 10, B: 60, C: 60}", 1))
	}
	r := newTranscript(t, "hotline_order", "12345 热线工单：同号只立一案，签收、延期、办结、回访", "2026-03-04 08:50", dir)
	photo := []string{strings.Repeat("ab", 32)}
	here := &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 30}
	order := &wanggev1.Report{
		ClientId: "order-0871", Category: "E0503", Source: wanggev1.Source_SOURCE_HOTLINE, Text: "小区门口污水外溢，气味大，已两天", Address: "新阳路 118 号小区北门",
		ExternalId: "HRB20260304000871", CallerName: "市民李女士", CallerPhone: "139****0871", Position: here, CaptureTime: timestamppb.New(r.Now()),
	}
	cs := r.reports("p-acceptor-1", order)
	name := cs.GetName()
	r.remark("热线平台重复推送同一工单：仍是同一案件；同号而内容不同的不收")
	r.reports("p-acceptor-1", order)
	other := proto.Clone(order).(*wanggev1.Report)
	other.ClientId, other.Text = "order-0871-b", "另一处污水外溢"
	r.mayNotReport("p-acceptor-1", other)
	r.at("2026-03-04 08:56")
	r.acts("p-acceptor-1", name, "请现场核实", &wanggev1.VerifyAct{})
	r.at("2026-03-04 09:10")
	r.acts(inspector, name, "检查井堵塞，污水漫至人行道", &wanggev1.ConfirmAct{Passed: new(true), PhotoHashes: photo})
	r.at("2026-03-04 09:13")
	r.acts("p-acceptor-1", name, "", &wanggev1.AcceptAct{Condition: "2"})
	r.at("2026-03-04 09:15")
	r.acts("p-dispatcher-1", name, "群众反映两天，请尽快疏通", &wanggev1.DispatchAct{})
	r.at("2026-03-04 09:18")
	r.acts("p-drainage-owner", name, "", &wanggev1.AcknowledgeAct{})
	r.acts("p-drainage-owner", name, "", &wanggev1.StartAct{Handler: "people/p-drainage-handler"})
	r.at("2026-03-04 09:45")
	r.acts("p-drainage-handler", name, "管道堵塞严重，须调吸污车", &wanggev1.ExtendAct{})
	r.acts("p-drainage-leader", name, "同意", &wanggev1.DecideExtensionAct{Granted: new(true)})
	r.acts("p-dispatcher-1", name, "同意，请做好围挡", &wanggev1.DecideExtensionAct{Granted: new(true)})
	r.at("2026-03-04 11:05")
	r.acts("p-drainage-handler", name, "已疏通并冲洗路面", &wanggev1.ResolveAct{PhotoHashes: photo})
	r.at("2026-03-04 11:20")
	r.acts(inspector, name, "", &wanggev1.CheckAct{Passed: new(true), PhotoHashes: photo, Position: here})
	r.at("2026-03-04 11:25")
	r.acts("p-acceptor-1", name, "", &wanggev1.CloseAct{Closing: "污水不再外溢，路面清洁", Outcome: wanggev1.Outcome_OUTCOME_FIXED})
	r.at("2026-03-04 16:10")
	r.acts("p-acceptor-1", name, "已告知疏通情况，来电人表示基本满意", &wanggev1.ReplyAct{Satisfaction: wanggev1.Satisfaction_SATISFACTION_MOSTLY_SATISFIED})
	r.lists("p-acceptor-1", "热线来源且基本满意的案件", &wanggev1.ListCasesRequest{Scope: "areas/230100", Filter: "source = hotline AND satisfaction = mostly_satisfied"})
	r.history("p-leader", name)
}
