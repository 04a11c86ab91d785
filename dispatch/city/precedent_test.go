package city_test

import (
	"testing"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// ruling is a precedent that can decide in the toy city, but for its place.
func ruling(p city.Precedent) city.Precedent {
	p.ID, p.Unit, p.Kind, p.Categories = "pr-1", roster.Unit{Kind: roster.UnitArea, ID: "W1"}, catalog.OwnerBlock, []string{"*"}
	p.From, p.Text = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "ruled"
	return p
}

func holds(t *testing.T, c *city.City, p *city.Precedent, at grid.Point) bool {
	t.Helper()
	place, err := c.Index.Locate(at)
	if err != nil {
		t.Fatal(err)
	}
	return p.Holds(at, place.Areas, c.SectionsAt(at))
}

// A ruling whose place is a section decides on the section and nowhere else, and is accepted by the city.
func TestPrecedent_Section(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	for _, tt := range []struct {
		section string
		in, out grid.Point
	}{
		{"PARK", citytest.InPark, citytest.InE1B},
		{"RIVER", citytest.OnRiver, citytest.InW1A},
	} {
		p := ruling(city.Precedent{Section: tt.section})
		if bad := c.CheckPrecedent(&p); bad != nil {
			t.Errorf("%s: %v", tt.section, bad)
		}
		ruled := c.WithPrecedents([]city.Precedent{p}, 1).PrecedentsOf(citytest.Rubbish)
		if len(ruled) != 1 || !holds(t, c, ruled[0], tt.in) || holds(t, c, ruled[0], tt.out) {
			t.Errorf("%s: of %d rulings the first does not hold on the section alone", tt.section, len(ruled))
		}
	}
}

// A ruling drawn as an area is drawn holds at the points of the area: on borders and corners, too, the ruling agrees
// with the index.
func TestPrecedent_Border(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	for _, id := range []grid.AreaID{"W1A", "W1B", "E1A", "E1B"} {
		p := ruling(city.Precedent{Polygons: c.Areas[id].Ground})
		if bad := c.CheckPrecedent(&p); bad != nil {
			t.Errorf("%s: %v", id, bad)
		}
		n := 0
		for _, at := range (grid.Patch{Polygons: c.Areas[id].Ground}).Samples() {
			place, err := c.Index.Locate(at)
			within := err == nil && place.Areas[len(place.Areas)-1] == id
			if within {
				n++
			}
			if got := p.Holds(at, place.Areas, nil); got != within {
				t.Errorf("%s at %v: the ruling holds: %t, the area does: %t", id, at, got, within)
			}
		}
		if n < 2 {
			t.Errorf("%s: %d points of its border are its own", id, n)
		}
	}
}
