package fsck

import (
	"runtime"
	"runtime/metrics"
)

// checkGarbage is how much a check lets the process allocate before a garbage collection. A server lets garbage grow
// to several times its live memory, and a check decodes every case: without this bound a check would need as much
// memory as all cases together. The check's own memory is bounded by mostRead cases and the findings of one slice.
const checkGarbage = 64 << 20

// breathEvery is the number of keys between two measurements of allocation.
const breathEvery = 256

// breath counts the allocations of the process.
type breath struct {
	keys   int
	sample [1]metrics.Sample
	since  uint64 // allocated at the last collection
}

// take is called for each key.
func (b *breath) take() {
	if b.keys++; b.keys%breathEvery != 0 {
		return
	}
	if b.sample[0].Name == "" {
		b.sample[0].Name = "/gc/heap/allocs:bytes"
	}
	metrics.Read(b.sample[:])
	switch now := b.sample[0].Value.Uint64(); {
	case b.since == 0:
		b.since = now
	case now-b.since >= checkGarbage:
		runtime.GC()
		b.since = now
	}
}
