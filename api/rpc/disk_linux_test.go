package rpc

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/desk/fsck"
	"wangge/storage/bolt"
	"wangge/storage/faultinject/faultfs"
)

func init() { faultfs.Main() } // it serves the disk in the child that Mount starts

// Over the whole service: writes and syncs of its store fail, the power goes, and phones send again what was not
// acknowledged, under the same id. What was acknowledged is there under the number that was given, nothing is there
// twice, and what is said of a failure is UNAVAILABLE or that the disk is full. Needs /dev/fuse and root: without them the
// test is skipped, or fails when WANGGE_FUSE is set. WANGGE_DEEP is a hundred times the number of trials.
func TestDisk_PhonesSendAgainWhileItFails(t *testing.T) {
	disk, err := faultfs.Mount(t.TempDir())
	if errors.Is(err, faultfs.ErrNoFUSE) && os.Getenv("WANGGE_FUSE") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	trials := 2
	if n, err := strconv.Atoi(os.Getenv("WANGGE_DEEP")); err == nil {
		trials = max(trials, n/100)
	}
	hits := 0
	for n := range trials {
		hits += phonesSendAgain(t, disk, uint64(n+1))
	}
	if hits == 0 {
		t.Error("nothing failed")
	}
}

func phonesSendAgain(t *testing.T, disk *faultfs.Disk, seed uint64) (hits int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 61))
	name := fmt.Sprintf("store-%d.db", seed)
	path := filepath.Join(disk.Dir, name)
	const phones, each, tries = 12, 5, 40
	rules := []faultfs.Rule{
		{File: name, Op: faultfs.HeadSync, Skip: rng.IntN(4), Count: 1, Errno: syscall.EIO, Effect: faultfs.Drops},
		{File: name, Op: faultfs.HeadSync, Skip: 3 + rng.IntN(4), Count: 1 + rng.IntN(3), Errno: syscall.ENOSPC, Effect: []faultfs.Effect{faultfs.Nothing, faultfs.Drops, faultfs.All}[rng.IntN(3)]},
		{Op: faultfs.AnyWrite, Skip: 20 + rng.IntN(60), Count: 1 + rng.IntN(4), Errno: syscall.EDQUOT, Effect: faultfs.Part},
	}
	acked := map[string]string{}
	t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
		store, err := bolt.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorldOver(t, store)
		t.Cleanup(func() { // before the service is stopped
			if err := disk.Cut(seed, rng.IntN(2) == 0); err != nil {
				t.Error(err)
			}
		})
		for _, r := range rules {
			if err := disk.Fail(r); err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for phone := range phones {
			wg.Go(func() {
				for i := range each {
					id := fmt.Sprint("p", phone, "-", i)
					for range tries {
						resp, err := w.reports().CreateReport(w.as(inspector, "zh"), &wanggev1.CreateReportRequest{Report: w.light(id)})
						if err == nil {
							mu.Lock()
							acked[id] = resp.GetCase().GetName()
							mu.Unlock()
							break
						}
						reason, _ := advice(err)
						switch status.Code(err) {
						case codes.Unavailable:
							if reason != "WRITE_UNCERTAIN" && reason != "STORAGE_FAILED" {
								t.Errorf("a phone is answered %v, %q", err, reason)
							}
						case codes.ResourceExhausted:
							if reason != "STORAGE_FULL" && reason != "BUSY" {
								t.Errorf("a phone is answered %v, %q", err, reason)
							}
						default:
							t.Errorf("a phone is answered %v", err)
						}
						<-time.After(20 * time.Millisecond)
					}
				}
			})
		}
		wg.Wait()
		if hits, err = disk.Clear(); err != nil {
			t.Error(err)
		}
	})
	if err := disk.On(); err != nil {
		t.Fatal(err)
	}
	t.Run(fmt.Sprint("seed ", seed, " after the power cut"), func(t *testing.T) {
		store, err := bolt.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorldOver(t, store)
		owner := map[string]string{}
		for phone := range phones {
			for i := range each {
				id := fmt.Sprint("p", phone, "-", i)
				resp, err := w.reports().CreateReport(w.as(inspector, "zh"), &wanggev1.CreateReportRequest{Report: w.light(id)})
				if err != nil {
					t.Fatal(err)
				}
				is := resp.GetCase().GetName()
				if was, ok := acked[id]; ok && (was != is || resp.GetCreated()) {
					t.Errorf("%s was acknowledged as %s and is %s, created %v", id, was, is, resp.GetCreated())
				}
				if other := owner[is]; other != "" {
					t.Errorf("%s is %s and %s", is, other, id)
				}
				owner[is] = id
			}
		}
		if r, err := w.desk.Check(t.Context(), fsck.CheckOptions{}); err != nil || !r.Whole() || r.Cases != phones*each {
			t.Errorf("Check = %+v, %v; want %d whole cases", r, err, phones*each)
		}
		t.Logf("%d operations failed, %d of %d reports acknowledged before the power cut", hits, len(acked), phones*each)
	})
	return hits
}
