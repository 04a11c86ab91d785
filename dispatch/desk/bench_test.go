package desk_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/grid"
	"wangge/storage/bolt"
)

// filing is a desk over a file, with reports from all over the city.
type filing struct {
	d      *desk.Desk
	store  *bolt.Engine
	person roster.PersonID
	places []grid.Point
	codes  []catalog.Code
	ids    atomic.Int64
}

func newFiling(b *testing.B, channels ...string) *filing {
	b.Helper()
	c := citytest.Harbin(b)
	store, err := bolt.Open(filepath.Join(b.TempDir(), "desk.db"))
	if err != nil {
		b.Fatal(err)
	}
	d, err := desk.Open(b.Context(), desk.Config{Store: store, City: c, Channels: channels})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close(); store.Close() })
	f := &filing{d: d, store: store}
	post, _ := c.Roster.Post(roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}, roster.Leader)
	f.person, _ = c.Roster.OnDuty(post, time.Now())
	for code := range c.Categories {
		f.codes = append(f.codes, code)
	}
	slices.Sort(f.codes)
	rng, box := rand.New(rand.NewPCG(1, 0)), c.Index.Bounds()
	for len(f.places) < 5000 {
		p := grid.Point{Lat: box.South + rng.Float64()*(box.North-box.South), Lng: box.West + rng.Float64()*(box.East-box.West)}
		if c.Index.Depth(p) > 1 {
			f.places = append(f.places, p)
		}
	}
	return f
}

func (f *filing) report() dispatch.Report {
	n := f.ids.Add(1)
	at := f.places[int(n*7919%int64(len(f.places)))]
	return dispatch.Report{
		ClientID: "r-" + strconv.FormatInt(n, 10), Source: dispatch.SourceInspector, Category: f.codes[int(n)%len(f.codes)], Condition: "1", Text: "巡查发现问题，请及时处置",
		Position: grid.Position{Lat: at.Lat, Lng: at.Lng, Datum: grid.WGS84, AccuracyM: 8}, CapturedAt: time.Now().Add(-time.Minute),
	}
}

// BenchmarkFileBatch files from many callers: what a report costs before it meets the wire.
func BenchmarkFileBatch(b *testing.B) {
	for _, size := range []int{1, 100} {
		callers := 256 / min(size, 16)
		b.Run(fmt.Sprintf("batches of %d", size), func(b *testing.B) {
			f := newFiling(b)
			b.ReportAllocs()
			b.ResetTimer()
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for left.Add(-int64(size)) > -int64(size) {
						reports := make([]dispatch.Report, size)
						for i := range reports {
							reports[i] = f.report()
						}
						for _, r := range f.d.FileBatch(b.Context(), f.person, reports) {
							if r.Err != nil {
								b.Error(r.Err)
								return
							}
						}
					}
				})
			}
			wg.Wait()
		})
	}
}
