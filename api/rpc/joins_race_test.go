package rpc

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"
)

// between is an engine that calls a function once, between the snapshot of a transaction and its commit.
type between struct {
	storage.Engine
	mu sync.Mutex
	do func()
}

func (b *between) Commit(ctx context.Context, batch storage.Batch) (storage.Revision, error) {
	b.mu.Lock()
	do := b.do
	b.do = nil
	b.mu.Unlock()
	if do != nil {
		do()
	}
	return b.Engine.Commit(ctx, batch)
}

func (b *between) next(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.do = do
}

// A report of severity A that is merged while somebody voids, closes by force, downgrades or suspends the case that takes it in: one of
// the two is decided again, and the report is never lost in a case on which nobody works urgently.
func TestMerge_UrgentReportRacesWithTheEndOfItsCase(t *testing.T) {
	t.Parallel()
	const office = "p-acceptor-3"
	working := func(w *world) *wanggev1.Case {
		cs := w.file(w.light("first"))
		if _, err := w.actOn(w.as("p-lighting-owner", "en"), cs.GetName(), "start", caseAct("", &wanggev1.StartAct{})); err != nil {
			w.t.Fatal(err)
		}
		return cs
	}
	byReport := func(w *world, into string) error {
		r := w.light("urgent")
		r.Joins = into
		resp, err := w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: r})
		if err == nil && resp.GetCase().GetSeverity() != wanggev1.Severity_SEVERITY_A {
			w.t.Errorf("the report is of severity %v", resp.GetCase().GetSeverity())
		}
		return err
	}
	byOffice := func(w *world, into string) error {
		cs := w.file(w.light("urgent"))
		_, err := w.actOn(w.as(office, "en"), cs.GetName(), "merge", caseAct("", &wanggev1.MergeAct{Target: into}))
		return err
	}
	for _, tt := range []struct {
		name   string
		person roster.PersonID
		act    func(w *world) proto.Message
	}{
		{"voids it", "p-chief-day", func(*world) proto.Message { return &wanggev1.VoidAct{} }},
		{"asks to close it by force", "p-chief-day", func(*world) proto.Message { return &wanggev1.ForceCloseAct{} }},
		{"downgrades it", office, func(*world) proto.Message {
			return &wanggev1.ReclassifyAct{Category: "C0101", Condition: "3"}
		}},
		{"asks to put it off", "p-lighting-owner", func(w *world) proto.Message {
			return &wanggev1.SuspendAct{ResumeTime: timestamppb.New(w.Now().Add(48 * time.Hour))}
		}},
	} {
		for how, merge := range map[string]func(w *world, into string) error{"a report that joins": byReport, "the office's merge": byOffice} {
			t.Run(tt.name+", "+how, func(t *testing.T) {
				store, err := bolt.Open(filepath.Join(t.TempDir(), "store"))
				if err != nil {
					t.Fatal(err)
				}
				gate := &between{Engine: store}
				w := newWorldOver(t, gate)
				cs := working(w)
				gate.next(func() {
					if err := merge(w, cs.GetName()); err != nil {
						t.Errorf("the merge, which commits first: %v", err)
					}
				})
				_, err = w.actOn(w.as(tt.person, "en"), cs.GetName(), "end", caseAct("said so", tt.act(w)))
				w.want(err, codes.FailedPrecondition, "severity A", "unmerge")
				got, err := w.cases().GetCase(w.as("p-leader", "en"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
				if err != nil || got.GetStage() != cs.GetStage() && got.GetStage() != wanggev1.Stage_STAGE_HANDLING {
					t.Errorf("the case is %v, %v", got.GetStage(), err)
				}
				report, err := wanggev1.NewAdminServiceClient(w.conn).CheckStore(w.as("p-leader", "en"), &wanggev1.CheckStoreRequest{})
				if err != nil || !report.GetOk() {
					t.Errorf("the store check: %v, %v", report, err)
				}
			})
		}
	}
}

// The other way round: the case ends between the snapshot and the commit of the merge, which is then refused or left as a
// proposal.
func TestMerge_TargetEndsBetweenSnapshotAndCommit(t *testing.T) {
	t.Parallel()
	gate := &between{Engine: mem.Open()}
	w := newWorldOver(t, gate)
	r := w.light("first")
	r.Source = wanggev1.Source_SOURCE_HOTLINE
	first := w.fileAs("p-acceptor-3", r)
	void := func() {
		if _, err := w.actOn(w.as("p-acceptor-3", "en"), first.GetName(), "void", caseAct("a test", &wanggev1.VoidAct{})); err != nil {
			t.Errorf("void: %v", err)
		}
	}
	urgent := w.light("urgent")
	urgent.Joins = first.GetName()
	gate.next(void)
	cs := w.file(urgent)
	if cs.GetStage() == wanggev1.Stage_STAGE_MERGED || cs.GetProposedDuplicateOf() != first.GetName() || cs.GetDueTime() == nil {
		t.Errorf("the report became %s of %v", strings.ToLower(cs.GetStage().String()), cs)
	}
}
