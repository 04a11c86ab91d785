package rpc

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
)

// The road has fallen in: the district has the case to assist (待协办) and the grid inspector to go to (待到场) from the dispatch until the
// part is done and the place is reached. Each finds the own wait with the own deadline first in the row, and the case to start is
// the road force's alone.
func TestQueues_PartOfACoOwnerAndTheWayOfTheInspector(t *testing.T) {
	t.Parallel()
	const assist, reach, start = wanggev1.CaseQueue_CASE_QUEUE_TO_ASSIST, wanggev1.CaseQueue_CASE_QUEUE_TO_REACH, wanggev1.CaseQueue_CASE_QUEUE_TO_START
	const roads, district, grid = roster.PersonID("p-roads-owner"), roster.PersonID("p-230102-owner"), roster.PersonID("p-230102-inspector-1")
	o := newOffice(t)
	o.setNow(time.Date(2026, 3, 4, 16, 50, 0, 0, o.desk.City().Location))
	filed, err := o.reports().CreateReport(o.as("p-acceptor-1", "zh"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: "taxi-1", Category: "E0505", Source: wanggev1.Source_SOURCE_HOTLINE, Text: "路面塌陷约 5 平方米",
		Position:    &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8},
		CaptureTime: timestamppb.New(o.Now().Add(-2 * time.Minute)),
	}})
	if err != nil {
		t.Fatal(err)
	}
	name := filed.GetCase().GetName()
	o.does("p-acceptor-1", name, "视频核看属实", &wanggev1.AcceptAct{})
	o.wantMine("filed", assist)(district)
	o.wantMine("filed", reach)(grid)
	o.does("p-dispatcher-1", name, "立即到场", &wanggev1.DispatchAct{})
	o.wantMine("sent", assist, name)(district)
	o.wantMine("sent", reach, name)(grid)
	o.wantMine("sent", assist)(roads, grid)
	o.wantMine("sent", reach)(roads, district)
	o.wantMine("sent", start, name)(roads)
	for scope, q := range map[string]wanggev1.CaseQueue{"areas/230102": reach, "areas/230100": assist} {
		if got := o.queue("p-dispatcher-1", scope, q); !slices.Equal(got, []string{name}) {
			t.Errorf("%s of %s: %v, want the case", q, scope, got)
		}
	}
	me, err := wanggev1.NewFormServiceClient(o.conn).GetMe(o.as(grid, "zh"), &wanggev1.GetMeRequest{})
	if err != nil || !slices.ContainsFunc(me.GetQueues(), func(n *wanggev1.QueueCount) bool { return n.GetQueue() == reach && n.GetCases() == 1 }) {
		t.Errorf("the inspector is told of %v, %v; want one case to go to", me.GetQueues(), err)
	}
	half := o.Now().Add(30 * time.Minute)
	for who, want := range map[roster.PersonID]string{grid: "到场", district: "协办", roads: "处置"} {
		for _, show := range []wanggev1.CaseView{wanggev1.CaseView_CASE_VIEW_BASIC, wanggev1.CaseView_CASE_VIEW_FULL} {
			list, err := o.cases().ListCases(o.as(who, "zh"), &wanggev1.ListCasesRequest{Scope: "people/" + string(who), State: wanggev1.CaseState_CASE_STATE_OPEN, View: show})
			if err != nil || len(list.GetCases()) != 1 {
				t.Fatalf("%s lists %v, %v; want one case", who, list, err)
			}
			waits := list.GetCases()[0].GetWaits()
			if len(waits) == 0 || waits[0].GetDisplayName() != want || !waits[0].GetOfScope() || waits[0].GetDueTime() == nil {
				t.Fatalf("%s, %s: waits %v, want first %q with a deadline", who, show, waits, want)
			}
			if n := len(waits); n != map[wanggev1.CaseView]int{wanggev1.CaseView_CASE_VIEW_BASIC: 1, wanggev1.CaseView_CASE_VIEW_FULL: 3}[show] {
				t.Errorf("%s, %s: %d waits", who, show, n)
			}
			if due := waits[0].GetDueTime().AsTime(); who == grid && !due.Equal(half) || who != grid && !due.After(half) {
				t.Errorf("%s has until %s", who, due)
			}
		}
	}
	arrived := &wanggev1.CompleteMilestoneAct{Milestone: "arrive", PhotoHashes: []string{photo}}
	o.does(string(grid), name, "已到场看护", arrived)
	o.wantMine("there", reach)(grid)
	o.does(string(district), name, "", arrived)
	o.wantMine("the district is there", assist, name)(district)
	o.does(string(district), name, "疏导完毕", &wanggev1.AssistAct{PhotoHashes: []string{photo}})
	o.wantMine("the part is done", assist)(district)
}
