package desk_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/storage/bolt"
)

// heap is the bytes of objects in memory, dead or alive.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// BenchmarkCheckOpenCases checks a store of open cases as a server does at its start, with a server's garbage
// collection, and reports how far the heap rises meanwhile above what is in use. WANGGE_DEEP is how many cases,
// 10,000 without it: the rise must not depend on it.
func BenchmarkCheckOpenCases(b *testing.B) {
	cases := 10_000
	if deep := os.Getenv("WANGGE_DEEP"); deep != "" {
		var err error
		if cases, err = strconv.Atoi(deep); err != nil {
			b.Fatal(err)
		}
	}
	store, err := bolt.Open(filepath.Join(b.TempDir(), "desk.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	d, _ := openWith(b, store, desk.Config{City: citytest.Harbin(b)})
	defer d.Close()
	for n := 0; n < cases; {
		var batch []dispatch.Report
		for range min(200, cases-n) {
			n++
			batch = append(batch, report("E0110", fmt.Sprint("r-", n)))
		}
		for _, r := range d.FileBatch(b.Context(), harbinLeader, batch) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	rise := uint64(0)
	for b.Loop() {
		runtime.GC()
		before := heap()
		ctx, stop := context.WithCancel(b.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			for ctx.Err() == nil {
				if now := heap(); now > before {
					rise = max(rise, now-before)
				}
				runtime.Gosched()
			}
		})
		r, err := d.Check(b.Context(), fsck.CheckOptions{})
		stop()
		wg.Wait()
		if err != nil || !r.Whole() || r.Open != cases {
			b.Fatalf("%+v, %v", r, err)
		}
	}
	b.ReportMetric(float64(rise)/(1<<20), "MiB-rise")
}
