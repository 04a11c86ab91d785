package grid

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"wangge/grid/internal/arrangement"
	"wangge/grid/internal/geo"

	"github.com/peterstace/simplefeatures/geom"
	"github.com/peterstace/simplefeatures/rtree"
)

// With WANGGE_DEEP=1 the tests against an independent library look at the full number of points.
func deep(short, full int) int {
	if os.Getenv("WANGGE_DEEP") != "" {
		return full
	}
	return short
}

type drawn struct {
	props    map[string]any
	polygons []Polygon // nil: no geometry
	geometry geom.Geometry
}

// readDrawn reads a file once; what it returns is read only.
func readDrawn(t testing.TB, file string) []drawn {
	t.Helper()
	drawnMu.Lock()
	defer drawnMu.Unlock()
	if drawnOf[file] == nil {
		drawnOf[file] = parseDrawn(t, file)
	}
	return drawnOf[file]
}

var (
	drawnMu sync.Mutex
	drawnOf = map[string][]drawn{}
)

func parseDrawn(t testing.TB, file string) []drawn {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rd io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		if rd, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	var fc struct {
		Features []struct {
			Properties map[string]any
			Geometry   json.RawMessage
		}
	}
	if err := json.NewDecoder(rd).Decode(&fc); err != nil {
		t.Fatal(err)
	}
	out := make([]drawn, len(fc.Features))
	for i, ft := range fc.Features {
		out[i].props = ft.Properties
		if string(ft.Geometry) == "null" {
			continue
		}
		if out[i].geometry, err = geom.UnmarshalGeoJSON(ft.Geometry, geom.NoValidate{}); err != nil {
			t.Fatal(err)
		}
		out[i].polygons = polygonsOf(out[i].geometry)
	}
	return out
}

func polygonsOf(g geom.Geometry) []Polygon {
	var parts []geom.Polygon
	if p, ok := g.AsPolygon(); ok {
		parts = append(parts, p)
	} else if m, ok := g.AsMultiPolygon(); ok {
		parts = m.Dump()
	}
	var out []Polygon
	for _, part := range parts {
		var p Polygon
		for _, ring := range part.DumpRings() {
			var r []Point
			seq := ring.Coordinates()
			for i := range seq.Length() {
				xy := seq.GetXY(i)
				r = append(r, Point{Lat: xy.Y, Lng: xy.X})
			}
			p = append(p, r)
		}
		out = append(out, p)
	}
	return out
}

// someCity is a city and what the library needs to answer for each of its areas.
type someCity struct {
	name   string
	areas  []Area
	shapes map[AreaID]geom.Geometry
	levels int
}

// nyc is the census tracts in their neighbourhoods, PUMAs and boroughs: five nested levels, of
// which only the tracts are drawn. It is read once.
func nyc(t testing.TB) someCity {
	t.Helper()
	nycOnce.Do(func() { nycRead = readNYC(t) })
	return nycRead
}

// nycAt9 is nyc compiled to cells of resolution 9, once.
func nycAt9(t testing.TB) *Index {
	t.Helper()
	return at9(t, nyc(t))
}

// at9 is a city compiled to cells of resolution 9: the first time that a test asks for the city of that name.
func at9(t testing.TB, c someCity) *Index {
	t.Helper()
	build, _ := indexesAt9.LoadOrStore(c.name, sync.OnceValues(func() (*Index, []Problem) { return Build(c.areas, 9) }))
	ix, faults := build.(func() (*Index, []Problem))()
	if faults != nil {
		t.Fatalf("%s doesn't compile: %v", c.name, faults)
	}
	return ix
}

var (
	nycOnce    sync.Once
	nycRead    someCity
	indexesAt9 sync.Map
)

func readNYC(t testing.TB) someCity {
	t.Helper()
	c := someCity{name: "NYC, tracts drawn", areas: []Area{{ID: "NYC"}}, shapes: map[AreaID]geom.Geometry{}, levels: 5}
	seen := map[AreaID]bool{}
	add := func(level int, id, parent AreaID, polygons []Polygon) {
		if !seen[id] {
			seen[id] = true
			c.areas = append(c.areas, Area{ID: id, Parent: parent, Level: level, Polygons: polygons})
		}
	}
	for _, d := range readDrawn(t, "testdata/nyc-tracts2010.geojson.gz") {
		text := func(key string) AreaID { return AreaID(fmt.Sprint(d.props[key])) }
		boro := "boro-" + text("BoroCode")
		puma := boro + "/" + text("PUMA")
		nta := puma + "/" + text("NTACode")
		tract := "tract-" + text("BoroCT2010")
		add(1, boro, "NYC", nil)
		add(2, puma, boro, nil)
		add(3, nta, puma, nil)
		add(4, tract, nta, d.polygons)
		c.shapes[tract] = d.geometry
	}
	return c
}

// nycDrawn is nyc with the upper levels drawn too, each from the edges that no two of its
// tracts share; only neighbourhoods unless the run is deep.
func nycDrawn(t testing.TB) someCity {
	t.Helper()
	from := nyc(t)
	c := someCity{name: "NYC, upper levels drawn", areas: slices.Clone(from.areas), shapes: maps.Clone(from.shapes), levels: from.levels}
	parent := map[AreaID]AreaID{}
	for _, a := range c.areas {
		parent[a.ID] = a.Parent
	}
	tracts := map[AreaID][]*geo.Shape{}
	for _, a := range from.areas {
		if a.Polygons != nil {
			for s, up := geo.NewShape(a.Polygons), a.Parent; up != ""; up = parent[up] {
				tracts[up] = append(tracts[up], s)
			}
		}
	}
	least := deep(3, 0)
	for i := range c.areas {
		if a := &c.areas[i]; a.Polygons == nil && a.Level >= least {
			a.Polygons = united(t, tracts[a.ID])
			var drawn []geom.Polygon
			for _, p := range a.Polygons {
				var rings []geom.LineString
				for _, r := range p {
					var flat []float64
					for _, v := range r {
						flat = append(flat, v.Lng, v.Lat)
					}
					rings = append(rings, geom.NewLineString(geom.NewSequence(flat, geom.DimXY)))
				}
				drawn = append(drawn, geom.NewPolygon(rings))
			}
			c.shapes[a.ID] = geom.NewMultiPolygon(drawn).AsGeometry()
		}
	}
	return c
}

// united is the ground of shapes that meet in shared edges: the pieces that their other edges close
// in, as far as one of them holds the piece.
func united(t testing.TB, shapes []*geo.Shape) []Polygon {
	t.Helper()
	count := map[geo.Edge]int{}
	for _, s := range shapes {
		for _, e := range s.Edges {
			count[e]++
		}
	}
	var border []geo.Edge
	for _, s := range shapes {
		for _, e := range s.Edges {
			if count[e] == 1 {
				border = append(border, e)
			}
		}
	}
	faces, err := arrangement.Faces(border)
	if err != nil {
		t.Fatal(err)
	}
	var out []Polygon
	for _, f := range faces {
		if slices.ContainsFunc(shapes, func(s *geo.Shape) bool { return s.Contains(f.Inside) }) {
			out = append(out, f.Rings)
		}
	}
	return out
}

func council(t testing.TB) someCity {
	t.Helper()
	c := someCity{name: "NYC council districts", areas: []Area{{ID: "NYC"}}, shapes: map[AreaID]geom.Geometry{}, levels: 2}
	for _, d := range readDrawn(t, "testdata/nyc-council-districts.geojson.gz") {
		id := AreaID(fmt.Sprint("council-", d.props["CounDist"]))
		c.areas = append(c.areas, Area{ID: id, Parent: "NYC", Level: 1, Polygons: d.polygons})
		c.shapes[id] = d.geometry
	}
	return c
}

// builtIn is a city that the service ships, from its own file.
func builtIn(t testing.TB, name string, levels ...string) someCity {
	t.Helper()
	c := someCity{name: name, shapes: map[AreaID]geom.Geometry{}, levels: len(levels)}
	for _, d := range readDrawn(t, "../dispatch/city/cities/"+name+"/areas.geojson") {
		id, _ := d.props["id"].(string)
		parent, _ := d.props["parent"].(string)
		level, _ := d.props["level"].(string)
		c.areas = append(c.areas, Area{ID: AreaID(id), Parent: AreaID(parent), Level: slices.Index(levels, level), Polygons: d.polygons})
		if d.polygons != nil {
			c.shapes[AreaID(id)] = d.geometry
		}
	}
	return c
}

// library answers with simplefeatures, a port of JTS: which areas of each level hold a point.
// An area without ground of its own holds what a child holds.
type library struct {
	areas  []Area
	all    []geom.Geometry
	parent map[AreaID]AreaID // of areas without ground of their own too
	drawn  map[AreaID]bool
	level  map[AreaID]int
	tree   *rtree.RTree
}

func newLibrary(c someCity) *library {
	l := &library{areas: c.areas, parent: map[AreaID]AreaID{}, drawn: map[AreaID]bool{}, level: map[AreaID]int{}}
	var items []rtree.BulkItem
	for i, a := range c.areas {
		l.parent[a.ID], l.drawn[a.ID], l.level[a.ID] = a.Parent, a.Polygons != nil, a.Level
		g := c.shapes[a.ID]
		l.all = append(l.all, g)
		if lo, hi, ok := g.Envelope().MinMaxXYs(); ok {
			items = append(items, rtree.BulkItem{Box: rtree.Box{MinX: lo.X, MinY: lo.Y, MaxX: hi.X, MaxY: hi.Y}, RecordID: i})
		}
	}
	l.tree = rtree.BulkLoad(items)
	return l
}

func (l *library) at(p Point, levels int) [][]AreaID {
	out := make([][]AreaID, levels)
	g := geom.XY{X: p.Lng, Y: p.Lat}.AsPoint().AsGeometry()
	_ = l.tree.RangeSearch(rtree.Box{MinX: p.Lng, MinY: p.Lat, MaxX: p.Lng, MaxY: p.Lat}, func(i int) error {
		if !geom.Intersects(l.all[i], g) {
			return nil
		}
		for id := l.areas[i].ID; id != "" && (id == l.areas[i].ID || !l.drawn[id]); id = l.parent[id] {
			if k := l.level[id]; !slices.Contains(out[k], id) {
				out[k] = append(out[k], id)
			}
		}
		return nil
	})
	return out
}

// compare asks both about a point; "" when they agree. Where the library finds several areas of a
// level, the point lies on their common edge (or they overlap): then ours is one of them.
func compare(ix *Index, l *library, p Point, levels int, edges *atomic.Int64) string {
	ours := make([]AreaID, levels)
	place, err := ix.Locate(p)
	if err == nil {
		for _, id := range place.Areas {
			ours[l.level[id]] = id
		}
	}
	theirs := l.at(p, levels)
	for k := range levels {
		switch {
		case len(theirs[k]) == 0 && ours[k] == "" || len(theirs[k]) == 1 && theirs[k][0] == ours[k]:
		case len(theirs[k]) > 1 && slices.Contains(theirs[k], ours[k]):
			edges.Add(1)
		default:
			return fmt.Sprintf("%v at level %d: ours %q, the library's %q", p, k, ours[k], theirs[k])
		}
	}
	return ""
}

func TestIndex_AgainstLibrary(t *testing.T) {
	t.Parallel()
	for _, load := range []func(testing.TB) someCity{
		nyc,
		nycDrawn,
		council,
		func(t testing.TB) someCity {
			t.Helper()
			return builtIn(t, "boston", "city", "district")
		},
		func(t testing.TB) someCity {
			t.Helper()
			return builtIn(t, "harbin", "city", "district", "street", "community")
		},
	} {
		c := load(t)
		t.Run(c.name, func(t *testing.T) {
			var ix *Index
			if deep(9, 10) == 9 {
				ix = at9(t, c)
			} else {
				var faults []Problem
				if ix, faults = Build(c.areas, 10); faults != nil {
					t.Fatal(faults)
				}
			}
			l := newLibrary(c)
			var edges []geo.Edge
			for _, a := range c.areas {
				if a.Polygons != nil {
					edges = append(edges, geo.NewShape(a.Polygons).Edges...)
				}
			}
			box := ix.Bounds()
			random := func(rng *rand.Rand) Point {
				return Point{Lat: box.South + rng.Float64()*(box.North-box.South), Lng: box.West + rng.Float64()*(box.East-box.West)}
			}
			atBorder := func(rng *rand.Rand) Point {
				at := edges[rng.IntN(len(edges))].At(rng.Float64())
				pl := geo.PlaneAt(at)
				sin, cos := math.Sincos(rng.Float64() * 2 * math.Pi)
				far := 2 * rng.Float64()
				return Point{Lat: at.Lat + far*cos/pl.MPerLat, Lng: at.Lng + far*sin/pl.MPerLng}
			}
			for _, run := range []struct {
				what string
				n    int
				make func(*rand.Rand) Point
			}{{"random points", deep(2000, 1_000_000), random}, {"points within 2 m of a border", deep(1000, 100_000), atBorder}} {
				var inside, differ, onEdge atomic.Int64
				var wg sync.WaitGroup
				workers := runtime.GOMAXPROCS(0)
				for w := range workers {
					wg.Go(func() {
						rng := rand.New(rand.NewPCG(20261125, uint64(w)))
						for i := w; i < run.n; i += workers {
							p := run.make(rng)
							if msg := compare(ix, l, p, c.levels, &onEdge); msg != "" {
								if differ.Add(1) < 10 {
									t.Error(msg)
								}
							}
							if ix.Depth(p) > 0 {
								inside.Add(1)
							}
						}
					})
				}
				wg.Wait()
				t.Logf("%s: %d %s, %d of them in the city, %d on an edge: %d differ from the library", c.name, run.n, run.what, inside.Load(), onEdge.Load(), differ.Load())
			}
		})
	}
}
