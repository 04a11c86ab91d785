package rpc

import (
	"context"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/desk"
	"wangge/storage/mem"
)

// 机构撤销，案件由承接单位负责：原单位的挂账申请失效，审批队列中不再出现；仅更名、人员不变的，申请随案件一并承接。
func TestApplyCity_RequestsOfAFormerOwner(t *testing.T) {
	t.Parallel()
	was := citytest.ToyDirectory()
	renamed := city.Directory{}
	for name, data := range was {
		renamed[name] = []byte(strings.NewReplacer("GREEN,园林局,", "PARKS,园林绿化局,", "GREEN", "PARKS").Replace(string(data)))
	}
	others := maps.Clone(renamed)
	others["posts.csv"] = []byte(strings.Replace(string(renamed["posts.csv"]), ",department:PARKS,owner,green-owner,", ",department:PARKS,owner,river-keeper,", 1))
	for what, tt := range map[string]struct {
		is     city.Directory
		lapses bool
	}{"another name": {renamed, false}, "other people": {others, true}} {
		lis := bufconn.Listen(1 << 20)
		w := &toyTown{world: newWorldDesk(t, desk.Config{Store: mem.Open(), City: citytest.Toy(t), Directory: was}, lis, Config{},
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))}
		const decide = wanggev1.CaseQueue_CASE_QUEUE_TO_DECIDE
		name := w.reportAt(citytest.FallenTree, citytest.InW1A)
		w.do(citytest.GreenOwner, name, &wanggev1.ExtendAct{})
		w.wantMine("asked", decide, name)(citytest.GreenLeader)
		stream, err := w.city().ApplyCity(w.as(citytest.GridOffice, "zh"))
		if err != nil {
			t.Fatal(err)
		}
		p := &wanggev1.Proposal{
			BaseRevision: was.Revision(), OpenCases: wanggev1.OpenCases_OPEN_CASES_KEEP, Waiver: "机构改革",
			Successors: []*wanggev1.Successor{{Former: "departments/GREEN", Successor: "departments/PARKS"}},
		}
		if err := uploads(p, tt.is, func(head *wanggev1.Proposal, part *wanggev1.FilePart) error {
			return stream.Send(&wanggev1.ApplyCityRequest{Proposal: head, Part: part})
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.CloseAndRecv(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		cs, err := w.cases().GetCase(w.as(citytest.Mayor, "zh"), &wanggev1.GetCaseRequest{Name: name})
		if err != nil || cs.GetOwner().GetUnit() != "departments/PARKS" {
			t.Fatalf("%s: the case is %v's, %v", what, cs.GetOwner(), err)
		}
		list, err := w.cases().ListCaseEvents(w.as(citytest.Mayor, "zh"), &wanggev1.ListCaseEventsRequest{Parent: name})
		if err != nil {
			t.Fatal(err)
		}
		last := list.GetEvents()[len(list.GetEvents())-1]
		if lapsed := last.GetRequested() == wanggev1.ApprovalKind_APPROVAL_KIND_EXTENSION; lapsed != tt.lapses {
			t.Errorf("%s: the event is %v", what, last)
		}
		told := func(person string) bool {
			return slices.ContainsFunc(last.GetNotified(), func(p string) bool { return p == "people/"+person })
		}
		if tt.lapses {
			w.wantMine(what, decide)(citytest.GreenLeader, citytest.Dispatcher, citytest.DutyChief, citytest.Mayor)
			if cs.GetRequestedBy() != "" || !told(string(citytest.GreenLeader)) {
				t.Errorf("%s: requested by %q, told %v", what, cs.GetRequestedBy(), last.GetNotified())
			}
			w.do(citytest.RiverKeeper, name, &wanggev1.ExtendAct{}) // the successor asks anew
		}
		w.wantMine(what, decide, name)(citytest.GreenLeader)
	}
}
