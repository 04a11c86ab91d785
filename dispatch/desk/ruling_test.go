package desk_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// withPark is riverTown with a second section, drawn as ground and kept by WORKS.
func withPark() city.Directory {
	const park = `{"type":"Feature","properties":{"id":"S2","name":"河滨园","department":"WORKS"},"geometry":{"type":"Polygon","coordinates":[[[120.0012,30.0012],[120.0018,30.0012],[120.0018,30.0018],[120.0012,30.0018],[120.0012,30.0012]]]}}`
	return swap(riverTown(), "sections.geojson", riverSection, riverSection+",\n"+park)
}

// A ruling that is listed as in force decides the next case, whatever kind of place it holds for.
func TestPrecedent_EachKindOfPlace(t *testing.T) {
	t.Parallel()
	box := func(w, s, e, n float64) []grid.Polygon {
		return []grid.Polygon{{{{Lat: s, Lng: w}, {Lat: s, Lng: e}, {Lat: n, Lng: e}, {Lat: n, Lng: w}, {Lat: s, Lng: w}}}}
	}
	for _, tt := range []struct {
		name     string
		place    city.Precedent
		in, out  grid.Point
		unit     string
		category string
	}{
		{"a road section with its width", city.Precedent{Section: "S1"}, grid.Point{Lat: 30.00065, Lng: 120.0035}, grid.Point{Lat: 30.001, Lng: 120.0035}, "area:w2", "E2"},
		{"a drawn section of another department", city.Precedent{Section: "S2"}, grid.Point{Lat: 30.0015, Lng: 120.0015}, grid.Point{Lat: 30.0005, Lng: 120.0015}, "department:TEAM", "E2"},
		{"a section, given to another section", city.Precedent{Section: "S2"}, grid.Point{Lat: 30.0015, Lng: 120.0015}, grid.Point{Lat: 30.0005, Lng: 120.0015}, "section:S1", "E2"},
		{"a circle", city.Precedent{Point: grid.Point{Lat: 30.0005, Lng: 120.0005}, RadiusM: 30}, grid.Point{Lat: 30.0006, Lng: 120.0006}, grid.Point{Lat: 30.0015, Lng: 120.0005}, "department:WORKS", "E2"},
		{"a circle, given to a point", city.Precedent{Point: grid.Point{Lat: 30.0005, Lng: 120.0005}, RadiusM: 30}, grid.Point{Lat: 30.0006, Lng: 120.0006}, grid.Point{Lat: 30.0015, Lng: 120.0005}, "point:M1", "E2"},
		{"a block", city.Precedent{Area: "b3"}, grid.Point{Lat: 30.0005, Lng: 120.0025}, grid.Point{Lat: 30.0005, Lng: 120.0015}, "department:WORKS", "E2"},
		{"a ward", city.Precedent{Area: "w1"}, grid.Point{Lat: 30.0005, Lng: 120.0015}, grid.Point{Lat: 30.0005, Lng: 120.0025}, "department:WORKS", "E2"},
		{"drawn ground", city.Precedent{Polygons: box(120.0001, 30.0001, 120.0009, 30.0009)}, grid.Point{Lat: 30.0005, Lng: 120.0005}, grid.Point{Lat: 30.0015, Lng: 120.0005}, "department:WORKS", "E2"},
		{"drawn ground around the whole city", city.Precedent{Polygons: box(119.9, 29.9, 120.1, 30.1)}, grid.Point{Lat: 30.0005, Lng: 120.0005}, grid.Point{}, "department:WORKS", "E2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, _ := river(t, withPark())
			u, err := roster.ParseUnit(tt.unit)
			if err != nil {
				t.Fatal(err)
			}
			p := tt.place
			p.Unit, p.Kind, p.Categories, p.Text = u, catalog.OwnerLine, []string{tt.category}, "so ruled"
			made, err := a.d.Rule(t.Context(), mayor, p)
			if err != nil {
				t.Fatal(err)
			}
			in := reportAt(tt.category, tt.in.Lat, tt.in.Lng, dispatch.SourceInspector)
			if cs := a.file(watchman, in); cs.Owner.Unit != u || cs.Rule != routing.PrecedentRule(made.ID) {
				t.Errorf("a case at the place goes to %s by %s, want %s by the ruling", cs.Owner.Unit, cs.Rule, u)
			}
			if tt.out == (grid.Point{}) {
				return
			}
			out := reportAt(tt.category, tt.out.Lat, tt.out.Lng, dispatch.SourceInspector)
			out.ClientID = "elsewhere"
			if cs := a.file(watchman, out); cs.Rule == routing.PrecedentRule(made.ID) {
				t.Errorf("a case beside the place is ruled, too")
			}
		})
	}
}

// What could never decide is refused when it is made.
func TestPrecedent_ThatCannotDecide(t *testing.T) {
	t.Parallel()
	ring := func(points ...grid.Point) []grid.Polygon { return []grid.Polygon{{append(points, points[0])}} }
	works := roster.Unit{Kind: roster.UnitDepartment, ID: "WORKS"}
	for name, tt := range map[string]struct {
		place city.Precedent
		says  string
	}{
		"a circle far away":              {city.Precedent{Unit: works, Point: grid.Point{Lat: 31, Lng: 120}, RadiusM: 50}, "outside the city"},
		"a circle with exchanged axes":   {city.Precedent{Unit: works, Point: grid.Point{Lat: 120.0005, Lng: 30.0005}, RadiusM: 50}, "outside the city"},
		"an infinite circle":             {city.Precedent{Unit: works, Point: grid.Point{Lat: 30.0005, Lng: 120.0005}, RadiusM: math.Inf(1)}, "radius"},
		"a circle that is no number":     {city.Precedent{Unit: works, Point: grid.Point{Lat: 30.0005, Lng: 120.0005}, RadiusM: math.NaN()}, "radius"},
		"ground far away":                {city.Precedent{Unit: works, Polygons: ring(grid.Point{Lat: 31, Lng: 120}, grid.Point{Lat: 31, Lng: 120.1}, grid.Point{Lat: 31.1, Lng: 120.1})}, "outside the city"},
		"ground without size":            {city.Precedent{Unit: works, Polygons: ring(grid.Point{Lat: 30.0005, Lng: 120.0001}, grid.Point{Lat: 30.0005, Lng: 120.0002}, grid.Point{Lat: 30.0005, Lng: 120.0003})}, "no size"},
		"a section that nobody has":      {city.Precedent{Unit: works, Section: "S9"}, "does not exist"},
		"an area that nobody has":        {city.Precedent{Unit: works, Area: "b9"}, "does not exist"},
		"a unit that nobody answers for": {city.Precedent{Unit: roster.Unit{Kind: roster.UnitSection, ID: "S2"}, Area: "b1"}, "nobody answers"},
		"one that has ended":             {city.Precedent{Unit: works, Area: "b1", From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}, "has passed"},
	} {
		a, _ := river(t, withPark())
		p := tt.place
		p.Kind, p.Categories, p.Text = catalog.OwnerLine, []string{"E2"}, "so ruled"
		var bad *rollout.BadPrecedentError
		if _, err := a.d.Rule(t.Context(), mayor, p); !errors.As(err, &bad) || !strings.Contains(bad.Error(), tt.says) {
			t.Errorf("%s: Rule = %v, want it refused because of %q", name, err, tt.says)
		}
	}
}
