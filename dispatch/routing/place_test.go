package routing_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"wangge/dispatch/casetest"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/grid"
)

var july = time.Date(2011, 7, 11, 9, 0, 0, 0, time.UTC)

// A place has its areas from the city down; an inaccurate position reaches over the border and says so.
func TestPlace_ChainAndBorder(t *testing.T) {
	t.Parallel()
	c := casetest.Small(t)
	p, err := routing.PlaceOf(c, casetest.SmallAt)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Located() || len(p.Areas) != 2 || p.Areas[0] != "BOS" || p.BorderM <= 0 || p.Ambiguous {
		t.Errorf("PlaceOf = %+v, want a district below BOS and a distance to its border", p)
	}
	vague := casetest.SmallAt
	vague.AccuracyM = p.BorderM + 1
	if p, err = routing.PlaceOf(c, vague); err != nil || !p.Ambiguous {
		t.Errorf("PlaceOf(accuracy %g m) = %+v, %v; want ambiguous", vague.AccuracyM, p, err)
	}
}

func TestPlace_Errors(t *testing.T) {
	t.Parallel()
	c := casetest.Small(t)
	var outside *grid.OutsideError
	if _, err := routing.PlaceOf(c, grid.Position{Lat: 42.3, Lng: -60, Datum: grid.WGS84}); !errors.As(err, &outside) {
		t.Errorf("PlaceOf(at sea) = %v, want *OutsideError", err)
	}
	var wrong *grid.PositionError
	if _, err := routing.PlaceOf(c, grid.Position{Lat: 142, Lng: -71, Datum: grid.WGS84}); !errors.As(err, &wrong) {
		t.Errorf("PlaceOf(latitude 142) = %v, want *PositionError", err)
	} else if text := routing.PositionErrorText(wrong); text.En == "" || text.Zh == "" {
		t.Errorf("PositionErrorText = %+v", text)
	}
}

// Without a position, a place lies in the smallest area that is known, at least in the city.
func TestPlace_Unlocated(t *testing.T) {
	t.Parallel()
	c := casetest.Small(t)
	for _, tt := range []struct{ given, want []grid.AreaID }{
		{nil, []grid.AreaID{"BOS"}},
		{[]grid.AreaID{"gone"}, []grid.AreaID{"BOS"}},
		{[]grid.AreaID{"BOS", "A1"}, []grid.AreaID{"BOS", "A1"}},
		{[]grid.AreaID{"BOS", "A1", "gone"}, []grid.AreaID{"BOS", "A1"}},
	} {
		if p := routing.Unlocated(c, tt.given...); p.Located() || !slices.Equal(p.Areas, tt.want) {
			t.Errorf("Unlocated(%v) = %+v, want areas %v", tt.given, p, tt.want)
		}
	}
}

// A matter without a position is routed by the areas that are known.
func TestRoute_WithoutPosition(t *testing.T) {
	t.Parallel()
	c := casetest.Small(t)
	d, err := routing.Route(c, routing.Unlocated(c, "A1"), "trees/new-tree-requests", july)
	if want := (roster.Unit{Kind: roster.UnitDepartment, ID: "PARK"}); err != nil || d.Owner.Unit != want || d.Fallback {
		t.Errorf("Route = %+v, %v; want %s by its own rule", d, err, want)
	}
	if len(d.CoOwners) != 1 || d.CoOwners[0].Unit.ID != "A1" || d.CoOwners[0].Kind != catalog.OwnerBlock {
		t.Errorf("co-owners %+v, want district A1", d.CoOwners)
	}
}

// Every rule before the one that decides says why it did not.
func TestRoute_ExplainNamesEveryRule(t *testing.T) {
	t.Parallel()
	c := casetest.Small(t)
	p, err := routing.PlaceOf(c, casetest.SmallAt)
	if err != nil {
		t.Fatal(err)
	}
	for code := range c.Categories {
		d, err := routing.Explain(c, p, code, july)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range d.Considered {
			if k.Rule != c.Rules[i].ID || k.Matched != (i == len(d.Considered)-1) || k.Why.En == "" || k.Why.Zh == "" {
				t.Errorf("%s: rule %d is %+v", code, i, k)
			}
		}
		if last := d.Considered[len(d.Considered)-1]; last.Rule != d.Rule {
			t.Errorf("%s: decided by %s, explained by %s", code, d.Rule, last.Rule)
		}
	}
}
