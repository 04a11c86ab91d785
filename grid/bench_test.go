package grid

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// someOf draws points that lie in the ground of an index, the same ones each time.
func someOf(ix *Index, n int) (points []Point) {
	rng := rand.New(rand.NewPCG(20261125, 3))
	box := ix.Bounds()
	for len(points) < n {
		p := Point{Lat: box.South + rng.Float64()*(box.North-box.South), Lng: box.West + rng.Float64()*(box.East-box.West)}
		if ix.Depth(p) > 0 {
			points = append(points, p)
		}
	}
	return points
}

// somePoints is the same for every row of one run, so that rows can be compared: of all that lie in
// New York City, those in cells that no border crosses, and those in cells that one does.
func somePoints(b *testing.B, ix *Index) (all, interior, border []Point) {
	b.Helper()
	all = someOf(ix, 100_000)
	for _, p := range all {
		c, err := CellOf(p, ix.res)
		if err != nil {
			b.Fatal(err)
		}
		if ^ix.tree.At(c)&1 == 0 {
			interior = append(interior, p)
		} else {
			border = append(border, p)
		}
	}
	return all, interior, border
}

// BenchmarkLocate prints the mean and, of single calls, the median and the 99th percentile, which
// include reading the clock; and each of the three in times of the bare H3 call's in the same run.
func BenchmarkLocate(b *testing.B) {
	ix, faults := Build(nyc(b).areas, 10)
	if faults != nil {
		b.Fatal(faults)
	}
	all, interior, border := somePoints(b, ix)
	b.Logf("%d of %d points in border cells", len(border), len(all))
	bare := func(p Point) error { _, err := CellOf(p, ix.res); return err }
	locate := func(p Point) error { _, err := ix.Locate(p); return err }
	near := func(p Point) error {
		place, err := ix.Locate(p)
		if err == nil {
			ix.Border(p, place)
		}
		return err
	}
	type figures struct{ mean, p50, p99 float64 }
	var h3Alone figures
	for _, tt := range []struct {
		name   string
		points []Point
		call   func(Point) error
	}{
		{"h3 alone", all, bare},
		{"interior", interior, locate},
		{"border", border, locate},
		{"mixed", all, locate},
		{"mixed with nearest border", all, near},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if err := tt.call(tt.points[i%len(tt.points)]); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.StopTimer()
			times := make([]time.Duration, len(tt.points))
			for i, p := range tt.points {
				begin := time.Now()
				if err := tt.call(p); err != nil {
					b.Fatal(err)
				}
				times[i] = time.Since(begin)
			}
			slices.Sort(times)
			f := figures{float64(b.Elapsed()) / float64(b.N), float64(times[len(times)/2]), float64(times[len(times)*99/100])}
			if h3Alone == (figures{}) || tt.name == "h3 alone" {
				h3Alone = f
			}
			b.ReportMetric(f.p50, "p50-ns")
			b.ReportMetric(f.p99, "p99-ns")
			b.ReportMetric(f.mean/h3Alone.mean, "x-mean")
			b.ReportMetric(f.p50/h3Alone.p50, "x-p50")
			b.ReportMetric(f.p99/h3Alone.p99, "x-p99")
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, c := range []someCity{nyc(b), builtIn(b, "harbin", "city", "district", "street", "community")} {
		b.Run(c.name, func(b *testing.B) {
			var ix *Index
			for b.Loop() {
				var faults []Problem
				if ix, faults = Build(c.areas, 10); faults != nil {
					b.Fatal(faults)
				}
			}
			s := ix.Stats()
			b.ReportMetric(float64(s.Bytes)/(1<<20), "MiB")
			b.ReportMetric(float64(s.BorderCells), "border-cells")
			b.ReportMetric(float64(s.InteriorCells), "interior-cells")
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			runtime.KeepAlive(ix)
			ix = nil //nolint:wastedassign // the index becomes garbage, and its size is measured by that
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(before.HeapAlloc-after.HeapAlloc)/(1<<20), "heap-MiB")
		})
	}
}

// BenchmarkDefects looks for what is wrong with the ground of whole cities.
func BenchmarkDefects(b *testing.B) {
	for _, c := range []someCity{nyc(b), builtIn(b, "harbin", "city", "district", "street", "community")} {
		ix, faults := Build(c.areas, 8)
		if faults != nil {
			b.Fatal(faults)
		}
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				ix.Defects()
			}
		})
	}
}
