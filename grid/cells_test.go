package grid

import (
	"math"
	"testing"
)

// An area keeps of a cell what the drawn areas below it leave, also through areas that are not drawn.
func TestIndex_SharesThroughUndrawnAreas(t *testing.T) {
	t.Parallel()
	ix := build(t, []Area{
		{"R", "", 0, nil},
		{"D", "R", 1, square(50, 10, 50.01, 10.02)},
		{"S", "D", 2, nil},
		{"a", "S", 3, square(50, 10, 50.01, 10.01)},
		{"b", "S", 3, square(50, 10.01, 50.01, 10.02)},
	})
	sum := map[AreaID]float64{}
	for c, err := range ix.Cells("R") {
		if err != nil {
			t.Fatal(err)
		}
		shares, whole, err := ix.Shares(c)
		if err != nil {
			t.Fatal(err)
		}
		total := 0.0
		for _, s := range shares {
			sum[s.Area] += s.M2
			total += s.M2
		}
		if total > whole*1.0001 {
			t.Errorf("cell %s: %.1f m2 are shared, it has %.1f", c, total, whole)
		}
	}
	if want := SizeM2(square(50, 10, 50.01, 10.01)); math.Abs(sum["a"]-want) > 100 || math.Abs(sum["b"]-want) > 100 || sum["D"] > 1 {
		t.Errorf("shares %v, want a and b of %.1f m2 and nothing else", sum, want)
	}
}
