package coverage

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
)

// largeCity is of New York's size: 47 x 46 tracts on four levels with 159,000 vertices, a million
// cells, Harbin's 265 categories and rules, a thousand schools with a rule of their own, 5,000 people
// who stand by day, by night and for each other, one in ten of them absent for a week.
func largeCity(b *testing.B) fstest.MapFS {
	b.Helper()
	const cols, rows, south, west, stepLat, stepLng, parts = 47, 46, 45.0, 126.0, 0.0089, 0.0126, 18
	m := testdir.Directory(b, "harbin")
	for _, gone := range []string{"areas.geojson", "people.csv", "posts.csv", "absences.csv", "codes.csv", "ladders.yaml", "imports.yaml"} {
		delete(m, gone)
	}
	r := rand.New(rand.NewPCG(1, 2))
	put := func(name, text string) { m[name] = &fstest.MapFile{Data: []byte(text)} }
	put("city.yaml", strings.Replace(string(m["city.yaml"].Data), "cell_resolution: 10", "cell_resolution: 11", 1))
	var along, up [cols + 1][rows + 1][]string // the inner vertices of the edge to the east, and to the north
	at := func(x, y float64) string { return fmt.Sprintf("[%.6f,%.6f]", west+x*stepLng, south+y*stepLat) }
	for i := range cols + 1 {
		for j := range rows + 1 {
			for k := 1; k < parts; k++ {
				t := float64(k) / parts
				along[i][j] = append(along[i][j], at(float64(i)+t, float64(j)+(r.Float64()-0.5)*0.05))
				up[i][j] = append(up[i][j], at(float64(i)+(r.Float64()-0.5)*0.05, float64(j)+t))
			}
		}
	}
	var features, people, posts, absences strings.Builder
	features.WriteString(`{"type":"FeatureCollection","features":[` + "\n")
	area := func(id, level, parent, geometry string) {
		fmt.Fprintf(&features, `{"type":"Feature","properties":{"id":%q,"name":%q,"level":%q,"parent":%q},"geometry":%s},`+"\n", id, id, level, parent, geometry)
	}
	n := 0
	hold := func(unit, role, shift string, rank int) {
		id := fmt.Sprintf("n%d", n)
		fmt.Fprintf(&people, "%s,%s,0451-%07d\n", id, id, n)
		fmt.Fprintf(&posts, "%s,%s,%s,%d,%s\n", unit, role, id, rank, shift)
		if n%10 == 0 && rank == 1 && shift == "day" {
			fmt.Fprintf(&absences, "%s,2026-04-%02d,2026-04-%02d,leave\n", id, 1+n%20, 8+n%20)
		}
		n++
	}
	area("c", "city", "", "null")
	for _, role := range []string{"leader", "acceptor", "dispatcher", "checker", "duty_chief"} {
		hold("area:c", role, "", 1)
	}
	for d := range 5 {
		area(fmt.Sprintf("b%d", d), "district", "c", "null")
		hold(fmt.Sprintf("area:b%d", d), "leader", "", 1)
		hold(fmt.Sprintf("area:b%d", d), "owner", "", 1)
	}
	for s := range cols {
		area(fmt.Sprintf("s%d", s), "street", fmt.Sprintf("b%d", s*5/cols), "null")
		hold(fmt.Sprintf("area:s%d", s), "leader", "", 1)
		hold(fmt.Sprintf("area:s%d", s), "owner", "day", 1)
		hold(fmt.Sprintf("area:s%d", s), "owner", "night", 2)
		for j := range rows {
			ring := append([]string{at(float64(s), float64(j))}, along[s][j]...)
			ring = append(append(ring, at(float64(s+1), float64(j))), up[s+1][j]...)
			ring = append(ring, at(float64(s+1), float64(j+1)))
			for _, v := range slices.Backward(along[s][j+1]) {
				ring = append(ring, v)
			}
			ring = append(ring, at(float64(s), float64(j+1)))
			for _, v := range slices.Backward(up[s][j]) {
				ring = append(ring, v)
			}
			ring = append(ring, ring[0])
			id := fmt.Sprintf("t%d-%d", s, j)
			area(id, "community", fmt.Sprintf("s%d", s), `{"type":"Polygon","coordinates":[[`+strings.Join(ring, ",")+`]]}`)
			hold("area:"+id, "owner", "day", 1)
			hold("area:"+id, "owner", "night", 2)
			if (s+j)%4 == 0 {
				hold("area:"+id, "owner", "", 3)
			}
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(string(m["departments.csv"].Data)), "\n")[1:] {
		id, _, _ := strings.Cut(line, ",")
		hold("department:"+id, "owner", "", 1)
	}
	var points strings.Builder
	for i := range 1000 { // a school in every other tract, whose area answers for what happens near it
		x, y := r.IntN(cols), r.IntN(rows)
		fmt.Fprintf(&points, `{"type":"Feature","properties":{"id":"p%d","name":"p%d","kind":"school","unit":"area:t%d-%d"},"geometry":{"type":"Point","coordinates":%s}},`+"\n", i, i, x, y, at(float64(x)+0.1+0.8*r.Float64(), float64(y)+0.1+0.8*r.Float64()))
	}
	put("points.geojson", `{"type":"FeatureCollection","features":[`+"\n"+strings.TrimSuffix(points.String(), ",\n")+"\n]}")
	put("rules.csv", strings.Replace(string(m["rules.csv"].Data), "\n", "\n5,E0401..E0499,,school,200,,,point,,\n", 1))
	put("areas.geojson", strings.TrimSuffix(features.String(), ",\n")+"\n]}")
	put("people.csv", "id,name,phone\n"+people.String())
	put("posts.csv", "unit,role,person,rank,shift\n"+posts.String())
	put("absences.csv", "person,from,to,reason\n"+absences.String())
	return m
}

// The goal is at most 10 s and 1 GiB.
func BenchmarkProveLarge(b *testing.B) {
	c, faults := compile.Draft(largeCity(b))
	if c == nil || len(faults) > 0 {
		b.Fatalf("%d faults, the first %v", len(faults), faults[:min(3, len(faults))])
	}
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, c.Location)
	var p Proof
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if p, err = Prove(c, from, from.AddDate(0, 0, 90)); err != nil {
			b.Fatal(err)
		}
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	n := p.Counts
	b.ReportMetric(float64(n.Cells), "cells")
	b.ReportMetric(float64(len(c.Roster.People())), "people")
	b.ReportMetric(float64(n.Stretches), "stretches")
	b.ReportMetric(float64(len(p.Gaps)+p.MoreGaps), "gaps")
	b.ReportMetric(float64(mem.Sys)/(1<<20), "MiB-sys")
	b.Logf("%d cells x %d categories x %d minutes = %d, %d open; %d kinds of place x %d kinds of category, %d units, %d people on duty", n.Cells, n.Categories, n.Minutes, n.Combinations, n.Open, n.PlaceClasses, n.RuleClasses, n.Units, n.People)
}

// BenchmarkProveHarbin proves the built-in city over 90 days.
func BenchmarkProveHarbin(b *testing.B) {
	c := citytest.Harbin(b)
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, c.Location)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Prove(c, from, from.AddDate(0, 0, 90)); err != nil {
			b.Fatal(err)
		}
	}
}
