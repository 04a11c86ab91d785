package grid

import (
	"math"
	"slices"
	"testing"
)

// What two halves leave of a city is found, cell by cell, whatever part of it lies in coarse cells.
func TestIndex_Bare(t *testing.T) {
	t.Parallel()
	rect := func(s, w, n, e float64) []Polygon {
		return []Polygon{{{{Lat: s, Lng: w}, {Lat: s, Lng: e}, {Lat: n, Lng: e}, {Lat: n, Lng: w}, {Lat: s, Lng: w}}}}
	}
	city, west, east := rect(45.70, 126.50, 45.80, 126.70), rect(45.70, 126.50, 45.80, 126.55), rect(45.70, 126.60, 45.80, 126.70)
	ix, faults := Build([]Area{{"c", "", 0, city}, {"w", "c", 1, west}, {"e", "c", 1, east}}, 9)
	if faults != nil {
		t.Fatal(faults)
	}
	cells, total, err := ix.Bare("c", 1_000_000)
	if err != nil || !slices.IsSorted(cells) {
		t.Fatalf("%d cells, %v", len(cells), err)
	}
	for _, c := range cells {
		at, err := c.LatLng()
		if err != nil {
			t.Fatal(err)
		}
		if at.Lng < 126.55 || at.Lng > 126.60 || at.Lat < 45.70 || at.Lat > 45.80 {
			t.Errorf("cell %s at %v is not between the halves", c, at)
		}
	}
	one, err := CellSizeM2(Point{Lat: 45.75, Lng: 126.575}, 9)
	if err != nil {
		t.Fatal(err)
	}
	if want := SizeM2(rect(45.70, 126.55, 45.80, 126.60)) / one; math.Abs(float64(total)-want) > want/20 {
		t.Errorf("%d cells, want about %.0f", total, want)
	}
	if some, again, _ := ix.Bare("c", 3); len(some) != 3 || again != total || !slices.Equal(some, cells[:3]) {
		t.Errorf("at most 3: %v of %d", some, again)
	}
	if none, n, _ := ix.Bare("w", 10); len(none) != 0 || n != 0 {
		t.Errorf("an area without children has %v bare", none)
	}
}
