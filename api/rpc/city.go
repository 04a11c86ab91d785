package rpc

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/convert"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
)

// cityService implements CityService.
type cityService struct {
	wanggev1.UnimplementedCityServiceServer
	*server
}

// GetCity implements CityService.
func (s cityService) GetCity(ctx context.Context, _ *wanggev1.GetCityRequest) (*wanggev1.City, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	c := s.city(ctx)
	return &wanggev1.City{
		Code: c.Code, DisplayName: i18n.Text{En: c.NameEn, Zh: c.Name}.In(auth.LanguageOf(ctx)), CityRevision: c.Revision,
		TimeZone: c.Location.String(),
		Levels:   c.Levels, CellResolution: int32(c.Resolution), TableVersion: c.TableVersion, AreaCount: int32(len(c.Areas)),
		CategoryCount: int32(len(c.Categories)), RuleCount: int32(len(c.Rules)),
	}, nil
}

// Locate implements CityService.
func (s cityService) Locate(ctx context.Context, req *wanggev1.LocateRequest) (*wanggev1.LocateResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	pos := f.Position("position", req.GetPosition())
	within := req.GetPointsWithinM()
	if !(within >= 0 && within <= routing.MaxNearPointsM) {
		f.Add("points_within_m", i18n.F("%[1]g is not from 0 to %[2]d m", "%[1]g 不在 0 至 %[2]d 米之间", within, routing.MaxNearPointsM))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	c := s.city(ctx)
	at, err := routing.Locate(c, pos, cmp.Or(within, defaultNearM))
	if err != nil {
		return nil, err
	}
	v := s.full(ctx)
	out := &wanggev1.LocateResponse{Place: v.Place(at.Place)}
	for _, b := range at.Borders {
		border := &wanggev1.LocateResponse_Border{Area: v.AreaRef(b.Area), DistanceM: b.DistanceM, Ambiguous: b.Ambiguous}
		if b.Neighbour != "" {
			border.Neighbour = v.AreaRef(b.Neighbour)
		}
		out.Borders = append(out.Borders, border)
	}
	for _, p := range at.Points {
		u := roster.Unit{Kind: roster.UnitPoint, ID: p.Point.ID}
		up, _ := c.Parent(u)
		out.Points = append(out.Points, &wanggev1.LocateResponse_NearPoint{
			Name: resource.Unit(u), DisplayName: c.UnitName(u).In(auth.LanguageOf(ctx)), Kind: p.Point.Kind, DistanceM: p.DistanceM,
			Unit: resource.Unit(up), Component: p.Point.Component,
		})
	}
	return out, nil
}

// defaultNearM is the radius in metres in which Locate lists points if the request gives none.
const defaultNearM = 200

// placing has the fields that ExplainRoute and OnDuty share.
type placing interface {
	GetPosition() *wanggev1.Position
	GetCategory() string
	GetTime() *timestamppb.Timestamp
}

// placed reads a place, a category and an instant; the instant defaults to now.
func (s cityService) placed(ctx context.Context, req placing) (p dispatch.Place, code catalog.Code, at time.Time, err error) {
	f := s.read(ctx)
	pos := f.Position("position", req.GetPosition())
	code = f.NeedCategory("category", req.GetCategory())
	at = f.Instant("time", req.GetTime(), s.now())
	if err := f.Err(); err != nil {
		return dispatch.Place{}, "", time.Time{}, err
	}
	p, err = routing.PlaceOf(s.city(ctx), pos)
	return p, code, at, err
}

// ExplainRoute implements CityService.
func (s cityService) ExplainRoute(ctx context.Context, req *wanggev1.ExplainRouteRequest) (*wanggev1.ExplainRouteResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	c := s.city(ctx)
	p, code, at, err := s.placed(ctx, req)
	if err != nil {
		return nil, err
	}
	source := dispatch.SourceInspector
	if req.GetSource() != wanggev1.Source_SOURCE_UNSPECIFIED {
		source = dispatch.Source(req.GetSource())
	}
	d, err := explain.CaseFrom(c, source, p, code, req.GetCondition(), at)
	if err != nil {
		return nil, err
	}
	v := s.full(ctx)
	out := &wanggev1.ExplainRouteResponse{
		Place: v.Place(p), Owner: v.At(at).Owner(d.Owner), CoOwners: v.At(at).Owners(d.CoOwners),
		Fallback: d.Fallback, Limit: convert.Limit(d.Limit), DueTime: convert.Stamp(d.Due.At), DueProvisional: d.Provisional,
	}
	v.Reasons(&d, at, out)
	return out, nil
}
