package rpc

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/storage/bolt"
)

// hurtKeys flips a bit of each block of keys in a file that an engine has open.
func hurtKeys(t *testing.T, path string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	u32 := func(at int) int { return int(binary.NativeEndian.Uint32(file[at:])) }
	const leaf, page = 2, 4096
	for at := 2 * page; at+page <= len(file); at += page {
		if binary.NativeEndian.Uint16(file[at+8:]) != leaf {
			continue
		}
		for i := range int(binary.NativeEndian.Uint16(file[at+10:])) {
			element := at + 16 + 16*i
			last := element + u32(element+4) + u32(element+8) + u32(element+12) - 1
			if u32(element) != 0 || last >= len(file) { // a bucket, or a page that is free
				continue
			}
			if _, err := f.WriteAt([]byte{file[last] ^ 1}, int64(last)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A server whose keys are damaged while it runs tells callers to try again, makes the keys anew, and serves every case
// again without a restart.
func TestRebuild_DamagedKeysServeAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	store, err := bolt.OpenTight(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	told := make(chan string, 8)
	store.SetLog(slog.New(slog.NewTextHandler(lineWriter(told), nil)))
	w := newWorldOver(t, store)
	var reports []*wanggev1.Report
	for n := range 64 {
		reports = append(reports, w.light(fmt.Sprint("r-", n)))
	}
	out, err := w.reports().BatchCreateReports(w.as(inspector, "en"), &wanggev1.BatchCreateReportsRequest{Reports: reports})
	if err != nil {
		t.Fatal(err)
	}
	var cases []*wanggev1.Case
	for _, r := range out.GetResults() {
		cases = append(cases, r.GetFiled().GetCase())
	}
	late := time.After(time.Minute)
	for n := 0; store.Stats().Ops > 128; n++ { // a commit lets what was written before be folded, in the background
		w.file(w.light(fmt.Sprint("later-", n)))
		select {
		case <-late:
			t.Fatalf("after a minute %d keys are not folded", store.Stats().Ops)
		default:
		}
	}
	hurtKeys(t, bolt.KeysPath(path))
	for whole := false; !whole; {
		for _, c := range cases {
			_, err := w.cases().GetCase(w.as(inspector, "en"), &wanggev1.GetCaseRequest{Name: c.GetName()})
			if reason, retry := advice(err); err != nil && (status.Code(err) != codes.Unavailable || reason != "STORAGE_REBUILDING" || retry == 0) {
				t.Fatalf("a read says %v, %q, again after %v", err, reason, retry)
			}
		}
		select {
		case line := <-told:
			whole = strings.Contains(line, "have been made anew")
		case <-late:
			t.Fatalf("after a minute Health = %v", store.Health(t.Context()))
		default:
		}
	}
	for _, c := range cases {
		if _, err := w.cases().GetCase(w.as(inspector, "en"), &wanggev1.GetCaseRequest{Name: c.GetName()}); err != nil {
			t.Errorf("case %s after the rebuild: %v", c.GetName(), err)
		}
	}
	if err := store.Health(t.Context()); err != nil {
		t.Errorf("Health = %v", err)
	}
	w.file(w.light("after"))
}

// lineWriter hands on each line that is logged.
type lineWriter chan string

func (l lineWriter) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}
