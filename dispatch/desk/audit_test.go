package desk_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/record"
	"wangge/storage"
	"wangge/storage/mem"
)

// audited lets the log catch up with the store, and returns what a verification says.
func audited(t *testing.T, d *desk.Desk, old auditlog.AuditHead) auditlog.AuditReport {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.RunAudit(ctx) }()
	for {
		r, err := d.VerifyAudit(t.Context(), old)
		if err != nil {
			t.Fatal(err)
		}
		if r.Unlogged == 0 && r.Head.Size > 0 {
			stop()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			return r
		}
		runtime.Gosched()
	}
}

// Each act is a leaf, in a chain of its case; the log goes on after a restart, and an old head is a
// beginning of every later one, as anybody can check.
func TestAudit_GrowsAndProvesItsPast(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	defer store.Close()
	d, clock, cases := busy(t, store)
	first := audited(t, d, auditlog.AuditHead{})
	if !first.Whole() || first.Head.Size < int64(len(cases)) {
		t.Fatalf("the first log is %+v", first)
	}
	if h, err := auditlog.ReadAuditHead(t.Context(), store); err != nil || h != first.Head {
		t.Errorf("ReadAuditHead = %v, %v; want %v", h, err, first.Head)
	}
	clock.add(cases[0].Clock.Due.Sub(clock.Now()))
	if n, _, err := d.FireDue(t.Context(), clock.Now()); n == 0 || err != nil {
		t.Fatalf("FireDue = %d, %v", n, err)
	}
	later := audited(t, d, first.Head)
	if !later.Whole() || later.Head.Size <= first.Head.Size {
		t.Errorf("later %+v, want whole and longer than %v", later, first.Head)
	}
	if err := tlog.CheckTree(later.Proof, later.Head.Size, later.Head.Root, first.Head.Size, first.Head.Root); err != nil {
		t.Errorf("the proof does not hold: %v", err)
	}
	if r := checked(t, d, fsck.CheckOptions{}); !r.Whole() {
		t.Errorf("the self-check finds %+v", r.Findings)
	}
	parsed, err := auditlog.ParseAuditHead(later.Head.String())
	if err != nil || parsed != later.Head {
		t.Errorf("ParseAuditHead(%q) = %v, %v", later.Head, parsed, err)
	}
	for _, bad := range []string{"", "1", "0:" + first.Head.Root.String(), "x:y", "3:AAAA"} {
		if _, err := auditlog.ParseAuditHead(bad); err == nil {
			t.Errorf("ParseAuditHead(%q) = nil", bad)
		}
	}
}

// Whatever is changed or removed is found, with the case and the events; and who writes the whole log
// anew after it is given away by a head that somebody kept.
func TestAudit_TamperingIsFound(t *testing.T) {
	t.Parallel()
	event := func(t *testing.T, store storage.Engine) (storage.Item, []dispatch.Event) {
		t.Helper()
		for _, it := range entries(t, store, "e/") {
			events, err := record.DecodeEvents(it.Value)
			if err != nil {
				t.Fatal(err)
			}
			if events[0].Kind == dispatch.EventStarted {
				return it, events
			}
		}
		t.Fatal("nobody started")
		return storage.Item{}, nil
	}
	change := func(t *testing.T, store storage.Engine) (dispatch.CaseID, storage.Op) {
		t.Helper()
		it, events := event(t, store)
		events[0].Actor = "p-somebody-else"
		val, err := record.EncodeEvents(events)
		if err != nil {
			t.Fatal(err)
		}
		return dispatch.CaseID(binary.BigEndian.Uint64(it.Key[2:])), storage.Op{Key: it.Key, Value: val}
	}
	for name, tamper := range map[string]func(*testing.T, storage.Engine) (dispatch.CaseID, storage.Op){
		"an event is changed": change,
		"an event is removed": func(t *testing.T, s storage.Engine) (dispatch.CaseID, storage.Op) {
			t.Helper()
			it, _ := event(t, s)
			return dispatch.CaseID(binary.BigEndian.Uint64(it.Key[2:])), storage.Op{Key: it.Key, Delete: true}
		},
		"a leaf is removed": func(t *testing.T, s storage.Engine) (dispatch.CaseID, storage.Op) {
			t.Helper()
			return 0, storage.Op{Key: entries(t, s, "k/")[2].Key, Delete: true}
		},
		"a hash of the tree is changed": func(t *testing.T, s storage.Engine) (dispatch.CaseID, storage.Op) {
			t.Helper()
			it := entries(t, s, "y/")[2]
			return 0, storage.Op{Key: it.Key, Value: bytes.Repeat([]byte{7}, 32)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := mem.Open()
			defer store.Close()
			d, _, _ := busy(t, store)
			audited(t, d, auditlog.AuditHead{})
			id, op := tamper(t, store)
			write(t, store, op)
			r, err := d.VerifyAudit(t.Context(), auditlog.AuditHead{})
			if err != nil || r.Whole() {
				t.Fatalf("VerifyAudit = %+v, %v; want it found", r, err)
			}
			if f := r.Findings[0]; id != 0 && (f.Case != id || f.First == 0 || !strings.Contains(f.What.En, id.String())) || f.What.Zh == "" {
				t.Errorf("found %+v, want case %s", f, id)
			}
		})
	}

	store := mem.Open()
	defer store.Close()
	d, _, _ := busy(t, store)
	kept := audited(t, d, auditlog.AuditHead{}).Head
	_, op := change(t, store)
	write(t, store, op)
	var forget []storage.Op
	for _, prefix := range []string{"k/", "y/", "h/", "m/audit"} {
		for _, it := range entries(t, store, prefix) {
			forget = append(forget, storage.Op{Key: it.Key, Delete: true})
		}
	}
	write(t, store, forget...)
	if forged := audited(t, d, auditlog.AuditHead{}); !forged.Whole() || forged.Head == kept {
		t.Fatalf("the log written anew is %+v", forged)
	}
	if r, err := d.VerifyAudit(t.Context(), kept); err != nil || r.Consistent || r.Whole() {
		t.Errorf("the head that was kept against the forged log: %+v, %v; want it given away", r, err)
	}
	if r, err := d.VerifyAudit(t.Context(), auditlog.AuditHead{Size: kept.Size + 100, Root: kept.Root}); err != nil || r.Whole() {
		t.Errorf("a log that lost its end: %+v, %v", r, err)
	}
}
