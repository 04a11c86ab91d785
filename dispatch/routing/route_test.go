package routing_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// toyPlaces are one place of each kind in the toy city.
var toyPlaces = []grid.Point{
	citytest.InW1A, citytest.InW1B, citytest.InE1A, citytest.InE1B, citytest.AtSchool, citytest.AtCover, citytest.InPark, citytest.OnRiver, citytest.OnBorder,
}

func wgs84(p grid.Point) grid.Position {
	return grid.Position{Lat: p.Lat, Lng: p.Lng, Datum: grid.WGS84, AccuracyM: 10}
}

// For every category of two cities, at every kind of place, in winter and in summer.
func TestRoute_ExplainGivesTheSameOwner(t *testing.T) {
	t.Parallel()
	toy := citytest.Toy(t)
	for _, at := range toyPlaces {
		for _, when := range []string{"2026-03-04 09:00", "2026-07-04 21:00"} {
			sameOwner(t, toy, wgs84(at), casetest.At(toy, when))
		}
	}
	boston := casetest.Small(t) // with more than a hundred categories
	sameOwner(t, boston, casetest.SmallAt, casetest.At(boston, "2026-03-04 09:00"))
	p, err := routing.PlaceOf(toy, wgs84(citytest.InW1A))
	if err != nil {
		t.Fatal(err)
	}
	var unknown *dispatch.UnknownCategoryError
	if _, err := routing.Route(toy, p, "E010", casetest.At(toy, "2026-03-04 09:00")); !errors.As(err, &unknown) || len(unknown.Nearest) == 0 {
		t.Errorf("Route of an unknown category = %v, want the nearest named", err)
	}
}

func sameOwner(t *testing.T, c *city.City, at grid.Position, when time.Time) {
	t.Helper()
	p, err := routing.PlaceOf(c, at)
	if err != nil {
		t.Fatal(err)
	}
	for code := range c.Categories {
		d, err := routing.Route(c, p, code, when)
		if err != nil {
			t.Errorf("Route(%s) = %v", code, err)
			continue
		}
		x, err := routing.Explain(c, p, code, when)
		if err != nil {
			t.Errorf("Explain(%s) = %v", code, err)
			continue
		}
		if last := x.Considered[len(x.Considered)-1]; !last.Matched || last.Rule != d.Rule {
			t.Errorf("Explain(%s) ends with %+v, want rule %s", code, last, d.Rule)
		}
		x.Considered = nil
		if diff := cmp.Diff(d, x); diff != "" {
			t.Errorf("Route and Explain of %s at %v differ:\n%s", code, at, diff)
		}
	}
}
