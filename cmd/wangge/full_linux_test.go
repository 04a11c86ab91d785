package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// smallDisk is a directory on a disk of its own with so many bytes. It needs the right to mount:
// without it the test is skipped, or fails when WANGGE_MOUNT is set.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprint("mode=700,size=", bytes)); err != nil {
		if os.Getenv("WANGGE_MOUNT") != "" {
			t.Fatalf("mount: %v", err)
		}
		t.Skipf("no disk of its own can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// The disk of the real binary runs full under load, while timers fire: phones are told so, the log
// says it once, no message is sent again and again, and when somebody makes room the same process goes
// on: nothing that was acknowledged is lost, and the store is whole.
func TestFull_DiskRunsFull(t *testing.T) {
	disk := smallDisk(t, 41<<20)
	data := filepath.Join(disk, "data")
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 40<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	o, binary := newOutside(t, 0, data), realBinary(t)
	p := o.serve(binary)
	defer func() { p.kill() }()
	const refusals, phones = 400, 8
	var refused atomic.Int64
	var wg sync.WaitGroup
	for phone := range phones {
		wg.Go(func() {
			for i := 0; refused.Load() < refusals; i++ {
				_, err := o.file(p, fmt.Sprint("r-", phone, "-", i))
				if err == nil {
					continue
				}
				refused.Add(1)
				reason, again := "", time.Duration(0)
				for _, d := range status.Convert(err).Details() {
					switch d := d.(type) {
					case *errdetails.ErrorInfo:
						reason = d.GetReason()
					case *errdetails.RetryInfo:
						again = d.GetRetryDelay().AsDuration()
					}
				}
				if status.Code(err) != codes.ResourceExhausted || reason != "STORAGE_FULL" || again <= 0 {
					t.Errorf("a full disk is answered %v, %q, again after %v", err, reason, again)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := o.file(p, "room-again"); err != nil {
		t.Errorf("with room again a report is answered %v", err)
	}
	o.settle(time.Minute)
	for _, w := range o.verify(p) {
		t.Error(w)
	}
	most := 0
	for _, n := range o.received {
		most = max(most, n)
	}
	if most != 1 {
		t.Errorf("a notice was received %d times by who was never down", most)
	}
	p.kill()
	lines := map[string]int{}
	for line := range strings.Lines(p.log.String()) {
		for _, text := range []string{"disk is full", "room again", "call failed", "trying again"} {
			if strings.Contains(line, text) {
				lines[text]++
			}
		}
	}
	if lines["disk is full"] < 1 || lines["disk is full"] > 3 || lines["room again"] < 1 || lines["call failed"]+lines["trying again"] > 0 {
		t.Errorf("%d refusals are logged as\n%s", refused.Load(), p.log)
	}
	if r, err := checkedStore(t, data); err != nil || !r.Whole() {
		t.Errorf("the store is not whole: %+v, %v", r, err)
	}
	t.Logf("%d reports acknowledged, %d refused, %d notices received", len(o.acked), refused.Load(), len(o.received))
}
