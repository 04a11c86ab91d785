package rpc

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/desk/fsck"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/faultinject"
	"wangge/storage/mem"
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

// A disk that is full is said to the phone in its language, with when to try again; reads go on; and
// when there is room the same report is filed, once.
func TestDisk_Full(t *testing.T) {
	store := &faultinject.Disk{Engine: mem.Open()}
	w := newWorldOver(t, store)
	before := w.file(w.light("before"))
	store.Full.Store(true)
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
		if st := r.GetStatus(); codes.Code(st.GetCode()) != codes.ResourceExhausted || !strings.Contains(st.GetMessage(), "磁盘已满") {
			t.Errorf("a report of a batch is answered %v", r)
		}
	}
	_, err = w.act(w.as(personOf(before.GetOwner().GetPerson()), "zh"), before, "a-1", caseAct("", &wanggev1.StartAct{}))
	w.want(err, codes.ResourceExhausted, "磁盘已满")
	if _, err := w.cases().GetCase(w.as("p-leader", "en"), &wanggev1.GetCaseRequest{Name: before.GetName()}); err != nil {
		t.Errorf("a read is answered %v", err)
	}
	if strings.Contains(w.log.String(), "call failed") {
		t.Errorf("each refused call is logged:\n%s", w.log)
	}
	store.Full.Store(false)
	cs, again := w.file(w.light("during")), w.file(w.light("during"))
	if cs.GetName() == before.GetName() || cs.GetName() != again.GetName() {
		t.Errorf("with room again the report is %s and then %s", cs.GetName(), again.GetName())
	}
	if r, err := w.desk.Check(t.Context(), fsck.CheckOptions{}); err != nil || !r.Whole() || r.Cases != 2 {
		t.Errorf("Check = %+v, %v; want two whole cases", r, err)
	}
}

// doubtful is a store whose commits fail with an error while it has one, written nevertheless or not.
type doubtful struct {
	storage.Engine
	err     atomic.Pointer[error]
	written atomic.Bool
}

func (h *doubtful) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	err := h.err.Load()
	if err == nil {
		return h.Engine.Commit(ctx, b)
	}
	if h.written.Load() {
		if _, err := h.Engine.Commit(ctx, b); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("commit: %w", *err)
}

// A disk that fails is said to the phone in its language: for certain that nothing was written, or that nobody knows,
// never the one for the other; each with when to send again. With the same id it is there once.
func TestDisk_Failing(t *testing.T) {
	uncertainOfFull := fmt.Errorf("%w: %w", storage.ErrUncertain, storage.ErrFull)
	rebuilding := &storage.DamageError{Kind: storage.BlockDamaged, Path: "keys", Derived: true, Rebuild: storage.RebuildRunning}
	anew := map[string]string{"en": "making it anew; nothing was written; try again in a moment", "zh": "正在重建；本次未写入任何内容；请稍后重试"}
	for _, tt := range []struct {
		err    error
		reason string
		says   map[string]string
		never  map[string]string
	}{
		{rebuilding, "STORAGE_REBUILDING", anew, map[string]string{"en": "not known", "zh": "无法确定"}},
		{fmt.Errorf("%w: %w", storage.ErrFailed, rebuilding), "STORAGE_REBUILDING", anew, map[string]string{"en": "disk", "zh": "磁盘"}},
		{storage.ErrFailed, "STORAGE_FAILED", map[string]string{"en": "nothing was written", "zh": "未写入任何内容"}, map[string]string{"en": "not known", "zh": "无法确定"}},
		{storage.ErrUncertain, "WRITE_UNCERTAIN", map[string]string{"en": "not known whether it was written; send it again with the same id", "zh": "无法确定本次内容是否已写入；请用相同编号重新发送"}, map[string]string{"en": "nothing was written", "zh": "未写入"}},
		{uncertainOfFull, "WRITE_UNCERTAIN", map[string]string{"en": "not known whether it was written", "zh": "无法确定"}, map[string]string{"en": "nothing was written", "zh": "磁盘已满"}},
	} {
		for _, written := range []bool{false, true} {
			if written && !errors.Is(tt.err, storage.ErrUncertain) {
				continue
			}
			store := &doubtful{Engine: mem.Open()}
			w := newWorldOver(t, store)
			before := w.file(w.light("before"))
			store.written.Store(written)
			store.err.Store(&tt.err)
			said := func(what, lang string, err error) {
				t.Helper()
				w.want(err, codes.Unavailable, tt.says[lang])
				if reason, retry := advice(err); reason != tt.reason || retry < time.Second || strings.Contains(err.Error(), tt.never[lang]) {
					t.Errorf("%s: the phone is told %v, %q, again after %v", what, err, reason, retry)
				}
			}
			for lang := range tt.says {
				if !written { // else it is found at once
					_, err := w.reports().CreateReport(w.as(inspector, lang), &wanggev1.CreateReportRequest{Report: w.light("r-1")})
					said("a report", lang, err)
				}
				out, err := w.reports().BatchCreateReports(w.as(inspector, lang), &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{w.light("b-" + lang), w.light("c-" + lang)}})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range out.GetResults() {
					said("a report of a batch", lang, status.FromProto(r.GetStatus()).Err())
				}
				_, err = w.act(w.as(personOf(before.GetOwner().GetPerson()), lang), before, "a-1", caseAct("", &wanggev1.StartAct{}))
				if !written || lang == "en" && err != nil {
					said("an act", lang, err)
				}
				if written { // sent again it is known
					break
				}
			}
			store.err.Store(nil)
			names := map[string]bool{before.GetName(): true}
			for _, id := range []string{"r-1", "b-en", "c-en", "b-zh", "c-zh"} {
				cs, again := w.file(w.light(id)), w.file(w.light(id))
				if names[cs.GetName()] || cs.GetName() != again.GetName() {
					t.Errorf("%v, written %v: %s is %s and then %s", tt.err, written, id, cs.GetName(), again.GetName())
				}
				names[cs.GetName()] = true
			}
			if _, err := w.act(w.as(personOf(before.GetOwner().GetPerson()), "zh"), before, "a-1", caseAct("", &wanggev1.StartAct{})); err != nil {
				t.Errorf("the act, sent again: %v", err)
			}
			if r, err := w.desk.Check(t.Context(), fsck.CheckOptions{}); err != nil || !r.Whole() || r.Cases != 6 {
				t.Errorf("Check = %+v, %v; want six whole cases", r, err)
			}
			if strings.Contains(w.log.String(), "call failed") {
				t.Errorf("each refused call is logged:\n%s", w.log)
			}
		}
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
func TestDisk_TooManyWriters(t *testing.T) {
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
	if r, err := w.desk.Check(t.Context(), fsck.CheckOptions{}); err != nil || !r.Whole() || r.Cases != phones {
		t.Errorf("Check = %+v, %v; want %d whole cases", r, err, phones)
	}
}
