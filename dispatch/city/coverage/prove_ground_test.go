package coverage

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/grid"
)

// ringOf is a rectangle as GeoJSON.
func ringOf(s, w, n, e float64) string {
	return fmt.Sprintf("[[%[2]f,%[1]f],[%[4]f,%[1]f],[%[4]f,%[3]f],[%[2]f,%[3]f],[%[2]f,%[1]f]]", s, w, n, e)
}

// sizeOf returns the square metres of a rectangle whose southern edge is 42° N.
func sizeOf(w, n, e float64) float64 {
	const s = 42
	return grid.SizeM2([]grid.Polygon{{{{Lat: s, Lng: w}, {Lat: s, Lng: e}, {Lat: n, Lng: e}, {Lat: n, Lng: w}, {Lat: s, Lng: w}}}})
}

const acceptAll = `accept:
  - {defect: gap, all: true, up_to_m2: 1e9, reason: r}
  - {defect: overlap, all: true, up_to_m2: 1e9, reason: r}
  - {defect: outside_parent, all: true, up_to_m2: 1e9, reason: r}
`

// Bare ground is found where it lies: children that stick out by as much, or overlap by as much, hide
// none of it, however many areas that are not drawn lie between, nor does a lack of cell centres in it.
func TestProve_BareGroundIsLocated(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		rows [][4]string
		m2   float64
	}{
		{"as large as what sticks out", [][4]string{
			{"BOS", "city", "", ""},
			{"D", "district", "BOS", ringOf(42, -71, 42.01, -70.98)},
			{"a", "street", "D", ringOf(42, -71.001, 42.01, -70.991)},
			{"b", "street", "D", ringOf(42, -70.99, 42.01, -70.98)},
		}, sizeOf(-70.991, 42.01, -70.99)},
		{"as large as what children share", [][4]string{
			{"BOS", "city", "", ""},
			{"D", "district", "BOS", ringOf(42, -71, 42.01, -70.98)},
			{"a", "street", "D", ringOf(42, -70.999, 42.01, -70.99)},
			{"b", "street", "D", ringOf(42, -70.991, 42.01, -70.98)},
		}, sizeOf(-71, 42.01, -70.999)},
		{"a sliver without a cell's centre", [][4]string{
			{"BOS", "city", "", ""},
			{"D", "district", "BOS", ringOf(42, -71, 42.01, -70.98)},
			{"a", "street", "D", ringOf(42, -71.01, 42.01, -70.99)},
			{"b", "street", "D", ringOf(42, -70.989995, 42.01, -70.98)},
		}, sizeOf(-70.99, 42.01, -70.989995)},
		{"of the city, below districts that are not drawn", [][4]string{
			{"BOS", "city", "", ringOf(42, -71, 42.01, -70.98)},
			{"D", "district", "BOS", ""},
			{"E", "district", "BOS", ""},
			{"a", "street", "D", ringOf(42, -71.001, 42.01, -70.991)},
			{"b", "street", "E", ringOf(42, -70.99, 42.01, -70.98)},
		}, sizeOf(-70.991, 42.01, -70.99)},
		{"none: a district that lost ground to its sibling", [][4]string{
			{"BOS", "city", "", ""},
			{"D", "district", "BOS", ringOf(42, -71, 42.01, -70.98)},
			{"E", "district", "BOS", ringOf(42, -70.985, 42.01, -70.97)},
			{"a", "street", "D", ringOf(42, -71, 42.01, -70.98)},
			{"b", "street", "E", ringOf(42, -70.98, 42.01, -70.97)},
		}, 0},
	} {
		c, faults := compile.Draft(testdir.SomeCity(t, acceptAll, tt.rows...))
		if c == nil {
			t.Fatalf("%s: %v", tt.name, faults)
		}
		p := proofOf(t, c, "2026-03-02", 7)
		i := slices.IndexFunc(p.Gaps, func(g Gap) bool { return g.Reason == NoGround })
		if (i >= 0) != (tt.m2 > 0) {
			t.Errorf("%s: %d gaps of ground, want %.0f m2: defects %v", tt.name, i+1, tt.m2, c.Defects)
			continue
		}
		if i < 0 {
			continue
		}
		want := fmt.Sprintf("%.3f km²", tt.m2/1e6)
		if g := p.Gaps[i]; !strings.HasPrefix(g.Why.En, want) || len(g.Bare) == 0 || g.Cells < 1 || p.Counts.BareCells != g.Cells {
			t.Errorf("%s: %s, %d cells (%d listed, %d counted), want %s", tt.name, g.Why.En, g.Cells, len(g.Bare), p.Counts.BareCells, want)
		}
	}
}

// The ground of a proof adds up to the city as it is drawn, whatever its districts and streets leave,
// share or reach beyond; and each cell with no block is counted once.
func TestProve_GroundAddsUp(t *testing.T) {
	t.Parallel()
	n := 12
	if os.Getenv("WANGGE_DEEP") != "" {
		n = 200
	}
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(20261127, seed))
		wobble := func() float64 {
			if r.IntN(3) > 0 {
				return 0
			}
			return (r.Float64() - 0.5) * 0.004
		}
		rows := [][4]string{{"BOS", "city", "", ringOf(42, -71, 42.03, -70.97)}}
		for d := range 3 {
			id, w := fmt.Sprint("d", d), -71+0.01*float64(d)
			ground := ringOf(42+wobble(), w+wobble(), 42.03+wobble(), w+0.01+wobble())
			if r.IntN(3) == 0 {
				ground = ""
			}
			rows = append(rows, [4]string{id, "district", "BOS", ground})
			for s := range 3 {
				south := 42 + 0.01*float64(s)
				rows = append(rows, [4]string{fmt.Sprint(id, "s", s), "street", id, ringOf(south+wobble(), w+wobble(), south+0.01+wobble(), w+0.01+wobble())})
			}
		}
		c, faults := compile.Draft(testdir.SomeCity(t, acceptAll, rows...))
		if c == nil {
			t.Fatalf("seed %d: %v", seed, faults)
		}
		p := proofOf(t, c, "2026-03-02", 2)
		if want := sizeOf(-71, 42.03, -70.97); math.Abs(p.Counts.GroundKM2*1e6-want) > 1 {
			t.Errorf("seed %d: ground %.1f m2 of %.1f", seed, p.Counts.GroundKM2*1e6, want)
		}
		bare, total, seen := int64(0), int64(0), map[grid.Cell]bool{}
		for _, g := range p.Gaps {
			if g.Reason != NoGround {
				continue
			}
			bare += g.Cells
			for _, cell := range g.Bare {
				if seen[cell] {
					t.Errorf("seed %d: cell %s twice", seed, cell)
				}
				seen[cell] = true
			}
		}
		for _, a := range c.Areas {
			if m2 := c.GroundM2[a.ID]; len(a.Children) > 0 && m2 > bareM2 {
				total++
				if !slices.ContainsFunc(p.Gaps, func(g Gap) bool { return g.Reason == NoGround && g.Areas[0] == a.ID }) {
					t.Errorf("seed %d: %.0f m2 of %s are bare, and no gap says so", seed, m2, a.ID)
				}
			}
		}
		if bare != p.Counts.BareCells || bare < total {
			t.Errorf("seed %d: %d cells with no block in gaps, %d counted", seed, bare, p.Counts.BareCells)
		}
	}
}

// What a later program finds wrong with drawn ground does not refuse a revision that was taken before.
func TestProve_KeptRevisionsKeepTheirGround(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	areas := string(m["areas.geojson"].Data)
	if m["areas.geojson"].Data = []byte(strings.Replace(areas, "[-71.180000,42.2]", "[-71.179000,42.2]", 1)); string(m["areas.geojson"].Data) == areas {
		t.Fatal("nothing is moved")
	}
	dir, faults := city.Collect(m)
	if faults != nil {
		t.Fatal(faults)
	}
	if c, _ := compile.Directory(dir); c != nil {
		t.Fatal("a city with a defect loads")
	}
	c, faults := compile.Accepted(dir)
	if faults != nil || len(c.Defects) == 0 || c.Defects[0].Reason != "" {
		t.Fatalf("kept: %v", faults)
	}
	delete(dir, "rules.csv")
	if c, faults := compile.Accepted(dir); c != nil || len(faults) == 0 {
		t.Error("a kept directory without rules loads")
	}
}
