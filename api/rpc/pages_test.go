package rpc

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/storage/mem"
)

// The pages of the notices of a case are together the whole list, whatever their size, and a token is good for its case
// only.
func TestPages_Notices(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	w := newWorldOver(t, store)
	cs, other := w.file(w.light("r-1")), w.file(w.light("r-2"))
	telling, err := desk.Open(t.Context(), desk.Config{Store: store, City: w.desk.City(), Clock: w, Channels: []string{"sms", "log"}})
	if err != nil {
		t.Fatal(err)
	}
	defer telling.Close()
	id, err := dispatch.ParseCaseID(strings.TrimPrefix(cs.GetName(), "cases/"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := telling.Act(t.Context(), "p-leader", id, 0, fmt.Sprint("e-", i), dispatch.Command{Act: dispatch.ActEscalate, To: "level:district", Note: "look"}); err != nil {
			t.Fatal(err)
		}
	}
	ctx := w.as("p-leader", "en")
	all, err := w.cases().ListCaseNotices(ctx, &wanggev1.ListCaseNoticesRequest{Parent: cs.GetName()})
	if err != nil || len(all.GetNotices()) < 3 || all.GetNextPageToken() != "" {
		t.Fatalf("%v, %v; want the notices of three escalations on one page", all, err)
	}
	for _, n := range all.GetNotices() {
		if n.GetChannel() == wanggev1.NoticeChannel_NOTICE_CHANNEL_UNSPECIFIED || n.GetPerson() != "people/p-230102-leader" || n.GetState() != wanggev1.NoticeState_NOTICE_STATE_QUEUED {
			t.Errorf("notice %v; want one to the district's leader that waits", n)
		}
	}
	for size := int32(1); size <= 4; size++ {
		req := &wanggev1.ListCaseNoticesRequest{Parent: cs.GetName(), PageSize: size}
		got := &wanggev1.ListCaseNoticesResponse{}
		for {
			page, err := w.cases().ListCaseNotices(ctx, req)
			if err != nil || len(page.GetNotices()) > int(size) {
				t.Fatalf("a page of %d: %v, %v", size, page, err)
			}
			got.Notices = append(got.Notices, page.GetNotices()...)
			if page.GetNextPageToken() == "" {
				break
			}
			req.PageToken = page.GetNextPageToken()
		}
		if !proto.Equal(got, all) {
			t.Errorf("pages of %d give %v, want %v", size, got, all)
		}
		if req.GetPageToken() != "" {
			_, err := w.cases().ListCaseNotices(ctx, &wanggev1.ListCaseNoticesRequest{Parent: other.GetName(), PageToken: req.GetPageToken()})
			w.want(err, codes.InvalidArgument, "page_token", "not made for this query")
		}
	}
	_, err = w.cases().ListCaseNotices(ctx, &wanggev1.ListCaseNoticesRequest{Parent: cs.GetName(), PageSize: 1001})
	w.want(err, codes.InvalidArgument, "page_size", "1000")
}

// The pages of likely duplicates are together the whole list, in its order, though time goes on between them; a token
// names no case, because the caller may not be permitted to read it.
func TestPages_Duplicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cs := w.file(w.light("r-0"))
	for i := range 4 {
		r := w.light(fmt.Sprint("r-", i+1))
		r.Position.Latitude += float64(i) * 0.00002
		w.file(r)
	}
	ctx := w.as(inspector, "en")
	for _, ask := range []*wanggev1.ListDuplicatesRequest{
		{Name: cs.GetName()},
		{Position: w.light("").GetPosition(), Category: "C0106"},
	} {
		all, err := w.cases().ListDuplicates(ctx, ask)
		if err != nil || len(all.GetDuplicates()) < 4 || all.GetNextPageToken() != "" {
			t.Fatalf("%v, %v; want four or more on one page", all, err)
		}
		req := proto.CloneOf(ask)
		req.PageSize = 2
		got := &wanggev1.ListDuplicatesResponse{}
		for {
			page, err := w.cases().ListDuplicates(ctx, req)
			if err != nil || len(page.GetDuplicates()) > 2 {
				t.Fatalf("%v, %v", page, err)
			}
			got.Duplicates = append(got.Duplicates, page.GetDuplicates()...)
			if page.GetNextPageToken() == "" {
				break
			}
			req.PageToken = page.GetNextPageToken()
			w.setNow(w.Now().Add(time.Minute))
		}
		if !proto.Equal(got, all) {
			t.Errorf("pages of 2 give %v, want %v", got, all)
		}
	}
	_, err := w.cases().ListDuplicates(ctx, &wanggev1.ListDuplicatesRequest{Name: cs.GetName(), PageSize: 21})
	w.want(err, codes.InvalidArgument, "page_size", "20")
	_, err = w.cases().ListDuplicates(ctx, &wanggev1.ListDuplicatesRequest{Name: cs.GetName(), Category: cs.GetCategory()})
	w.want(err, codes.InvalidArgument, "name: write a case, or else position")
}

// A reprojection in batches of any size covers each open case once.
func TestPages_Reprojection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 5 {
		w.file(w.light(fmt.Sprint("r-", i)))
	}
	ctx := w.as("p-grid-office", "en")
	for _, size := range []int32{0, 1, 2, 5} {
		req := &wanggev1.ReprojectDeadlinesRequest{Reason: "notice", PageSize: size}
		for covered := int32(0); ; {
			page, err := w.cases().ReprojectDeadlines(ctx, req)
			if err != nil || size > 0 && page.GetEvaluated() > size {
				t.Fatalf("a batch of %d: %v, %v", size, page, err)
			}
			covered += page.GetEvaluated()
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				if covered != 5 {
					t.Errorf("batches of %d covered %d cases, want 5", size, covered)
				}
				break
			}
		}
	}
	_, err := w.cases().ReprojectDeadlines(ctx, &wanggev1.ReprojectDeadlinesRequest{Reason: "notice", PageSize: 257})
	w.want(err, codes.InvalidArgument, "page_size", "256")
}
