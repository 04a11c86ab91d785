package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

const harbin = "../harbin"

// What is committed is what the drawing gives.
func TestDraw_CommittedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"people.csv", "posts.csv"} {
		b, err := os.ReadFile(filepath.Join(harbin, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := draw("source", dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"areas.geojson", "people.csv", "posts.csv"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(harbin, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from the committed one; run: go run . ../harbin", name)
		}
	}
}

// Children tile their parent exactly: each border edge of a child is, reversed, a sibling's or, as
// it is, the parent's; and no ring crosses itself or runs the wrong way round.
func TestDraw_ChildrenTileTheirParent(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(harbin, "areas.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	var fc struct {
		Features []struct {
			Properties struct{ ID, Parent, Level, Note string }
			Geometry   *struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(b, &fc); err != nil {
		t.Fatal(err)
	}
	borders := map[string]map[edge]int{}
	inside := map[string]map[edge]int{}
	levels := map[string]int{}
	for _, f := range fc.Features {
		p := f.Properties
		levels[p.Level]++
		if made := p.Level == "street" || p.Level == "community"; made != (p.Note == drawn) {
			t.Errorf("%s %s has the note %q", p.Level, p.ID, p.Note)
		}
		if f.Geometry == nil {
			continue
		}
		multi := [][][][2]float64{{}}
		if f.Geometry.Type == "Polygon" {
			err = json.Unmarshal(f.Geometry.Coordinates, &multi[0])
		} else {
			err = json.Unmarshal(f.Geometry.Coordinates, &multi)
		}
		if err != nil {
			t.Fatal(err)
		}
		borders[p.ID] = map[edge]int{}
		if inside[p.Parent] == nil {
			inside[p.Parent] = map[edge]int{}
		}
		for _, polygon := range multi {
			for i, ring := range polygon {
				r := make([]vertex, len(ring)-1)
				for j := range r {
					r[j] = vertex{int64(math.Round(ring[j][0] * 1e7)), int64(math.Round(ring[j][1] * 1e7))}
				}
				if (area(r) > 0) != (i == 0) {
					t.Errorf("%s: ring %d runs the wrong way round", p.ID, i)
				}
				if p.Level != "district" {
					if a, b, ok := crosses(r); ok {
						t.Errorf("%s: edges %v and %v cross", p.ID, a, b)
					}
				}
				for j, a := range r {
					e := edge{a, r[(j+1)%len(r)]}
					borders[p.ID][e]++
					inside[p.Parent][e]++
				}
			}
		}
	}
	if got, want := fmt.Sprint(levels), "map[city:1 community:1689 district:18 street:328]"; got != want {
		t.Errorf("levels %s, want %s", got, want)
	}
	for parent, edges := range inside {
		if borders[parent] == nil {
			continue // the city: the union of its districts
		}
		outline := 0
		for e, n := range edges {
			switch {
			case n != 1:
				t.Errorf("%s: edge %v is used %d times in one direction", parent, e, n)
			case edges[edge{e[1], e[0]}] == 1:
			case borders[parent][e] == 1:
				outline++
			default:
				t.Errorf("%s: edge %v belongs to one child and not to the parent", parent, e)
			}
		}
		if outline != len(borders[parent]) {
			t.Errorf("%s: %d of its %d edges are covered by children", parent, outline, len(borders[parent]))
		}
	}
}

// crosses finds two edges of a ring that meet anywhere but in a common end.
func crosses(r []vertex) (a, b edge, ok bool) {
	side := func(a, b, c vertex) int {
		x := (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0])
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return 0
	}
	for i := range r {
		for j := i + 1; j < len(r); j++ {
			a, b = edge{r[i], r[(i+1)%len(r)]}, edge{r[j], r[(j+1)%len(r)]}
			if a[0] == b[1] || a[1] == b[0] {
				continue
			}
			apart := false
			for k := range 2 {
				apart = apart || max(a[0][k], a[1][k]) < min(b[0][k], b[1][k]) || max(b[0][k], b[1][k]) < min(a[0][k], a[1][k])
			}
			if !apart && side(a[0], a[1], b[0])*side(a[0], a[1], b[1]) <= 0 && side(b[0], b[1], a[0])*side(b[0], b[1], a[1]) <= 0 {
				return a, b, true
			}
		}
	}
	return a, b, false
}
