package convert

import (
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/grid"
)

// Precedent renders a precedent.
func (v Viewer) Precedent(p *city.Precedent) *wanggev1.Precedent {
	c, now := v.City, v.Now
	decider, _ := c.Roster.Person(p.Decider)
	out := &wanggev1.Precedent{
		Id: p.ID, Unit: p.Unit.String(), UnitDisplayName: c.UnitName(p.Unit).In(v.Language), Categories: p.Categories, Section: p.Section,
		Area: string(p.Area), From: Stamp(p.From), To: Stamp(p.To),
		Text: p.Text, Decider: string(p.Decider), DeciderDisplayName: decider.Name, DecideTime: Stamp(p.DecidedAt),
		RevokeTime: Stamp(p.RevokedAt), Revoker: string(p.RevokedBy), RevokeReason: p.Revoked,
		InForce: !now.Before(p.From) && (p.To.IsZero() || now.Before(p.To)) && (p.RevokedAt.IsZero() || now.Before(p.RevokedAt)),
	}
	if p.Case != "" {
		out.Case = "cases/" + p.Case
	}
	position := func(at grid.Point) *wanggev1.Position {
		return &wanggev1.Position{Latitude: at.Lat, Longitude: at.Lng, Datum: wanggev1.Datum(grid.WGS84)}
	}
	if p.RadiusM > 0 {
		out.Circle = &wanggev1.Precedent_Circle{Center: position(p.Point), RadiusM: p.RadiusM}
	}
	for _, g := range p.Polygons {
		poly := &wanggev1.Precedent_Polygon{}
		for _, r := range g {
			ring := &wanggev1.Precedent_Ring{}
			for _, v := range r {
				ring.Vertices = append(ring.Vertices, position(v))
			}
			poly.Rings = append(poly.Rings, ring)
		}
		out.Polygons = append(out.Polygons, poly)
	}
	return out
}
