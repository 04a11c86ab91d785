package rpc

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/desk"
	"wangge/storage/mem"
)

// 案件待裁定时，城市撤销裁定岗位及其人员：裁定转由领导承担，方案列出该案件，领导在同一次变更中收到通知。
func TestApplyCity_ArbiterIsGone(t *testing.T) {
	t.Parallel()
	was := citytest.ToyDirectory()
	without := maps.Clone(was)
	for _, name := range []string{"posts.csv", "people.csv"} {
		rows := slices.DeleteFunc(strings.SplitAfter(string(was[name]), "\n"), func(row string) bool {
			return slices.Contains(strings.Split(row, ","), string(citytest.Arbiter))
		})
		without[name] = []byte(strings.Join(rows, ""))
	}
	lis := bufconn.Listen(1 << 20)
	w := &toyTown{world: newWorldDesk(t, desk.Config{Store: mem.Open(), City: citytest.Toy(t), Directory: was}, lis, Config{},
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))}
	name := w.reportAt(citytest.FallenTree, citytest.InW1A)
	notOurs := &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE}
	w.do(citytest.GreenOwner, name, notOurs)
	w.do(citytest.Dispatcher, name, &wanggev1.DispatchAct{Unit: "departments/WATER"})
	w.do(citytest.WaterOwner, name, notOurs)
	w.wantMine("disputed", wanggev1.CaseQueue_CASE_QUEUE_DISPUTED, name)(citytest.Arbiter)

	head := &wanggev1.Proposal{BaseRevision: was.Revision(), OpenCases: wanggev1.OpenCases_OPEN_CASES_KEEP, Waiver: "机构改革"}
	plan, err := w.city().PlanCity(w.as(citytest.GridOffice, "zh"))
	if err != nil {
		t.Fatal(err)
	}
	if err := uploads(head, without, func(head *wanggev1.Proposal, part *wanggev1.FilePart) error {
		return plan.Send(&wanggev1.PlanCityRequest{Proposal: head, Part: part})
	}); err != nil {
		t.Fatal(err)
	}
	if err := plan.CloseSend(); err != nil {
		t.Fatal(err)
	}
	var moves []*wanggev1.CaseMove
	for {
		part, err := plan.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		moves = append(moves, part.GetMoves()...)
	}
	if len(moves) != 1 || moves[0].GetCase() != name || !moves[0].GetEscalationMoves() {
		t.Errorf("the plan shows %v, want that the case comes to other people", moves)
	}

	stream, err := w.city().ApplyCity(w.as(citytest.GridOffice, "zh"))
	if err != nil {
		t.Fatal(err)
	}
	if err := uploads(head, without, func(head *wanggev1.Proposal, part *wanggev1.FilePart) error {
		return stream.Send(&wanggev1.ApplyCityRequest{Proposal: head, Part: part})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.CloseAndRecv(); err != nil {
		t.Fatal(err)
	}
	list, err := w.cases().ListCaseEvents(w.as(citytest.Mayor, "zh"), &wanggev1.ListCaseEventsRequest{Parent: name})
	if err != nil {
		t.Fatal(err)
	}
	last := list.GetEvents()[len(list.GetEvents())-1]
	if last.GetKind() != wanggev1.EventKind_EVENT_KIND_REVISED || !slices.Contains(last.GetNotified(), "people/"+string(citytest.Mayor)) {
		t.Errorf("the last event is %v, want one that tells the leader", last)
	}
	w.wantMine("disputed", wanggev1.CaseQueue_CASE_QUEUE_DISPUTED, name)(citytest.Mayor)
}
