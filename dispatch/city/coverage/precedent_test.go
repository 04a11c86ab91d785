package coverage

import (
	"slices"
	"testing"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// A ruling is proved in every area in which it may decide: on a section, on drawn ground within which an area lies
// wholly, in a circle and in an area. The unit of the ruling has nobody who can be reached at night, which opens a gap.
func TestProve_Precedent(t *testing.T) {
	t.Parallel()
	c := citytest.Varied(t, map[string]string{
		"posts.csv": string(citytest.ToyDirectory()["posts.csv"]) + ",point:COVER,owner,grid-w1a,1,day,,\n",
	})
	box := func(s, w, n, e float64) []grid.Polygon {
		return []grid.Polygon{{{{Lat: s, Lng: w}, {Lat: s, Lng: e}, {Lat: n, Lng: e}, {Lat: n, Lng: w}, {Lat: s, Lng: w}}}}
	}
	for _, tt := range []struct {
		name  string
		place city.Precedent
		areas []grid.AreaID
	}{
		{"a drawn section", city.Precedent{Section: "PARK"}, []grid.AreaID{"E1B"}},
		{"a road", city.Precedent{Section: "RIVER"}, []grid.AreaID{"E1A", "W1A"}},
		{"an area", city.Precedent{Area: "W1"}, []grid.AreaID{"W1A", "W1B"}},
		{"a circle", city.Precedent{Point: citytest.AtSchool, RadiusM: 50}, []grid.AreaID{"W1B"}},
		{"drawn ground within one area", city.Precedent{Polygons: box(45.751, 126.601, 45.753, 126.604)}, []grid.AreaID{"W1A"}},
		{"drawn ground around the city", city.Precedent{Polygons: box(45.74, 126.59, 45.77, 126.62)}, []grid.AreaID{"E1A", "E1B", "W1A", "W1B"}},
	} {
		p := tt.place
		p.ID, p.Unit, p.Kind, p.Categories = "pr-1", roster.Unit{Kind: roster.UnitPoint, ID: "COVER"}, catalog.OwnerPoint, []string{citytest.Rubbish}
		p.From, p.Text = time.Date(2026, 1, 1, 0, 0, 0, 0, c.Location), "ruled"
		if bad := c.CheckPrecedent(&p); bad != nil {
			t.Fatalf("%s: %v", tt.name, bad)
		}
		var open []grid.AreaID
		for _, g := range proofOf(t, c.WithPrecedents([]city.Precedent{p}, 1), "2026-06-01", 7).Gaps {
			if !slices.Contains(g.Categories, citytest.Rubbish) { // the component's own post has nobody at night, either
				continue
			}
			for _, leaf := range []grid.AreaID{"E1A", "E1B", "W1A", "W1B"} {
				if slices.ContainsFunc(g.Areas, func(id grid.AreaID) bool { return c.Under(leaf, id) }) && !slices.Contains(open, leaf) {
					open = append(open, leaf)
				}
			}
		}
		slices.Sort(open)
		if !slices.Equal(open, tt.areas) {
			t.Errorf("%s: open at night in %v, want %v", tt.name, open, tt.areas)
		}
	}
}
