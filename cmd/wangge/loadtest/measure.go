package loadtest

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Measure is the result of one phase. Latencies are in milliseconds and count from the instant at which a call was due, so that a service
// that stalls can't hide the calls that waited (no coordinated omission).
type Measure struct {
	Phase     string             `json:"phase"`
	Seconds   float64            `json:"seconds"`
	Done      int64              `json:"done"`
	PerSecond float64            `json:"per_second"`
	Errors    int64              `json:"errors"`
	FirstErr  string             `json:"first_error,omitempty"`
	P50       float64            `json:"p50_ms"`
	P99       float64            `json:"p99_ms"`
	P999      float64            `json:"p999_ms"`
	Max       float64            `json:"max_ms"`
	Figures   map[string]float64 `json:"figures,omitempty"` // ratios and other figures of this phase, by name
	Curve     []curvePoint       `json:"curve,omitempty"`   // latency by percentile
}

// curvePoint is the latency at a percentile.
type curvePoint struct {
	Percentile float64 `json:"percentile"`
	Ms         float64 `json:"ms"`
}

// meter collects the latencies of one phase. Safe for concurrent use.
type meter struct {
	mu    sync.Mutex
	hist  histogram
	done  int64
	errs  int64
	first error
}

// add records one call that did a number of items. A failed call counts as an error alone.
func (m *meter) add(took time.Duration, items int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		if m.errs++; m.first == nil {
			m.first = err
		}
		return
	}
	m.done += items
	m.hist.add(took)
}

// result is what was collected in the time that the phase took.
func (m *meter) result(phase string, took time.Duration) Measure {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := Measure{
		Phase: phase, Seconds: took.Seconds(), Done: m.done, PerSecond: float64(m.done) / took.Seconds(), Errors: m.errs,
		Figures: map[string]float64{},
		P50:     milliseconds(m.hist.percentile(50)), P99: milliseconds(m.hist.percentile(99)),
		P999: milliseconds(m.hist.percentile(99.9)), Max: milliseconds(m.hist.percentile(100)),
		Curve: m.hist.curve(),
	}
	if m.first != nil {
		out.FirstErr = m.first.Error()
	}
	return out
}

// ClosedLoop calls f for d from a number of callers; each calls again as soon as it has an answer. n counts the calls from 1,
// and each call does a number of items.
func ClosedLoop(
	ctx context.Context, phase string, callers int, d time.Duration, items int64, f func(ctx context.Context, n int64) error,
) Measure {
	m := &meter{}
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range callers {
		wg.Go(func() {
			for began := time.Now(); ctx.Err() == nil && began.Sub(start) < d; {
				err := f(ctx, next.Add(1))
				ended := time.Now()
				m.add(ended.Sub(began), items, err)
				began = ended
			}
		})
	}
	wg.Wait()
	return m.result(phase, time.Since(start))
}

// openLoop calls f at a fixed rate, however long the answers take, with at most so many calls in flight. A call that waits for its turn is
// late from the instant at which it was due.
func openLoop(
	ctx context.Context, phase string, perSecond float64, most int, d time.Duration, f func(ctx context.Context, n int64) error,
) Measure {
	m := &meter{}
	start := time.Now()
	total := int64(perSecond * d.Seconds())
	var next atomic.Int64
	var wg sync.WaitGroup
	for range most {
		wg.Go(func() {
			for n := next.Add(1); n <= total && ctx.Err() == nil; n = next.Add(1) {
				due := start.Add(time.Duration(float64(n-1) / perSecond * float64(time.Second)))
				if wait := time.Until(due); wait > 0 {
					select {
					case <-time.After(wait): //nolint:forbidigo // a load is measured by the time of the machine
					case <-ctx.Done():
						return
					}
				}
				err := f(ctx, n)
				m.add(time.Since(due), 1, err)
			}
		})
	}
	wg.Wait()
	return m.result(phase, time.Since(start))
}

// medians is the median of each figure of each phase over all runs.
func medians(runs [][]Measure) []Measure {
	var out []Measure
	for i, first := range runs[0] {
		pick := func(f func(Measure) float64) float64 {
			var vs []float64
			for _, r := range runs {
				if v := f(r[i]); !math.IsNaN(v) {
					vs = append(vs, v)
				}
			}
			slices.Sort(vs)
			if len(vs) == 0 {
				return math.NaN()
			}
			return vs[len(vs)/2]
		}
		m := first
		m.PerSecond = pick(func(m Measure) float64 { return m.PerSecond })
		m.P50 = pick(func(m Measure) float64 { return m.P50 })
		m.P99 = pick(func(m Measure) float64 { return m.P99 })
		m.P999 = pick(func(m Measure) float64 { return m.P999 })
		m.Max = pick(func(m Measure) float64 { return m.Max })
		m.Figures = map[string]float64{}
		for name := range first.Figures {
			m.Figures[name] = pick(func(m Measure) float64 { return m.Figures[name] })
		}
		for _, r := range runs[1:] {
			m.Done, m.Errors, m.Seconds = m.Done+r[i].Done, m.Errors+r[i].Errors, m.Seconds+r[i].Seconds
			if m.FirstErr == "" {
				m.FirstErr = r[i].FirstErr
			}
		}
		out = append(out, m)
	}
	return out
}
