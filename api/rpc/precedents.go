package rpc

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// precedents is PrecedentService.
type precedents struct {
	wanggev1.UnimplementedPrecedentServiceServer
	*server
}

// kindOf is the kind of owner that a unit is.
func kindOf(u roster.Unit) catalog.OwnerKind {
	switch u.Kind {
	case roster.UnitDepartment, roster.UnitSection:
		return catalog.OwnerLine
	case roster.UnitPoint:
		return catalog.OwnerPoint
	default:
		return catalog.OwnerBlock
	}
}

// CreatePrecedent implements PrecedentService.
func (s precedents) CreatePrecedent(ctx context.Context, req *wanggev1.CreatePrecedentRequest) (*wanggev1.CreatePrecedentResponse, error) {
	if err := s.govern(ctx, dispatch.ActRule); err != nil {
		return nil, err
	}
	var f faults
	m := req.GetPrecedent()
	u, err := roster.ParseUnit(m.GetUnit())
	if err != nil {
		f.add(ctx, "precedent.unit", i18n.F("%q is not a unit; write area:ID, department:ID, section:ID or point:ID", "%q 不是单位，请填写 area:编号、department:编号、section:编号 或 point:编号", clip(m.GetUnit())))
	}
	p := city.Precedent{Unit: u, Kind: kindOf(u), Section: m.GetSection(), Area: grid.AreaID(m.GetArea()), Text: words(ctx, &f, "precedent.text", m.GetText()), Case: strings.TrimPrefix(m.GetCase(), "cases/")}
	if p.Case != "" {
		if _, err := dispatch.ParseCaseID(p.Case); err != nil {
			f.add(ctx, "precedent.case", i18n.F("%q is not a case number", "%q 不是案件编号", clip(p.Case)))
		}
	}
	if len(m.GetCategories()) > city.MaxPrecedentPatterns {
		f.add(ctx, "precedent.categories", i18n.F("at most %d", "最多 %d 项", city.MaxPrecedentPatterns))
	} else {
		for i, text := range m.GetCategories() {
			p.Categories = append(p.Categories, short(ctx, &f, fmt.Sprintf("precedent.categories[%d]", i), text, maxName))
		}
	}
	if c := m.GetCircle(); c != nil {
		p.Point, p.RadiusM = s.point(ctx, &f, "precedent.circle.center", c.GetCenter()), c.GetRadiusM()
		if !(p.RadiusM > 0 && p.RadiusM <= city.MaxPrecedentRadiusM) {
			f.add(ctx, "precedent.circle.radius_m", i18n.F("%[1]g is not above 0 and at most %[2]d m", "%[1]g 应大于 0 且不超过 %[2]d 米", p.RadiusM, city.MaxPrecedentRadiusM))
		}
	}
	s.drawn(ctx, &f, m, &p)
	p.From, p.To = instant(ctx, &f, "precedent.from", m.GetFrom(), p.From), instant(ctx, &f, "precedent.to", m.GetTo(), p.To)
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	made, err := s.desk.Rule(ctx, auth.PersonOf(ctx), p)
	if err != nil {
		return nil, err
	}
	return &wanggev1.CreatePrecedentResponse{Precedent: s.precedent(ctx, &made)}, nil
}

// drawn reads drawn ground; it stops at the bound of vertices.
func (s precedents) drawn(ctx context.Context, f *faults, m *wanggev1.Precedent, p *city.Precedent) {
	n := 0
	for i, poly := range m.GetPolygons() {
		var g grid.Polygon
		for j, ring := range poly.GetRings() {
			var r []grid.Point
			for k, v := range ring.GetVertices() {
				if n++; n > city.MaxPrecedentVertices {
					f.add(ctx, "precedent.polygons", i18n.F("at most %d vertices", "最多 %d 个顶点", city.MaxPrecedentVertices))
					return
				}
				r = append(r, s.point(ctx, f, fmt.Sprintf("precedent.polygons[%d].rings[%d].vertices[%d]", i, j, k), v))
			}
			g = append(g, r)
		}
		p.Polygons = append(p.Polygons, g)
	}
}

// point reads a position and converts it to WGS-84.
func (s *server) point(ctx context.Context, f *faults, at string, p *wanggev1.Position) grid.Point {
	pos := s.position(ctx, f, at, p)
	if p == nil || pos.Validate() != nil {
		return grid.Point{}
	}
	pt, err := grid.ToWGS84(pos)
	if err != nil {
		f.add(ctx, at, i18n.F("%v", "%v", err))
	}
	return pt
}

// ListPrecedents implements PrecedentService.
func (s precedents) ListPrecedents(ctx context.Context, req *wanggev1.ListPrecedentsRequest) (*wanggev1.ListPrecedentsResponse, error) {
	list, err := s.desk.Precedents(ctx, auth.PersonOf(ctx))
	if err != nil {
		return nil, err
	}
	from := 0
	if t := req.GetPageToken(); t != "" { // how many precedents are older: it holds when new ones come
		older, err := strconv.Atoi(t)
		if err != nil || older < 1 || older > len(list) {
			return nil, ledger.ErrBadToken
		}
		from = len(list) - older
	}
	out := &wanggev1.ListPrecedentsResponse{}
	n := rowsAPage(req.GetPageSize())
	for i := from; i < len(list); i++ {
		if len(out.Precedents) == n {
			out.NextPageToken = strconv.Itoa(len(list) - i)
			break
		}
		if m := s.precedent(ctx, &list[i]); m.InForce || !req.GetInForce() {
			out.Precedents = append(out.Precedents, m)
		}
	}
	return out, nil
}

// RevokePrecedent implements PrecedentService.
func (s precedents) RevokePrecedent(ctx context.Context, req *wanggev1.RevokePrecedentRequest) (*wanggev1.RevokePrecedentResponse, error) {
	var f faults
	reason := words(ctx, &f, "reason", req.GetReason())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	p, err := s.desk.Revoke(ctx, auth.PersonOf(ctx), req.GetId(), reason)
	if err != nil {
		return nil, err
	}
	return &wanggev1.RevokePrecedentResponse{Precedent: s.precedent(ctx, &p)}, nil
}

func (s precedents) precedent(ctx context.Context, p *city.Precedent) *wanggev1.Precedent {
	c, now := s.desk.City(), s.now()
	decider, _ := c.Roster.Person(p.Decider)
	out := &wanggev1.Precedent{
		Id: p.ID, Unit: p.Unit.String(), UnitDisplayName: c.UnitName(p.Unit).In(auth.LanguageOf(ctx)), Categories: p.Categories, Section: p.Section, Area: string(p.Area), From: stamp(p.From), To: stamp(p.To),
		Text: p.Text, Decider: string(p.Decider), DeciderDisplayName: decider.Name, DecideTime: stamp(p.DecidedAt), RevokeTime: stamp(p.RevokedAt), Revoker: string(p.RevokedBy), RevokeReason: p.Revoked,
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
