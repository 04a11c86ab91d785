package convert

import (
	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// Precedent renders a precedent.
func (v Viewer) Precedent(p *city.Precedent) *wanggev1.Precedent {
	out := &wanggev1.Precedent{
		Name: resource.Precedent(p.ID), Unit: resource.Unit(p.Unit), UnitDisplayName: v.words(v.City.UnitName(p.Unit)),
		Categories: p.Categories, StartTime: Stamp(p.From), EndTime: Stamp(p.To), Text: p.Text,
		Decider: resource.Person(p.Decider), DeciderDisplayName: v.personName(p.Decider), DecideTime: Stamp(p.DecidedAt),
		RevokeTime: Stamp(p.RevokedAt), Revoker: resource.Person(p.RevokedBy), RevokeReason: p.Revoked,
		InForce: !v.Now.Before(p.From) && (p.To.IsZero() || v.Now.Before(p.To)) && (p.RevokedAt.IsZero() || v.Now.Before(p.RevokedAt)),
	}
	if p.Case != "" {
		out.Case = "cases/" + p.Case
	}
	switch {
	case p.RadiusM > 0:
		out.Place = &wanggev1.Precedent_Circle_{Circle: &wanggev1.Precedent_Circle{Center: wirePoint(p.Point), RadiusM: p.RadiusM}}
	case p.Section != "":
		out.Place = &wanggev1.Precedent_Section{Section: resource.Section(p.Section)}
	case p.Area != "":
		out.Place = &wanggev1.Precedent_Area{Area: resource.Area(p.Area)}
	case len(p.Polygons) > 0:
		out.Place = &wanggev1.Precedent_Polygons_{Polygons: wirePolygons(p.Polygons)}
	}
	return out
}

func wirePolygons(polygons []grid.Polygon) *wanggev1.Precedent_Polygons {
	out := &wanggev1.Precedent_Polygons{}
	for _, g := range polygons {
		poly := &wanggev1.Precedent_Polygon{}
		for _, r := range g {
			ring := &wanggev1.Precedent_Ring{}
			for _, at := range r {
				ring.Vertices = append(ring.Vertices, wirePoint(at))
			}
			poly.Rings = append(poly.Rings, ring)
		}
		out.Polygons = append(out.Polygons, poly)
	}
	return out
}

func wirePoint(at grid.Point) *wanggev1.Position {
	return &wanggev1.Position{Latitude: at.Lat, Longitude: at.Lng, Datum: wanggev1.Datum(grid.WGS84)}
}

// personName is the name of a person, as last used of one who has left; "" of one whom no revision had.
func (v Viewer) personName(id roster.PersonID) string { return v.City.PersonName(id) }
