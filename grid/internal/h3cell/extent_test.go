package h3cell

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"wangge/grid/internal/geo"

	"github.com/uber/h3-go/v4"
)

func TestCell_Parent(t *testing.T) {
	t.Parallel()
	c, err := Of(geo.Point{Lat: 45.75, Lng: 126.64}, 10)
	if err != nil {
		t.Fatal(err)
	}
	for res := range 11 {
		coarse := c.Parent(res)
		if coarse.Resolution() != res {
			t.Errorf("Parent(%d) has resolution %d", res, coarse.Resolution())
		}
		// The library reads the hexadecimal form and has the same parent.
		want, err := h3.Cell(c).Parent(res)
		if got := h3.CellFromString(coarse.String()); err != nil || got != want || !got.IsValid() {
			t.Errorf("Parent(%d) = %v, want %v (%v)", res, got, want, err)
		}
	}
}

// No point of a cell's descendants lies outside the extent that the index gives the cell.
func TestExtent_HoldsDescendants(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(20261125, 5))
	points := 10_000
	if os.Getenv("WANGGE_DEEP") != "" {
		points = 2_000_000
	}
	for range points {
		p := geo.Point{Lat: math.Asin(2*rng.Float64()-1) / geo.Rad, Lng: rng.Float64()*360 - 180}
		leaf := 7 + rng.IntN(4)
		c, err := Of(p, leaf)
		if err != nil {
			t.Fatal(err)
		}
		up := 0.0
		for res := 0; res <= leaf; res++ {
			var g Extent
			_, up, g, err = ExtentOf(h3.Cell(c.Parent(res)), up, res == leaf)
			if err != nil {
				t.Fatal(err)
			}
			if !g.holds(p) {
				t.Fatalf("%v in cell %v of resolution %d is outside its extent %+v", p, c.Parent(res), res, g)
			}
		}
	}
}

func (g *Extent) holds(p geo.Point) bool {
	for _, b := range g.boxes[:g.n] {
		if p.Lat >= b.South && p.Lat <= b.North && p.Lng >= b.West && p.Lng <= b.East {
			return true
		}
	}
	return false
}
