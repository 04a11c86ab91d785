package rpc

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
)

func TestWatch_Cases(t *testing.T) {
	w := newWorld(t)
	w.file(w.light("w-1"))
	begin := uint64(0)
	ctx, cancel := context.WithCancel(w.as("p-230102-leader", "en"))
	defer cancel()
	stream, err := w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: "areas/230102", AfterRevision: &begin})
	if err != nil {
		t.Fatal(err)
	}
	first, err := stream.Recv()
	for err == nil && len(first.GetCases()) == 0 {
		first, err = stream.Recv()
	}
	if err != nil || first.GetCases()[0].GetCategory() != "C0106" {
		t.Fatalf("first = %v, %v", first, err)
	}
	w.file(w.light("w-2"))
	second, err := stream.Recv()
	if err != nil || len(second.GetCases()) != 1 || second.GetRevision() <= first.GetRevision() {
		t.Errorf("second = %v, %v", second, err)
	}
	overview, err := wanggev1.NewSupervisionServiceClient(w.conn).WatchOverview(ctx, &wanggev1.WatchOverviewRequest{Scope: "areas/230102"})
	if err != nil {
		t.Fatal(err)
	}
	if o, err := overview.Recv(); err != nil || o.GetRows()[0].GetOpen() != 2 {
		t.Errorf("overview = %v, %v; want two open", o, err)
	}
	ahead := uint64(1 << 40)
	for _, tt := range []struct {
		person roster.PersonID
		req    *wanggev1.WatchCasesRequest
		code   codes.Code
	}{
		{"p-230110-leader", &wanggev1.WatchCasesRequest{Scope: "areas/230102"}, codes.NotFound},
		{"p-leader", &wanggev1.WatchCasesRequest{Scope: "areas/230102", AfterRevision: &ahead}, codes.OutOfRange},
		{"p-leader", &wanggev1.WatchCasesRequest{Scope: "nowhere", BookmarkInterval: durationpb.New(time.Second)}, codes.InvalidArgument},
	} {
		stream, err := w.cases().WatchCases(w.as(tt.person, "en"), tt.req)
		if err == nil {
			_, err = stream.Recv()
		}
		w.want(err, tt.code)
	}
}
