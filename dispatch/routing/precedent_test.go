package routing_test

import (
	"strings"
	"testing"
	"time"

	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// ruling is a precedent in grid W1A that gives a category to another unit than the rules do.
func ruling(id string, unit roster.Unit, from time.Time) city.Precedent {
	return city.Precedent{
		ID: id, Unit: unit, Kind: catalog.OwnerBlock, Categories: []string{citytest.Rubbish},
		Point: citytest.InW1A, RadiusM: 300,
		From: from, Decider: citytest.Mayor, DecidedAt: from, Text: "the district takes it",
	}
}

// The latest ruling that holds at a place and an instant decides; the ones that don't say why.
func TestPrecedent_BeforeRules(t *testing.T) {
	t.Parallel()
	plain := citytest.Toy(t)
	noon := casetest.At(plain, "2026-11-23 12:00")
	district := roster.Unit{Kind: roster.UnitArea, ID: "W"}
	root := roster.Unit{Kind: roster.UnitArea, ID: string(plain.Root)}
	p, err := routing.PlaceOf(plain, wgs84(citytest.InW1A))
	if err != nil {
		t.Fatal(err)
	}
	byRule, err := routing.Route(plain, p, citytest.Rubbish, noon)
	if err != nil {
		t.Fatal(err)
	}
	polygon := grid.Polygon{{{Lat: 45.751, Lng: 126.601}, {Lat: 45.751, Lng: 126.603}, {Lat: 45.753, Lng: 126.603}, {Lat: 45.753, Lng: 126.601}, {Lat: 45.751, Lng: 126.601}}}
	for _, tt := range []struct {
		name   string
		change func(*city.Precedent)
		code   catalog.Code
		rule   string // "" = as the rules say
		why    string
	}{
		{"a circle holds within its radius", func(*city.Precedent) {}, citytest.Rubbish, "precedent:pr-1", "ruled by"},
		{"a circle ends at its radius", func(q *city.Precedent) { q.Point.Lat += 0.01 }, citytest.Rubbish, "", "not where"},
		{"another category is another matter", func(*city.Precedent) {}, citytest.Stall, "", ""},
		{"a beginning covers its categories", func(q *city.Precedent) { q.Categories = []string{"E0*"} }, citytest.Stall, "precedent:pr-1", "ruled by"},
		{"it begins on its day", func(q *city.Precedent) { q.From = noon.Add(time.Second) }, citytest.Rubbish, "", "begins on"},
		{"it ends on its day", func(q *city.Precedent) { q.To = noon }, citytest.Rubbish, "", "ended on"},
		{"it ends when it is revoked", func(q *city.Precedent) { q.RevokedAt = noon }, citytest.Rubbish, "", "revoked on"},
		{"it holds until it is revoked", func(q *city.Precedent) { q.RevokedAt = noon.Add(time.Second) }, citytest.Rubbish, "precedent:pr-1", "ruled by"},
		{"an area holds its places", func(q *city.Precedent) { q.RadiusM, q.Area = 0, "W" }, citytest.Rubbish, "precedent:pr-1", "ruled by"},
		{"another area does not", func(q *city.Precedent) { q.RadiusM, q.Area = 0, "E" }, citytest.Rubbish, "", "not where"},
		{"drawn ground holds its places", func(q *city.Precedent) { q.RadiusM, q.Polygons = 0, []grid.Polygon{polygon} }, citytest.Rubbish, "precedent:pr-1", "ruled by"},
		{"a unit that is gone leads nowhere", func(q *city.Precedent) { q.Unit.ID = "gone" }, citytest.Rubbish, "", "nobody answers"},
	} {
		q := ruling("pr-1", district, noon.Add(-24*time.Hour))
		tt.change(&q)
		c := plain.WithPrecedents([]city.Precedent{q}, 1)
		d, err := routing.Explain(c, p, tt.code, noon)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Rule; tt.rule != "" && (got != tt.rule || d.Owner.Unit != district) || tt.rule == "" && strings.HasPrefix(got, "precedent:") {
			t.Errorf("%s: Route = %s by %s, want rule %q", tt.name, d.Owner.Unit, got, tt.rule)
		}
		if tt.why != "" && (d.Considered[0].Rule != "precedent:pr-1" || !strings.Contains(d.Considered[0].Why.En, tt.why) || d.Considered[0].Why.Zh == "") {
			t.Errorf("%s: first considered = %+v, want %q", tt.name, d.Considered[0], tt.why)
		}
	}
	older, later := ruling("pr-1", district, noon.Add(-48*time.Hour)), ruling("pr-2", root, noon.Add(-24*time.Hour))
	c := plain.WithPrecedents([]city.Precedent{older, later}, 2)
	if d, err := routing.Route(c, p, citytest.Rubbish, noon); err != nil || d.Owner.Unit != root || d.Rule != "precedent:pr-2" {
		t.Errorf("Route under two rulings = %s by %s, %v; want the later one", d.Owner.Unit, d.Rule, err)
	}
	if d, err := routing.Route(plain, p, citytest.Rubbish, noon); err != nil || d.Owner != byRule.Owner {
		t.Errorf("the city without precedents changed: %v, %v", d, err)
	}
	if c.Revision != plain.Revision+"+p2" || c.Base() != plain.Revision || c.WithPrecedents(nil, 0).Revision != plain.Revision {
		t.Errorf("revisions: %s over %s", c.Revision, plain.Revision)
	}
}

// A ruling settles who leads; whom the rule tells besides is told as before.
func TestPrecedent_KeepsCoOwners(t *testing.T) {
	t.Parallel()
	plain := citytest.Toy(t)
	noon := casetest.At(plain, "2026-11-23 12:00")
	seen := 0
	for _, at := range toyPlaces {
		p, err := routing.PlaceOf(plain, wgs84(at))
		if err != nil {
			t.Fatal(err)
		}
		for code := range plain.Categories {
			before, err := routing.Route(plain, p, code, noon)
			if err != nil {
				t.Fatal(err)
			}
			if len(before.CoOwners) == 0 {
				continue
			}
			seen++
			q := ruling("pr-1", before.CoOwners[0].Unit, noon)
			q.Point, q.Categories = at, []string{string(code)}
			after, err := routing.Route(plain.WithPrecedents([]city.Precedent{q}, 1), p, code, noon)
			if err != nil || after.Owner.Unit != q.Unit || len(after.CoOwners) != len(before.CoOwners)-1 {
				t.Errorf("%s: %s with %v, then %s with %v, %v", code, before.Owner.Unit, before.CoOwners, after.Owner.Unit, after.CoOwners, err)
			}
		}
	}
	if seen < len(toyPlaces) {
		t.Errorf("%d matters have co-owners, want one at each of %d places at least", seen, len(toyPlaces))
	}
}

func TestPrecedent_FaultsAreNamed(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	noon := casetest.At(c, "2026-11-23 12:00")
	good := ruling("pr-1", roster.Unit{Kind: roster.UnitArea, ID: "W"}, noon)
	if bad := c.CheckPrecedent(&good); bad != nil {
		t.Fatalf("CheckPrecedent(good) = %v", bad)
	}
	for _, tt := range []struct {
		change func(*city.Precedent)
		want   string
	}{
		{func(q *city.Precedent) { q.Unit.ID = "x" }, "unit"},
		{func(q *city.Precedent) { q.Categories = []string{"X9*"} }, "covers no category"},
		{func(q *city.Precedent) { q.Categories = nil }, "category patterns"},
		{func(q *city.Precedent) { q.Area = "W" }, "exactly one"},
		{func(q *city.Precedent) { q.RadiusM = 0 }, "exactly one"},
		{func(q *city.Precedent) { q.RadiusM, q.Section = 0, "s-none" }, "section"},
		{func(q *city.Precedent) { q.RadiusM = 1e9 }, "radius"},
		{func(q *city.Precedent) { q.To = q.From }, "before to"},
		{func(q *city.Precedent) { q.Text = "" }, "words"},
		{func(q *city.Precedent) { q.RadiusM, q.Polygons = 0, []grid.Polygon{{{{Lat: 1}}}} }, "ring"},
	} {
		q := good
		tt.change(&q)
		bad := c.CheckPrecedent(&q)
		if len(bad) != 1 || !strings.Contains(bad[0].En, tt.want) || bad[0].Zh == "" {
			t.Errorf("CheckPrecedent = %v, want one fault about %q", bad, tt.want)
		}
	}
}
