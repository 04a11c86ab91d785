package fsck

import (
	"runtime"
	"runtime/metrics"
)

// checkGarbage is how many bytes a check lets the process allocate before it collects what is no longer used. A
// server lets garbage grow to several times what it keeps, and a check decodes every case: without this bound a
// check of many cases would take as much memory as all of them together. What a check itself keeps is
// bounded by mostRead cases and the findings of one slice.
const checkGarbage = 64 << 20

// breathEvery is after how many keys a check reads how much was allocated.
const breathEvery = 256

// breath counts what the process allocates.
type breath struct {
	keys   int
	sample [1]metrics.Sample
	since  uint64 // allocated when it was last collected
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
