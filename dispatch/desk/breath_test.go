package desk_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/desk/fsck"
	"wangge/storage/mem"
)

// With the collector off, as it is at worst between two collections of a large server, a check still leaves no
// more behind than its bound and what 256 keys take.
func TestCheck_CollectsItsGarbage(t *testing.T) {
	store := mem.Open()
	defer store.Close()
	d, _ := openOn(t, store)
	defer d.Close()
	for n := 0; n < 8000; {
		var batch []dispatch.Report
		for range 200 {
			n++
			batch = append(batch, report(tree, fmt.Sprint("r-", n)))
		}
		for _, r := range d.FileBatch(t.Context(), chief, batch) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
	}
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if r, err := d.Check(t.Context(), fsck.CheckOptions{}); err != nil || !r.Whole() {
		t.Fatalf("%+v, %v", r, err)
	}
	runtime.ReadMemStats(&after)
	const bound = 128 << 20
	if made := after.TotalAlloc - before.TotalAlloc; made < bound {
		t.Fatalf("the check makes %d MiB of garbage: too little to show anything", made>>20)
	}
	if after.HeapAlloc > before.HeapAlloc+bound {
		t.Errorf("the heap rose from %d to %d MiB", before.HeapAlloc>>20, after.HeapAlloc>>20)
	}
}
