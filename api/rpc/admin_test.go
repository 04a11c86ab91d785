package rpc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/grpc/codes"

	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"
)

// The city's leader checks the store; nobody of a lower rank may.
func TestAdmin_CheckStore(t *testing.T) {
	store := mem.Open()
	w := newWorldOver(t, store)
	cs := w.file(w.light("r-1"))
	client := wanggev1.NewAdminServiceClient(w.conn)
	_, err := client.CheckStore(w.as(inspector, "en"), &wanggev1.CheckStoreRequest{})
	w.want(err, codes.PermissionDenied, "leader")
	leader := w.as("p-leader", "zh")
	_, err = client.CheckStore(leader, &wanggev1.CheckStoreRequest{Last: true})
	w.want(err, codes.FailedPrecondition, "尚未")
	_, err = client.CheckStore(leader, &wanggev1.CheckStoreRequest{MaxFindings: 5000, Last: true, Repair: true})
	w.want(err, codes.InvalidArgument, "max_findings", "last")
	r, err := client.CheckStore(leader, &wanggev1.CheckStoreRequest{})
	if err != nil || !r.GetOk() || r.GetCases() != 1 || r.GetTimers() != 1 || r.GetCheckTime() == nil {
		t.Errorf("CheckStore = %v, %v; want one sound case", r, err)
	}
	if _, err := store.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: []byte("s/\x01nowhere\x00\x00\x47\xfa\xa3\x9e\xf6\x20\x01")}}}); err != nil {
		t.Fatal(err)
	}
	r, err = client.CheckStore(leader, &wanggev1.CheckStoreRequest{})
	if err != nil || r.GetOk() || r.GetFound() != 1 || r.GetFindings()[0].GetKind() != wanggev1.FindingKind_FINDING_KIND_POSTING_STRAY || r.GetFindings()[0].GetCase() != cs.GetName() || r.GetFindings()[0].GetFix() == "" {
		t.Errorf("CheckStore = %v, %v; want the stray entry of %s", r, err, cs.GetName())
	}
	if last, err := client.CheckStore(leader, &wanggev1.CheckStoreRequest{Last: true}); err != nil || last.GetFound() != 1 {
		t.Errorf("the last report = %v, %v", last, err)
	}
	if r, err = client.CheckStore(leader, &wanggev1.CheckStoreRequest{Repair: true}); err != nil || !r.GetOk() || r.GetRepaired() != 1 {
		t.Errorf("repair = %v, %v", r, err)
	}
}

// A check says what was read of the files and compared with checksums, and how many places of them are damaged.
func TestAdmin_CheckStoreCountsChecksums(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	store, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	w := newWorldOver(t, store)
	w.file(w.light("needle"))
	var more []*wanggev1.Report
	for n := range 32 {
		more = append(more, w.light(fmt.Sprint("more-", n)))
	}
	if _, err := w.reports().BatchCreateReports(w.as(inspector, "en"), &wanggev1.BatchCreateReportsRequest{Reports: more}); err != nil {
		t.Fatal(err)
	}
	client, leader := wanggev1.NewAdminServiceClient(w.conn), w.as("p-leader", "en")
	sound, err := client.CheckStore(leader, &wanggev1.CheckStoreRequest{})
	if err != nil || sound.GetPages() == 0 || sound.GetRecords() == 0 || sound.GetSealed() != sound.GetRecords() || sound.GetBlocks() == 0 || sound.GetDamaged() != 0 || !sound.GetOk() {
		t.Errorf("CheckStore = %v, %v", sound, err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for at := range file { // of a page that is free, too
		if bytes.HasPrefix(file[at:], []byte("needle")) {
			if _, err := f.WriteAt([]byte("x"), int64(at)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, req := range []*wanggev1.CheckStoreRequest{{}, {Last: true}} {
		hurt, err := client.CheckStore(leader, req)
		if err != nil || hurt.GetDamaged() != 1 || hurt.GetFound() != 1 || hurt.GetOk() {
			t.Errorf("CheckStore(%v) = %v, %v; want one damaged place", req, hurt, err)
		}
	}
}

// The audit log over the wire: empty at first, a head to keep, an old head that is none.
func TestAdmin_VerifyAudit(t *testing.T) {
	w := newWorld(t)
	w.file(w.light("r-1"))
	client := wanggev1.NewAdminServiceClient(w.conn)
	_, err := client.VerifyAudit(w.as(inspector, "en"), &wanggev1.VerifyAuditRequest{})
	w.want(err, codes.PermissionDenied, "leader")
	leader := w.as("p-leader", "en")
	_, err = client.VerifyAudit(leader, &wanggev1.VerifyAuditRequest{OldHead: "x"})
	w.want(err, codes.InvalidArgument, "SIZE:HASH")
	r, err := client.VerifyAudit(leader, &wanggev1.VerifyAuditRequest{})
	if err != nil || !r.GetOk() || r.GetUnlogged() != 1 {
		t.Errorf("VerifyAudit before the log is written = %v, %v; want one act to come", r, err)
	}
}

// A page token that leads to no notice is refused as one of another list.
func TestAdmin_DeadLettersRefuseAForgedToken(t *testing.T) {
	w := newWorld(t)
	token, err := request.Next(&wanggev1.ListDeadLettersRequest{}, "no notice")
	if err != nil {
		t.Fatal(err)
	}
	_, err = wanggev1.NewAdminServiceClient(w.conn).ListDeadLetters(w.as("p-leader", "en"), &wanggev1.ListDeadLettersRequest{PageToken: token})
	w.want(err, codes.InvalidArgument, "page_token")
}
