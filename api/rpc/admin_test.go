package rpc

import (
	"testing"
	"wangge/storage"
	"wangge/storage/mem"

	"google.golang.org/grpc/codes"

	wanggev1 "wangge/api/wangge/v1"
)

// The city's leader checks the store; nobody below him may.
func TestCheckStoreOverTheWire(t *testing.T) {
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
	if err != nil || r.GetOk() || r.GetFound() != 1 || r.GetFindings()[0].GetCase() != cs.GetName() || r.GetFindings()[0].GetMend() == "" {
		t.Errorf("CheckStore = %v, %v; want the stray entry of %s", r, err, cs.GetName())
	}
	if last, err := client.CheckStore(leader, &wanggev1.CheckStoreRequest{Last: true}); err != nil || last.GetFound() != 1 {
		t.Errorf("the last report = %v, %v", last, err)
	}
	if r, err = client.CheckStore(leader, &wanggev1.CheckStoreRequest{Repair: true}); err != nil || !r.GetOk() || r.GetRepaired() != 1 {
		t.Errorf("repair = %v, %v", r, err)
	}
}

// The audit log over the wire: empty at first, a head to keep, an old head that is none.
func TestVerifyAuditOverTheWire(t *testing.T) {
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
