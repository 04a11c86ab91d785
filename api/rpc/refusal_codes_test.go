package rpc

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

func TestRefusal_Codes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		name  string
		spoil func(*wanggev1.Report)
		words []string
	}{
		{"a point outside says how far", func(r *wanggev1.Report) { r.Position.Latitude, r.Position.Longitude = 39.904, 116.407 }, []string{"outside", "m away", "bearing"}},
		{"swapped axes are guessed", func(r *wanggev1.Report) { r.Position.Latitude, r.Position.Longitude = 126.6, 45.7 }, []string{"swapped"}},
		{"an unknown category names the nearest", func(r *wanggev1.Report) { r.Category = "C010" }, []string{"C010", "nearest"}},
		{"a time that is none", func(r *wanggev1.Report) { r.CaptureTime = &timestamppb.Timestamp{Nanos: -1} }, []string{"capture_time", "not an instant"}},
		{"a phone's time that is none", func(r *wanggev1.Report) { r.PhoneTime = &timestamppb.Timestamp{Seconds: 1 << 60} }, []string{"phone_time", "not an instant"}},
		{
			"every fault at once", func(r *wanggev1.Report) {
				r.ClientId, r.Category, r.Position, r.PhotoHashes = "a b", "", nil, []string{"x"}
			},
			[]string{"client_id", "category", "position", "photo_hashes[0]"},
		},
	} {
		r := w.light("bad")
		tt.spoil(r)
		_, err := w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: r})
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			w.want(err, codes.InvalidArgument, tt.words...)
			var fields int
			for _, d := range status.Convert(err).Details() {
				if b, ok := d.(*errdetails.BadRequest); ok {
					fields = len(b.GetFieldViolations())
				}
			}
			if fields == 0 {
				t.Errorf("no field violations in %v", err)
			}
		})
	}
	w.t = t
	_, err := w.reports().CreateReport(context.Background(), &wanggev1.CreateReportRequest{Report: w.light("x")})
	w.want(err, codes.Unauthenticated, "wangge token")
	_, err = w.reports().CreateReport(metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer nonsense", "accept-language", "zh-CN"), &wanggev1.CreateReportRequest{Report: w.light("x")})
	w.want(err, codes.Unauthenticated, "令牌")
	big := w.light("big")
	big.Text = strings.Repeat("x", 20<<20)
	_, err = w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: big})
	w.want(err, codes.ResourceExhausted, "larger than max")

	// A district can't see another's case; it is not even told that there is one.
	cs := w.file(w.light("mine"))
	_, err = w.cases().GetCase(w.as(otherInspector, "en"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
	w.want(err, codes.NotFound)
	_, err = w.cases().GetCase(w.as(inspector, "en"), &wanggev1.GetCaseRequest{Name: "cases/20260101-999999"})
	w.want(err, codes.NotFound)
	_, err = wanggev1.NewSupervisionServiceClient(w.conn).SummarizeOverdue(w.as(otherInspector, "en"), &wanggev1.SummarizeOverdueRequest{Scope: "areas/230100"})
	w.want(err, codes.NotFound)
	if w.log.Len() > 0 {
		t.Errorf("refusals are the caller's, yet the log says %s", w.log)
	}
}

// A request that is wrong in a thousand places, at length, gets an answer that any client can take.
func TestRefusal_ErrorsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.light("bounded")
	long := strings.Repeat("灯", 300_000)
	r.ClientId, r.Category, r.Condition, r.Text = long, long, long, long
	for range 1000 {
		r.PhotoHashes = append(r.PhotoHashes, "x")
	}
	_, err := w.reports().CreateReport(w.as(inspector, "zh"), &wanggev1.CreateReportRequest{Report: r})
	w.want(err, codes.InvalidArgument, "client_id", "category", "condition", "text", "photo_hashes", "另有")
	if n := len(url.QueryEscape(status.Convert(err).Message())) + proto.Size(status.Convert(err).Proto())*4/3; n > 8<<10 {
		t.Errorf("the error takes %d bytes of metadata, want at most 8 KiB", n)
	}
	_, err = w.cases().GetCase(w.as(inspector, "en"), &wanggev1.GetCaseRequest{Name: long})
	w.want(err, codes.InvalidArgument, "…")
	_, err = w.cases().ListCases(w.as("p-230102-leader", "en"), &wanggev1.ListCasesRequest{Scope: "areas/230102", Category: "C9999", Stage: 99})
	w.want(err, codes.InvalidArgument, "nearest", "99 is not a stage")
}
