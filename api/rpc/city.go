package rpc

import (
	"cmp"
	"context"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// ground is CityService.
type ground struct {
	wanggev1.UnimplementedCityServiceServer
	*server
}

// GetCity implements CityService.
func (s ground) GetCity(ctx context.Context, _ *wanggev1.GetCityRequest) (*wanggev1.GetCityResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	c := s.desk.City()
	return &wanggev1.GetCityResponse{
		Code: c.Code, DisplayName: i18n.Text{En: c.NameEn, Zh: c.Name}.In(auth.LanguageOf(ctx)), Revision: c.Revision, TimeZone: c.Location.String(),
		Levels: c.Levels, CellResolution: int32(c.Resolution), TableVersion: c.TableVersion, Areas: int32(len(c.Areas)), Categories: int32(len(c.Categories)), Rules: int32(len(c.Rules)),
	}, nil
}

// Locate implements CityService.
func (s ground) Locate(ctx context.Context, req *wanggev1.LocateRequest) (*wanggev1.LocateResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var f faults
	pos := s.position(ctx, &f, "position", req.GetPosition())
	within := req.GetPointsWithinM()
	if !(within >= 0 && within <= routing.MaxNearPointsM) {
		f.add(ctx, "points_within_m", i18n.F("%[1]g is not from 0 to %[2]d m", "%[1]g 不在 0 至 %[2]d 米之间", within, routing.MaxNearPointsM))
	}
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	c := s.desk.City()
	at, err := routing.Locate(c, pos, cmp.Or(within, defaultNearM))
	if err != nil {
		return nil, err
	}
	out := &wanggev1.LocateResponse{Place: s.place(ctx, at.Place)}
	for _, b := range at.Borders {
		border := &wanggev1.LocateResponse_Border{Area: s.areaRef(ctx, b.Area), DistanceM: b.DistanceM, Ambiguous: b.Ambiguous}
		if b.Neighbour != "" {
			border.Neighbour = s.areaRef(ctx, b.Neighbour)
		}
		out.Borders = append(out.Borders, border)
	}
	for _, p := range at.Points {
		u := roster.Unit{Kind: roster.UnitPoint, ID: p.Point.ID}
		up, _ := c.Parent(u)
		out.Points = append(out.Points, &wanggev1.LocateResponse_NearPoint{
			Id: p.Point.ID, DisplayName: c.UnitName(u).In(auth.LanguageOf(ctx)), Kind: p.Point.Kind, DistanceM: p.DistanceM, Unit: up.String(), Component: p.Point.Component,
		})
	}
	return out, nil
}

// defaultNearM is how far Locate looks for points when it isn't told.
const defaultNearM = 200

func (s *server) areaRef(ctx context.Context, id grid.AreaID) *wanggev1.AreaRef {
	c := s.desk.City()
	ref := &wanggev1.AreaRef{Id: string(id), DisplayName: c.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(id)}).In(auth.LanguageOf(ctx))}
	if a := c.Areas[id]; a != nil {
		ref.Level = c.Levels[a.Level]
	}
	return ref
}

// ExplainRoute implements CityService.
func (s ground) ExplainRoute(ctx context.Context, req *wanggev1.ExplainRouteRequest) (*wanggev1.ExplainRouteResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var f faults
	c := s.desk.City()
	pos := s.position(ctx, &f, "position", req.GetPosition())
	code := s.needCategory(ctx, &f, "category", req.GetCategory())
	at := instant(ctx, &f, "time", req.GetTime(), s.now())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	p, err := routing.PlaceOf(c, pos)
	if err != nil {
		return nil, err
	}
	d, err := explain.ExplainCase(c, p, code, req.GetCondition(), at)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ExplainRouteResponse{
		Place: s.place(ctx, p), Owner: s.owner(ctx, d.Owner, at), CoOwners: s.owners(ctx, d.CoOwners, at), Rule: d.Rule,
		Fallback: d.Fallback, Limit: d.Limit.String(), DueTime: stamp(d.Due.At), DueProvisional: d.Provisional,
	}
	s.reasons(ctx, c, &d, at, out)
	for _, k := range d.Considered {
		out.Considered = append(out.Considered, &wanggev1.ExplainRouteResponse_Considered{Rule: k.Rule, Matched: k.Matched, Why: k.Why.In(auth.LanguageOf(ctx))})
	}
	return out, nil
}
