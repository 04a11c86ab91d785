package rpc

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"wangge/dispatch/desk"
	"wangge/dispatch/roster"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	wanggev1 "wangge/api/wangge/v1"
)

// advice is what a status says to a program: its reason and after what time to try again.
func advice(err error) (reason string, retry time.Duration) {
	for _, d := range status.Convert(err).Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
		case *errdetails.RetryInfo:
			retry = d.GetRetryDelay().AsDuration()
		}
	}
	return reason, retry
}

// scarce is a store whose disk may be full.
type scarce struct {
	storage.Engine
	full atomic.Bool
}

func (s *scarce) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if s.full.Load() {
		return 0, fmt.Errorf("commit: %w", storage.ErrFull)
	}
	return s.Engine.Commit(ctx, b)
}

// A disk that is full is said to the phone in its language, with when to try again; reads go on; and
// when there is room the same report is filed, once.
func TestAFullDiskOverTheWire(t *testing.T) {
	store := &scarce{Engine: mem.Open()}
	w := newWorldOver(t, store)
	before := w.file(w.light("before"))
	store.full.Store(true)
	for lang, word := range map[string]string{"en": "no room on its disk", "zh": "磁盘已满"} {
		_, err := w.reports().CreateReport(w.as(inspector, lang), &wanggev1.CreateReportRequest{Report: w.light("during")})
		w.want(err, codes.ResourceExhausted, word)
		if reason, retry := advice(err); reason != "STORAGE_FULL" || retry < time.Second {
			t.Errorf("the phone is told %q, again after %v", reason, retry)
		}
	}
	out, err := w.reports().BatchCreateReports(w.as(inspector, "zh"), &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{w.light("b-1"), w.light("b-2")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out.GetResults() {
		if st := r.GetError(); codes.Code(st.GetCode()) != codes.ResourceExhausted || !strings.Contains(st.GetMessage(), "磁盘已满") {
			t.Errorf("a report of a batch is answered %v", r)
		}
	}
	_, err = w.cases().StartCase(w.as(roster.PersonID(before.GetOwner().GetPerson()), "zh"), &wanggev1.StartCaseRequest{Act: w.ctxOf(before, "a-1")})
	w.want(err, codes.ResourceExhausted, "磁盘已满")
	if _, err := w.cases().GetCase(w.as("p-leader", "en"), &wanggev1.GetCaseRequest{Name: before.GetName()}); err != nil {
		t.Errorf("a read is answered %v", err)
	}
	if strings.Contains(w.log.String(), "call failed") {
		t.Errorf("each refused call is logged:\n%s", w.log)
	}
	store.full.Store(false)
	cs, again := w.file(w.light("during")), w.file(w.light("during"))
	if cs.GetName() == before.GetName() || cs.GetName() != again.GetName() {
		t.Errorf("with room again the report is %s and then %s", cs.GetName(), again.GetName())
	}
	if r, err := w.desk.Check(t.Context(), desk.CheckOptions{}); err != nil || !r.Whole() || r.Cases != 2 {
		t.Errorf("Check = %+v, %v; want two whole cases", r, err)
	}
}

// narrow lets four commits wait and refuses the others, as an engine does whose queue is full, until
// it has refused so many.
type narrow struct {
	storage.Engine
	shut    atomic.Bool
	waiting chan struct{}
	open    chan struct{}
	refuses atomic.Int64
}

func (n *narrow) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if n.shut.Load() {
		select {
		case n.waiting <- struct{}{}:
			defer func() { <-n.waiting }()
		default:
			if n.refuses.Add(-1) == 0 {
				close(n.open)
			}
			return 0, storage.ErrBusy
		}
		<-n.open
	}
	return n.Engine.Commit(ctx, b)
}

// More phones than the store has room for in its queue: some are told to come again soon, in their
// language, and who does so is served; every report is filed once.
func TestTooManyWritersOverTheWire(t *testing.T) {
	under, err := bolt.Open(filepath.Join(t.TempDir(), "wangge.db"))
	if err != nil {
		t.Fatal(err)
	}
	const phones = 64
	n := &narrow{Engine: under, waiting: make(chan struct{}, 4), open: make(chan struct{})}
	n.refuses.Store(phones - 4)
	w := newWorldOver(t, n)
	n.shut.Store(true)
	var wg sync.WaitGroup
	var busy atomic.Int64
	names := make([]string, phones)
	for i := range phones {
		wg.Go(func() {
			for {
				resp, err := w.reports().CreateReport(w.as(inspector, "zh"), &wanggev1.CreateReportRequest{Report: w.light(fmt.Sprint("r-", i))})
				if err == nil {
					names[i] = resp.GetCase().GetName()
					return
				}
				busy.Add(1)
				reason, retry := advice(err)
				if status.Code(err) != codes.ResourceExhausted || reason != "BUSY" || retry <= 0 || !strings.Contains(status.Convert(err).Message(), "写入繁忙") {
					t.Errorf("a phone is answered %v, %q, again after %v", err, reason, retry)
					return
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, name := range names {
		seen[name] = true
	}
	if busy.Load() < phones-4 || len(seen) != phones {
		t.Errorf("%d calls were put off, %d cases; want at least %d and %d", busy.Load(), len(seen), phones-4, phones)
	}
	if r, err := w.desk.Check(t.Context(), desk.CheckOptions{}); err != nil || !r.Whole() || r.Cases != phones {
		t.Errorf("Check = %+v, %v; want %d whole cases", r, err, phones)
	}
}
