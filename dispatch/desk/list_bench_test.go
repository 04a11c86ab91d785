package desk_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/view"
	"wangge/grid"
	"wangge/storage/bolt"
)

// withGround is Harbin with a hundred sections of one department and as many points, all in its middle.
func withGround(b *testing.B) *city.City {
	b.Helper()
	fsys, err := cities.FS("harbin")
	if err != nil {
		b.Fatal(err)
	}
	m := fstest.MapFS{}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		m[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	var sections, points []string
	for i := range 100 {
		x, y := 126.58+0.006*float64(i%10), 45.72+0.006*float64(i/10)
		sections = append(sections, fmt.Sprintf(`{"type":"Feature","properties":{"id":"s%d","name":"s%d","department":"GREEN"},"geometry":{"type":"Polygon","coordinates":[[[%g,%g],[%g,%g],[%g,%g],[%g,%g],[%g,%g]]]}}`, i, i, x, y, x+0.006, y, x+0.006, y+0.006, x, y+0.006, x, y))
		points = append(points, fmt.Sprintf(`{"type":"Feature","properties":{"id":"p%d","name":"p%d","kind":"school","radius_m":200,"unit":"department:GREEN"},"geometry":{"type":"Point","coordinates":[%g,%g]}}`, i, i, x+0.003, y+0.003))
	}
	for name, features := range map[string][]string{"sections.geojson": sections, "points.geojson": points} {
		m[name] = &fstest.MapFile{Data: []byte(`{"type":"FeatureCollection","features":[` + strings.Join(features, ",\n") + `]}`)}
	}
	c, faults := compile.FS(m)
	if len(faults) > 0 {
		b.Fatal(faults[0])
	}
	return c
}

// full is a desk over a file with so many past cases, of which a tenth is open and a fiftieth overdue.
func full(b *testing.B, c *city.City, total int) *desk.Desk {
	b.Helper()
	store, err := bolt.Open(filepath.Join(b.TempDir(), "desk.db"))
	if err != nil {
		b.Fatal(err)
	}
	d, err := desk.Open(b.Context(), desk.Config{Store: store, City: c})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close(); store.Close() })
	var codes, slow []catalog.Code
	for _, code := range slices.Sorted(maps.Keys(c.Categories)) {
		codes = append(codes, code)
		if u := c.Categories[code].Conditions[0].Limit.Unit; u == calendar.WorkDays || u == calendar.Days {
			slow = append(slow, code)
		}
	}
	rng, box, now := rand.New(rand.NewPCG(1, 0)), c.Index.Bounds(), time.Now()
	var places []grid.Point
	for len(places) < 20_000 {
		p := grid.Point{Lat: box.South + rng.Float64()*(box.North-box.South), Lng: box.West + rng.Float64()*(box.East-box.West)}
		if len(places)%4 == 0 {
			p = grid.Point{Lat: 45.72 + 0.06*rng.Float64(), Lng: 126.58 + 0.06*rng.Float64()} // where the sections lie
		}
		if c.Index.Depth(p) > 1 {
			places = append(places, p)
		}
	}
	recs := make([]desk.ImportRecord, 0, 5000)
	for i := range total {
		p := places[rng.IntN(len(places))]
		r := desk.ImportRecord{Report: dispatch.Report{
			ClientID: fmt.Sprint("r-", i), Category: codes[i%len(codes)], Text: "巡查发现问题，请及时处置", Position: grid.Position{Lat: p.Lat, Lng: p.Lng, Datum: grid.WGS84, AccuracyM: 8},
			ReceivedAt: now.Add(-90 * 24 * time.Hour).Add(time.Duration(rng.Int64N(int64(30 * 24 * time.Hour)))),
		}}
		switch {
		case i%50 == 0: // overdue for weeks
		case i%10 == 0:
			r.Report.ReceivedAt, r.Report.Category = now.Add(-time.Minute), slow[i%len(slow)]
		default:
			r.ClosedAt, r.Outcome = r.Report.ReceivedAt.Add(time.Hour), dispatch.OutcomeFixed
		}
		if recs = append(recs, r); len(recs) == cap(recs) || i == total-1 {
			res, err := d.ImportBatch(b.Context(), recs)
			if err != nil {
				b.Fatal(err)
			}
			for _, r := range res {
				if r.Err != nil {
					b.Fatal(r.Err)
				}
			}
			recs = recs[:0]
		}
	}
	return d
}

// supervised puts up to so many open cases into a queue: supervised, without an answer.
func supervised(b *testing.B, d *desk.Desk, person roster.PersonID, most int) {
	b.Helper()
	root := roster.Unit{Kind: roster.UnitArea, ID: string(d.City().Root)}
	n := 0
	for token := ""; ; {
		page, err := d.List(b.Context(), person, view.Query{Scope: root, Open: true, Order: view.OldestFirst, PageSize: 200, Token: token})
		if err != nil {
			b.Fatal(err)
		}
		for _, cs := range page.Cases {
			if n++; n > most {
				return
			}
			cmd := dispatch.Command{Act: dispatch.ActSupervise, Note: "限期办结"}
			if _, err := d.Act(b.Context(), person, cs.ID, 0, fmt.Sprint("s-", n), cmd); err != nil {
				b.Fatal(err)
			}
		}
		if token = page.Next; token == "" {
			return
		}
	}
}

// BenchmarkLists reads first pages of fifty of each kind of scope, over many scopes of it, and counts.
// WANGGE_DEEP=1 does it with 1,000,000 cases, of which 100,000 are open and 20,000 overdue; else with
// 20,000. Reported beside the mean: the median and the 99th percentile.
func BenchmarkLists(b *testing.B) {
	total := 20_000
	if os.Getenv("WANGGE_DEEP") == "1" {
		total = 1_000_000
	}
	c := withGround(b)
	d := full(b, c, total)
	const leader = "p-leader"
	scopes := map[string][]view.Query{}
	for _, id := range slices.Sorted(maps.Keys(c.Areas)) {
		level := c.Levels[c.Areas[id].Level]
		scopes[level] = append(scopes[level], view.Query{Scope: roster.Unit{Kind: roster.UnitArea, ID: string(id)}})
	}
	for _, id := range slices.Sorted(maps.Keys(c.Departments)) {
		scopes["department"] = append(scopes["department"], view.Query{Scope: roster.Unit{Kind: roster.UnitDepartment, ID: id}})
	}
	for _, id := range slices.Sorted(maps.Keys(c.Sections)) {
		u := roster.Unit{Kind: roster.UnitSection, ID: string(id)}
		scopes["section"], scopes["section ground"] = append(scopes["section"], view.Query{Scope: u}), append(scopes["section ground"], view.Query{Scope: u, Ground: true})
	}
	for i := range c.Points {
		scopes["point ground"] = append(scopes["point ground"], view.Query{Scope: roster.Unit{Kind: roster.UnitPoint, ID: c.Points[i].ID}, Ground: true})
	}
	for _, p := range c.Roster.People() {
		scopes["person"] = append(scopes["person"], view.Query{Person: p.ID})
	}
	run := func(name string, do func(n int) error) {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for n := 0; b.Loop(); n++ {
				began := time.Now()
				if err := do(n); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2])/1e6, "ms-p50")
			b.ReportMetric(float64(took[len(took)*99/100])/1e6, "ms-p99")
		})
	}
	list := func(of []view.Query, change func(*view.Query)) func(int) error {
		return func(n int) error {
			q := of[n%len(of)]
			change(&q)
			_, err := d.List(b.Context(), leader, q)
			return err
		}
	}
	overdue := func(q *view.Query) { q.OverdueAt = time.Now() }
	for _, kind := range slices.Sorted(maps.Keys(scopes)) {
		run("overdue of a "+kind, list(scopes[kind], overdue))
	}
	city := scopes["city"]
	none := view.Filter{Text: "none", Keep: func(view.Attributes) bool { return false }}
	run("open of the city", list(city, func(q *view.Query) { q.Open = true }))
	supervised(b, d, leader, 1000)
	for _, kind := range []string{"city", "district", "department"} {
		run("open of a "+kind, list(scopes[kind], func(q *view.Query) { q.Open = true }))
		run("queue of a "+kind, list(scopes[kind], func(q *view.Query) { q.Queue = view.Supervised }))
	}
	run("what waits for a person", list(scopes["person"], func(q *view.Query) { q.Open = true }))
	run("queue of a person", list(scopes["person"], func(q *view.Query) { q.Queue = view.Supervised }))
	run("checks of a person", list(scopes["person"], func(q *view.Query) { q.Queue = view.ToCheck }))
	run("counts of the city", func(int) error {
		_, err := d.CountQueues(b.Context(), leader, city[0].Scope, "")
		return err
	})
	run("counts of a person", func(int) error {
		_, err := d.CountQueues(b.Context(), leader, roster.Unit{}, leader)
		return err
	})
	run("open of the city, newest", list(city, func(q *view.Query) { q.Open, q.Order = true, view.NewestFirst }))
	run("open of the city, oldest", list(city, func(q *view.Query) { q.Open, q.Order = true, view.OldestFirst }))
	run("open of the city, a filter that nothing passes", list(city, func(q *view.Query) { q.Open, q.Filter = true, none }))
	run("all of the city, newest", list(city, func(q *view.Query) { q.Order = view.NewestFirst }))
	run("all of a community, newest", list(scopes["community"], func(q *view.Query) { q.Order = view.NewestFirst }))
	run("all of a department", list(scopes["department"], func(q *view.Query) {}))
	run("summary of the city", func(int) error {
		_, err := d.Summarize(b.Context(), leader, city[0].Scope, time.Now())
		return err
	})
	run("summary of a department", func(n int) error {
		of := scopes["department"]
		_, err := d.Summarize(b.Context(), leader, of[n%len(of)].Scope, time.Now())
		return err
	})
}
