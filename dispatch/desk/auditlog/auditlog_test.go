package auditlog_test

import (
	"context"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
	"wangge/storage/mem"
)

type room struct {
	*auditlog.Log
	e     *mem.Engine
	store *tx.Store
	city  *city.City
}

func open(t *testing.T) *room {
	t.Helper()
	e := mem.Open()
	store := desktest.Store(e, desktest.NewClock())
	r := revision.New(store)
	dir := desktest.Directory()
	c, err := r.Start(t.Context(), desktest.Compile(t, dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	return &room{auditlog.New(store, r), e, store, c}
}

// catchUp lets the log take in everything, and returns a verification.
func (r *room) catchUp(t *testing.T, old auditlog.AuditHead) auditlog.AuditReport {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for {
		report, err := r.VerifyAudit(t.Context(), old)
		if err != nil {
			t.Fatal(err)
		}
		if report.Unlogged == 0 {
			stop()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			return report
		}
	}
}

// Each act is a leaf, and an old head is a beginning of the log.
func TestLog_Grows(t *testing.T) {
	t.Parallel()
	r := open(t)
	desktest.File(t, r.store, r.city, desktest.First, desktest.Report("r-1"))
	first := r.catchUp(t, auditlog.AuditHead{})
	if !first.Whole() || first.Head.Size != 1 {
		t.Fatalf("one act = %+v, want one leaf", first)
	}
	desktest.Act(t, r.store, r.city, desktest.Owner, desktest.First, dispatch.Command{Act: dispatch.ActStart})
	second := r.catchUp(t, first.Head)
	if !second.Whole() || second.Head.Size != 2 {
		t.Fatalf("two acts = %+v, want two leaves", second)
	}
	if err := tlog.CheckTree(second.Proof, second.Head.Size, second.Head.Root, first.Head.Size, first.Head.Root); err != nil {
		t.Errorf("the proof does not hold: %v", err)
	}
	s, err := r.AuditNow(t.Context())
	if err != nil || s.Size != 2 || s.Unlogged != 0 || !s.Whole || s.Verified.IsZero() {
		t.Errorf("AuditNow = %+v, %v; want two leaves, verified", s, err)
	}
	if head, err := auditlog.ReadAuditHead(t.Context(), r.e); err != nil || head != second.Head {
		t.Errorf("ReadAuditHead = %v, %v; want %v", head, err, second.Head)
	}
}

// Nobody waits for what the log writes, and the log takes in no commit of its own.
func TestLog_IsPrivate(t *testing.T) {
	t.Parallel()
	r := open(t)
	desktest.File(t, r.store, r.city, desktest.First, desktest.Report("r-1"))
	acked := r.store.Acked()
	r.catchUp(t, auditlog.AuditHead{})
	if got := r.store.Acked(); got != acked {
		t.Errorf("lists wait for revision %d after the log was written, want %d", got, acked)
	}
}

// What is changed after it was logged is named.
func TestVerify_FindsWhatWasChanged(t *testing.T) {
	t.Parallel()
	r := open(t)
	for i := range 3 {
		desktest.File(t, r.store, r.city, desktest.First+dispatch.CaseID(i), desktest.Report(string(rune('a'+i))))
	}
	old := r.catchUp(t, auditlog.AuditHead{}).Head
	if _, err := r.e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: ledger.CaseKey(desktest.First + 1), Delete: true}}}); err != nil {
		t.Fatal(err)
	}
	report, err := auditlog.VerifyAudit(t.Context(), r.e, old)
	if err != nil || report.Whole() || len(report.Findings) == 0 || report.Findings[0].Case != desktest.First+1 {
		t.Errorf("VerifyAudit = %+v, %v; want the case that is gone", report, err)
	}
}

func TestParseAuditHead(t *testing.T) {
	t.Parallel()
	h := auditlog.AuditHead{Size: 7, Root: tlog.Hash{1, 2}}
	if got, err := auditlog.ParseAuditHead(h.String()); err != nil || got != h {
		t.Errorf("ParseAuditHead(%s) = %v, %v", h, got, err)
	}
	for _, bad := range []string{"", "7", "7:", "x:" + h.Root.String(), "-1:" + h.Root.String()} {
		if _, err := auditlog.ParseAuditHead(bad); err == nil {
			t.Errorf("ParseAuditHead(%q), want an error", bad)
		}
	}
}
