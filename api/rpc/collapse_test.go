package rpc

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// The road has fallen in: a taxi driver calls, the desk files, and in one instant the city's road force, the district and the
// grid inspector are sent, each with thirty minutes to arrive and a clock of its own. The force that is late is told with its
// superior, and nobody else. The owner fences, repairs and restores, each step after the one before.
func TestCollapse_EverybodySentArrivesOnAClockOfTheirOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.setNow(time.Date(2026, 3, 4, 16, 50, 0, 0, o.desk.City().Location))
	hole := &wanggev1.Report{
		ClientId: "taxi-1", Category: "E0505", Source: wanggev1.Source_SOURCE_HOTLINE, Text: "路面塌陷约 5 平方米", CallerName: "出租车司机",
		Position:    &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8},
		CaptureTime: timestamppb.New(o.Now().Add(-2 * time.Minute)),
	}
	filed, err := o.reports().CreateReport(o.as("p-acceptor-1", "zh"), &wanggev1.CreateReportRequest{Report: hole})
	if err != nil {
		t.Fatal(err)
	}
	name := filed.GetCase().GetName()
	o.told()
	o.does("p-acceptor-1", name, "视频核看属实", &wanggev1.AcceptAct{})
	o.want(o.does("p-dispatcher-1", name, "立即到场", &wanggev1.DispatchAct{}),
		"p-roads-owner 派遣", "p-230102-owner 协办", "p-230102-inspector-1 到场任务")
	begin := o.Now()
	for person, words := range map[string][]string{
		"p-roads-owner": {"节点：市政设施养护中心（到场），截止 2026-03-04 17:24"}, "p-230102-owner": {"节点：道里区（到场），截止 2026-03-04 17:24", "组织区属力量"},
		"p-230102-inspector-1": {"请立即赶赴现场", "节点：道里区（到场），截止 2026-03-04 17:24", "路面塌陷约 5 平方米"},
	} {
		for _, word := range words {
			if text := o.inbox.text(person); !strings.Contains(text, word) {
				t.Errorf("%s reads no %q in\n%s", person, word, text)
			}
		}
	}
	for _, owner := range []string{"p-roads-owner", "p-230102-owner"} {
		o.does(owner, name, "", &wanggev1.AcknowledgeAct{})
	}
	arrived := &wanggev1.CompleteMilestoneAct{Milestone: "arrive", PhotoHashes: []string{photo}}
	o.does("p-230102-inspector-1", name, "已到场看护", arrived)
	o.does("p-230102-owner", name, "区属力量到场", arrived)
	_, err = o.actOn(o.as("p-230102-inspector-1", "zh"), name, "fence", caseAct("", &wanggev1.CompleteMilestoneAct{Milestone: "fence", PhotoHashes: []string{photo}}))
	o.world.want(err, codes.PermissionDenied) // the fence is the road force's
	o.setNow(begin.Add(31 * time.Minute))
	if _, _, err := o.desk.FireDue(t.Context(), o.Now()); err != nil {
		t.Fatal(err)
	}
	got := o.told()
	if !slices.Contains(keysOf(got), "p-roads-owner") || slices.Contains(keysOf(got), "p-230102-owner") || slices.Contains(keysOf(got), "p-230102-inspector-1") {
		t.Errorf("told of the late arrival: %v, want the road force and its superior", got)
	}
	if text := o.inbox.text("p-roads-leader"); !strings.Contains(text, "市政设施养护中心（到场），截止 2026-03-04 17:24") {
		t.Errorf("the superior reads\n%s", text)
	}
	for _, step := range []struct{ milestone, refused string }{{"arrive", "fence"}, {"fence", "repair"}, {"repair", "restore"}, {"restore", ""}} {
		if step.refused != "" {
			_, err := o.actOn(o.as("p-roads-owner", "zh"), name, "early-"+step.refused, caseAct("", &wanggev1.CompleteMilestoneAct{Milestone: step.refused, PhotoHashes: []string{photo}}))
			o.world.want(err, codes.FailedPrecondition, "不在进行中")
		}
		o.does("p-roads-owner", name, "", &wanggev1.CompleteMilestoneAct{Milestone: step.milestone, PhotoHashes: []string{photo}})
	}
	o.does("p-230102-owner", name, "疏导完毕", &wanggev1.AssistAct{PhotoHashes: []string{photo}})
	o.does("p-roads-owner", name, "", &wanggev1.StartAct{})
	o.does("p-roads-owner", name, "", &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	cs, err := o.cases().GetCase(o.as("p-acceptor-1", "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, m := range cs.GetMilestones() {
		steps = append(steps, m.GetId()+" "+m.GetDisplayName()+" "+m.GetUnitDisplayName()+" "+m.GetCompletedBy())
	}
	want := []string{
		"arrive 到场 市政设施养护中心 people/p-roads-owner", "arrive@area:230102 到场 道里区 people/p-230102-owner",
		"arrive@inspector@area:230102 到场 道里区 people/p-230102-inspector-1", "fence 围护 市政设施养护中心 people/p-roads-owner",
		"repair 修复 市政设施养护中心 people/p-roads-owner", "restore 恢复 市政设施养护中心 people/p-roads-owner",
	}
	if !slices.Equal(steps, want) {
		t.Errorf("milestones %q, want %q", steps, want)
	}
}

// A co-owner that never came to the place can't report its part done.
func TestCollapse_PartIsNotDoneBeforeArrival(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	r := o.light("hole")
	r.Category, r.Condition = "E0505", ""
	name := o.file(r).GetName()
	_, err := o.actOn(o.as("p-230102-owner", "zh"), name, "early", caseAct("", &wanggev1.AssistAct{PhotoHashes: []string{photo}}))
	o.world.want(err, codes.FailedPrecondition, "尚未完成的节点：到场")
	cs, err := o.cases().GetCase(o.as(inspector, "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range cs.GetMilestones() {
		if strings.Contains(m.GetId(), "inspector") {
			t.Errorf("the inspector who reported is there: %v", m)
		}
	}
}

func keysOf(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// text is the last message to a person.
func (b *inbox) text(person string) string {
	out := ""
	for i := range b.got {
		if string(b.got[i].To.ID) == person {
			out = b.got[i].Text.Body
		}
	}
	return out
}
