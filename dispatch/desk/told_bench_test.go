package desk_test

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"runtime/metrics"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/notify"
)

// toldDesk is a desk of BenchmarkTold, with the cost of its reports.
type toldDesk struct {
	*filing
	relay *outbox.Relay // nil: nothing is delivered
	took  time.Duration
	bytes uint64
}

// batch files 100 reports, delivers the notices that are due, and adds the cost of both.
func (t *toldDesk) batch(b *testing.B) {
	b.Helper()
	reports := make([]dispatch.Report, 100)
	for i := range reports {
		reports[i] = t.report()
	}
	bytes, began := allocated(), time.Now()
	for _, r := range t.d.FileBatch(b.Context(), t.person, reports) {
		if r.Err != nil {
			b.Fatal(r.Err)
		}
	}
	if t.relay != nil {
		if _, _, err := t.relay.DeliverDue(b.Context(), time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	t.took, t.bytes = t.took+time.Since(began), t.bytes+allocated()-bytes
}

// allocated is how many bytes have been allocated since the start.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// BenchmarkTold holds the cost of telling people beside its ceiling, filing at a desk without a channel, where nobody can
// be told. The desks file batches of 100 by turns, in the same run:
//
//   - "queued-time", "queued-bytes": the notices go to one channel and are stored with the reports, two keys for each recipient
//   - "delivered-time", "delivered-bytes": and a relay delivers what is due after each batch, with the gap of a server
//
// Each figure is that of the desk divided by that of the ceiling: 1 is no cost.
func BenchmarkTold(b *testing.B) {
	untold, queued := &toldDesk{filing: newFiling(b)}, &toldDesk{filing: newFiling(b, city.ChannelLog)}
	delivered := &toldDesk{filing: newFiling(b, city.ChannelLog)}
	log := slog.New(slog.NewTextHandler(io.Discard, nil)) //nolint:sloglint // its lines are formatted: that is part of the cost
	delivered.relay = delivered.d.Relay(outbox.RelayConfig{
		Channels: []notify.Channel{notify.Log{Log: log}}, Rand: rand.New(rand.NewPCG(1, 0)), Gap: time.Minute,
	})
	for b.Loop() {
		for _, t := range []*toldDesk{untold, queued, delivered} {
			t.batch(b)
		}
	}
	for name, t := range map[string]*toldDesk{"queued": queued, "delivered": delivered} {
		b.ReportMetric(float64(t.took)/float64(untold.took), name+"-time")
		b.ReportMetric(float64(t.bytes)/float64(untold.bytes), name+"-bytes")
	}
	b.ReportMetric(float64(untold.took)/float64(b.N)/100, "untold-ns/report")
	b.ReportMetric(0, "ns/op")
}
