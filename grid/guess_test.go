package grid

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/peterstace/simplefeatures/geom"
)

// Each of the 293 real positions that a city published and that aren't in it is refused with what is
// wrong with it. The expectation is drawn from the numbers alone: New York lies at 40.7,-74.
func TestGuess_RejectedMarkets(t *testing.T) {
	t.Parallel()
	ix := nycAt9(t)
	data, err := os.ReadFile("testdata/nyc-markets-rejected.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ Latitude, Longitude, Marketname string }
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	count := map[ErrorKind]int{}
	for _, r := range rows {
		lat, err1 := strconv.ParseFloat(r.Latitude, 64)
		lng, err2 := strconv.ParseFloat(r.Longitude, 64)
		if err1 != nil || err2 != nil {
			t.Fatal(r)
		}
		is := func(n, about float64) bool { return math.Abs(n-about) < 1 }
		want := ErrorKind("")
		switch {
		case lat == lng:
			want = SameNumber
		case is(lat, 0) || is(lng, 0):
			want = NearZero
		case is(lat, -74) && is(lng, 40.7):
			want = Swapped
		case is(lat, 40.7) && is(lng, 74):
			want = WrongSign
		case is(lat, 74) && is(lng, 40.7):
			want = SwappedSign
		}
		_, err := ix.Locate(Point{Lat: lat, Lng: lng})
		var out *OutsideError
		if !errors.As(err, &out) {
			t.Errorf("%s at %v,%v is not refused: %v", r.Marketname, lat, lng, err)
			continue
		}
		if want == "" || out.Likely.Kind != want {
			t.Errorf("%s at %v,%v: guess %q, want %q", r.Marketname, lat, lng, out.Likely.Kind, want)
		}
		count[out.Likely.Kind]++
	}
	t.Logf("%d positions: %v", len(rows), count)
	if len(rows) != 293 {
		t.Errorf("%d rows, want 293", len(rows))
	}
}

func TestGuess_OtherDatum(t *testing.T) {
	t.Parallel()
	ix, faults := Build(lattice(2, 0.1, func() float64 { return 0 }), 10)
	if faults != nil {
		t.Fatal(faults)
	}
	in := Point{Lat: 45.7999, Lng: 126.6999} // the north-eastern corner: its GCJ-02 numbers lie outside
	sent := FromWGS84(in, GCJ02)
	_, err := ix.Locate(Point{Lat: sent.Lat, Lng: sent.Lng})
	var out *OutsideError
	if !errors.As(err, &out) || out.Likely.Kind != OtherDatum || out.Likely.Datum != GCJ02 || Distance(out.Likely.At, in) > 0.01 {
		t.Errorf("Locate(%v) = %v", sent, err)
	}
	if g := ix.LikelyErrorOf(126.65, 45.75); g.Kind != Swapped {
		t.Errorf("LikelyErrorOf exchanged axes that are none of the earth = %+v", g)
	}
	if g := ix.LikelyErrorOf(12, 34); g != (LikelyError{}) {
		t.Errorf("LikelyErrorOf a place far away = %+v", g)
	}
}

// What each area has of a cell is what the library cuts out of it, and the parts make up the cell.
func TestIndex_Shares(t *testing.T) {
	t.Parallel()
	c, ix := nyc(t), nycAt9(t)
	cells, checked := 0, 0
	rng := rand.New(rand.NewPCG(20261125, 6))
	for cell, err := range ix.Cells("NYC") {
		if err != nil {
			t.Fatal(err)
		}
		cells++
		shares, whole, err := ix.Shares(cell)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, s := range shares {
			sum += s.M2
		}
		if sum > whole+1 {
			t.Fatalf("cell %v of %.2f m2 has shares of %.2f", cell, whole, sum)
		}
		if len(shares) < 2 || rng.IntN(deep(200, 20)) > 0 {
			continue
		}
		checked++
		boundary, err := cell.Boundary()
		if err != nil {
			t.Fatal(err)
		}
		var flat []float64
		for _, p := range boundary {
			flat = append(flat, p.Lng, p.Lat)
		}
		ring := geom.NewPolygon([]geom.LineString{geom.NewLineString(geom.NewSequence(flat, geom.DimXY))}).AsGeometry()
		for _, s := range shares {
			cut, err := geom.Intersection(ring, c.shapes[s.Area])
			if err != nil {
				t.Fatal(err)
			}
			if want := SizeM2(polygonsOf(cut)); math.Abs(want-s.M2) > 0.05 {
				t.Errorf("%s has %.2f m2 of cell %v, the library says %.2f", s.Area, s.M2, cell, want)
			}
		}
	}
	t.Logf("%d cells, %d shared ones compared", cells, checked)
	if checked < 20 {
		t.Errorf("%d cells compared", checked)
	}
}
