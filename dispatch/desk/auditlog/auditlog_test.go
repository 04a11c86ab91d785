package auditlog_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
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

// change writes a change of the campaign of snow, as the room of campaigns does.
func (r *room) change(t *testing.T, number uint64, stopped time.Time) {
	t.Helper()
	categories, err := catalog.ParsePattern(desktest.Matter)
	if err != nil {
		t.Fatal(err)
	}
	run := city.CampaignRun{
		Campaign: city.Campaign{ID: "snow", Name: "降雪", Categories: categories, AfterDays: 5}, Run: 1, Change: number,
		StartedAt: desktest.Start, StoppedAt: stopped, By: desktest.Chief, At: desktest.Start,
	}
	val, err := record.EncodeCampaignRun(&run)
	if err != nil {
		t.Fatal(err)
	}
	r.commit(t, storage.Op{Key: ledger.CampaignKey(number), Value: val}, storage.Op{Key: ledger.CampaignsKey, Value: ledger.U64(nil, number)})
}

func (r *room) commit(t *testing.T, ops ...storage.Op) {
	t.Helper()
	err := r.store.Do(t.Context(), "change", func(_ context.Context, txn *tx.Txn) error {
		for _, op := range ops {
			if op.Delete {
				txn.Delete(op.Key)
			} else {
				txn.Put(op.Key, op.Value)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Each change of a campaign is a leaf. A stop that is changed or taken away later is found, and so is one that is written anew
// with its leaf, by an old head.
func TestLog_HasChangesOfCampaigns(t *testing.T) {
	t.Parallel()
	stopped := desktest.Start.Add(time.Hour)
	for name, tt := range map[string]struct {
		tamper func(*testing.T, *room)
		want   string
	}{
		"a stop is moved": {func(t *testing.T, r *room) { t.Helper(); r.change(t, 2, stopped.Add(time.Hour)) }, "change 2 of campaigns, or one before it, is not what was logged"},
		"a stop is removed": {func(t *testing.T, r *room) {
			t.Helper()
			r.commit(t, storage.Op{Key: ledger.CampaignKey(2), Delete: true})
		}, "change 2 of campaigns is gone"},
		"a start is damaged": {func(t *testing.T, r *room) {
			t.Helper()
			r.commit(t, storage.Op{Key: ledger.CampaignKey(1), Value: []byte("x")})
		}, "change 1 of campaigns, or one before it, is not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t)
			desktest.File(t, r.store, r.city, desktest.First, desktest.Report("r-1"))
			r.change(t, 1, time.Time{})
			first := r.catchUp(t, auditlog.AuditHead{})
			if !first.Whole() || first.Head.Size != 2 {
				t.Fatalf("a case and a start = %+v, want two leaves", first)
			}
			r.change(t, 2, stopped)
			old := r.catchUp(t, first.Head)
			if !old.Whole() || old.Head.Size != 3 {
				t.Fatalf("and a stop = %+v, want three leaves", old)
			}
			if s, err := r.AuditNow(t.Context()); err != nil || s.Size != 3 || s.Unlogged != 0 {
				t.Errorf("AuditNow = %+v, %v", s, err)
			}
			tt.tamper(t, r)
			report, err := auditlog.VerifyAudit(t.Context(), r.e, old.Head)
			if err != nil || report.Whole() || !strings.HasPrefix(report.Findings[0].What.En, tt.want) || report.Findings[0].Change == 0 ||
				report.Findings[0].Case != 0 || report.Findings[0].What.Zh == "" {
				t.Errorf("VerifyAudit = %+v, %v; want %q", report.Findings, err, tt.want)
			}
		})
	}
}

// A log that an earlier version wrote has no changes of campaigns. It verifies as it is, and takes them in when it goes on.
func TestLog_TakesInOlderChanges(t *testing.T) {
	t.Parallel()
	r := open(t)
	desktest.File(t, r.store, r.city, desktest.First, desktest.Report("r-1"))
	kept := r.catchUp(t, auditlog.AuditHead{}).Head
	r.change(t, 1, time.Time{})
	r.change(t, 2, desktest.Start.Add(time.Hour))
	desktest.Act(t, r.store, r.city, desktest.Owner, desktest.First, dispatch.Command{Act: dispatch.ActStart})
	snap, err := r.e.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	// The earlier version has come past the changes.
	r.commit(t, storage.Op{Key: ledger.AuditKey, Value: ledger.U64(ledger.U64(nil, uint64(kept.Size)), uint64(snap.Revision())-1)})
	report, err := auditlog.VerifyAudit(t.Context(), r.e, kept)
	if err != nil || !report.Whole() || report.Unlogged != 3 {
		t.Fatalf("the older log = %+v, %v; want it whole, with an act and two changes to come", report, err)
	}
	if report := r.catchUp(t, kept); !report.Whole() || report.Head.Size != 4 {
		t.Errorf("the log that went on = %+v, want four leaves", report)
	}
	if report := r.catchUp(t, kept); report.Head.Size != 4 {
		t.Errorf("the log that was opened again = %+v, want four leaves", report)
	}
}
