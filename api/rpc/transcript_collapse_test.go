package rpc

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
)

// collapseDirectory is Harbin with platforms of its districts, a road crew of one district, and the traffic radio. The city's
// video room checks from its screens, with a picture.
func collapseDirectory(t *testing.T) city.Directory {
	t.Helper()
	dir := builtInDirectory(t, "harbin")
	swap := func(file, was, is string) {
		t.Helper()
		text := string(dir[file])
		if !strings.Contains(text, was) {
			t.Fatalf("%s has no %q", file, was)
		}
		dir[file] = []byte(strings.Replace(text, was, is, 1))
	}
	swap("city.yaml", "near_border_m: 30", "near_border_m: 30, second_dispatch_minutes: 15, check_within_m: 0, check_photos: true")
	swap("rules.csv", `"block:district(组织区属力量到场、围护疏导)",路面塌陷：市政抢修，属地区级平台同时到场`, `"platform:district(组织区属力量到场、围护疏导) line:RADIO",路面塌陷：市政抢修，区级平台同时派遣区属力量`)
	rules := strings.Split(strings.TrimRight(string(dir["rules.csv"]), "\n"), "\n")
	for i := range rules {
		if rules[i] += ","; i == 0 {
			rules[i] += "platform"
		}
	}
	dir["rules.csv"] = []byte(strings.Join(append(rules,
		"10010,E0505,230102,,,,,line:DLSZ,,道里区市政设施维护队,district", "10020,*,,,,,,block:district,,区级平台兜底,district"), "\n") + "\n")
	departments := strings.Split(strings.TrimRight(string(dir["departments.csv"]), "\n"), "\n")
	for i := range departments {
		if departments[i] += ","; i == 0 {
			departments[i] += "area"
		}
	}
	dir["departments.csv"] = []byte(strings.Join(append(departments,
		"DLSZ,道里区市政设施维护队,Daoli Road Crew,CGJ,0451-55501021,230102", "RADIO,交通广播,Traffic Radio,,0451-55501099,"), "\n") + "\n")
	dir["people.csv"] = append(dir["people.csv"], "p-dlsz-owner,孙志远,0451-55511021,,,\np-radio-owner,何雨晴,0451-55511099,,,\n"...)
	dir["posts.csv"] = append(dir["posts.csv"], ",department:DLSZ,owner,p-dlsz-owner,1,,,\n,department:RADIO,owner,p-radio-owner,1,,,\n"...)
	return dir
}

// The road has fallen in, and a taxi observer calls: the city's road force, the inspector, the platform of the district and the
// traffic radio are told at once. The platform sends the district's own crew, which has thirty minutes to arrive from then.
// Fenced, repaired, restored; the crew's report reaches the district and the city; the video room checks; closed.
func TestTranscript_RoadCollapse(t *testing.T) {
	t.Parallel()
	r := newTranscript(t, "road_collapse", "路面塌陷：出租车观察员报告，市政抢修力量、监督员、区级平台同时受命，修复后视频核查结案", "2026-03-04 16:50", collapseDirectory(t))
	shot := []string{strings.Repeat("ab", 32)}
	cs := r.reports("p-acceptor-1", &wanggev1.Report{
		ClientId: "taxi-1", Category: "E0505", Source: wanggev1.Source_SOURCE_PUBLIC, Text: "路面塌陷约 5 平方米，深 2 米，车辆绕行", Address: "新阳路 118 号门前机动车道",
		CallerName: "出租车观察员刘师傅", CallerPhone: "138****5566", CaptureTime: timestamppb.New(r.Now()),
		Position: &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8},
	})
	name := cs.GetName()
	r.at("2026-03-04 16:52")
	r.acts("p-acceptor-1", name, "调看路口视频，情况属实", &wanggev1.AcceptAct{})
	r.at("2026-03-04 16:54")
	r.dues(r.acts("p-dispatcher-1", name, "各单位立即到场；请交通广播播报绕行路线", &wanggev1.DispatchAct{}),
		"arrive 2026-03-04 17:24", "arrive@area:230102 2026-03-04 17:24",
		"arrive@inspector@area:230102 2026-03-04 17:24")
	r.acts("p-roads-owner", name, "", &wanggev1.StartAct{Handler: "people/p-roads-handler"})
	r.remark("区级平台按本区规则派遣区属维护队；到场时限自选定时起算，协办时限自首次派遣起算")
	r.at("2026-03-04 16:58")
	r.dues(r.acts("p-230102-dispatcher", name, "带围挡和警示灯，先封闭外侧两车道", &wanggev1.DispatchAct{}),
		"arrive 2026-03-04 17:24", "arrive@inspector@area:230102 2026-03-04 17:24", "arrive@department:DLSZ 2026-03-04 17:28")
	r.acts("p-dlsz-owner", name, "", &wanggev1.AcknowledgeAct{})
	r.at("2026-03-04 17:03")
	r.acts("p-radio-owner", name, "已播报：新阳路 118 号附近路面塌陷，请绕行康安路", &wanggev1.CommentAct{})
	r.at("2026-03-04 17:06")
	arrived := &wanggev1.CompleteMilestoneAct{Milestone: "arrive", PhotoHashes: shot}
	r.acts("p-230102-inspector-1", name, "已到场，先行看护", arrived)
	r.at("2026-03-04 17:19")
	r.acts("p-dlsz-owner", name, "维护队 6 人、围挡车 1 台到场", arrived)
	r.at("2026-03-04 17:22")
	r.acts("p-roads-handler", name, "抢修班 8 人到场", arrived)
	r.at("2026-03-04 17:50")
	r.dues(r.acts("p-roads-handler", name, "塌陷区四周围挡、警示灯已设", &wanggev1.CompleteMilestoneAct{Milestone: "fence", PhotoHashes: shot}),
		"repair 2026-03-05 01:50")
	r.at("2026-03-04 21:40")
	r.dues(r.acts("p-roads-handler", name, "空洞注浆填实，可安全通行", &wanggev1.CompleteMilestoneAct{Milestone: "repair", PhotoHashes: shot}),
		"restore 2026-03-09 21:40")
	r.at("2026-03-04 22:10")
	r.acts("p-dlsz-owner", name, "外侧车道恢复通行，区属力量撤离；区级处置情况报市中心", &wanggev1.AssistAct{PhotoHashes: shot})
	r.at("2026-03-06 14:30")
	r.acts("p-roads-handler", name, "面层摊铺完成，路面平整", &wanggev1.CompleteMilestoneAct{Milestone: "restore", PhotoHashes: shot})
	r.acts("p-roads-handler", name, "路面恢复，围挡撤除", &wanggev1.ResolveAct{PhotoHashes: shot})
	r.remark("监督员到场看护过，不核查本案；视频核查不要求到场，但须附截图")
	r.at("2026-03-06 14:50")
	r.mayNot("p-230102-inspector-1", name, "路面平整", &wanggev1.CheckAct{Passed: new(true), PhotoHashes: shot})
	r.mayNot("p-checker-1", name, "视频核查：路面平整", &wanggev1.CheckAct{Passed: new(true)})
	r.acts("p-checker-1", name, "视频核查：路面平整，通行正常，附监控截图", &wanggev1.CheckAct{Passed: new(true), PhotoHashes: shot})
	r.at("2026-03-06 15:00")
	r.acts("p-acceptor-1", name, "", &wanggev1.CloseAct{Closing: "路面已恢复，通行正常", Outcome: wanggev1.Outcome_OUTCOME_FIXED})
	r.acts("p-acceptor-1", name, "已告知修复情况，观察员表示感谢", &wanggev1.ReplyAct{Satisfaction: wanggev1.Satisfaction_SATISFACTION_SATISFIED})
	r.history("p-leader", name)
}

// dues checks the running milestones of a case, each with its deadline.
func (r *transcript) dues(cs *wanggev1.Case, want ...string) {
	r.t.Helper()
	var got []string
	for _, m := range cs.GetMilestones() {
		if m.GetClock().GetRunning() {
			got = append(got, m.GetId()+" "+r.clock(m.GetClock().GetDueTime()))
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		r.t.Errorf("under way:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
