package rpc

import (
	"context"
	"wangge/dispatch"
	"wangge/dispatch/say"

	wanggev1 "wangge/api/wangge/v1"
)

// ground is CityService.
type ground struct {
	wanggev1.UnimplementedCityServiceServer
	*server
}

// GetCity implements CityService.
func (s ground) GetCity(ctx context.Context, _ *wanggev1.GetCityRequest) (*wanggev1.GetCityResponse, error) {
	c := s.desk.City()
	return &wanggev1.GetCityResponse{
		Code: c.Code, DisplayName: say.Text{En: c.NameEn, Zh: c.Name}.In(language(ctx)), Revision: c.Revision, TimeZone: c.Location.String(),
		Levels: c.Levels, CellResolution: int32(c.Resolution), TableVersion: c.TableVersion, Areas: int32(len(c.Areas)), Categories: int32(len(c.Categories)), Rules: int32(len(c.Rules)),
	}, nil
}

// Locate implements CityService.
func (s ground) Locate(ctx context.Context, req *wanggev1.LocateRequest) (*wanggev1.LocateResponse, error) {
	var f faults
	pos := s.position(ctx, &f, "position", req.GetPosition())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	p, err := dispatch.PlaceOf(s.desk.City(), pos)
	if err != nil {
		return nil, err
	}
	return &wanggev1.LocateResponse{Place: s.place(ctx, p)}, nil
}

// ExplainRoute implements CityService.
func (s ground) ExplainRoute(ctx context.Context, req *wanggev1.ExplainRouteRequest) (*wanggev1.ExplainRouteResponse, error) {
	var f faults
	c := s.desk.City()
	pos := s.position(ctx, &f, "position", req.GetPosition())
	code := s.needCategory(ctx, &f, "category", req.GetCategory())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	at := s.now()
	if req.GetTime() != nil {
		at = req.GetTime().AsTime()
	}
	p, err := dispatch.PlaceOf(c, pos)
	if err != nil {
		return nil, err
	}
	d, err := dispatch.Explain(c, p, code, at)
	if err != nil {
		return nil, err
	}
	cond, err := dispatch.ConditionOf(c, code, req.GetCondition())
	if err != nil {
		return nil, err
	}
	due, provisional, err := dispatch.DueAt(c, at, cond.Limit)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ExplainRouteResponse{
		Place: s.place(ctx, p), Owner: s.owner(ctx, d.Owner, at), CoOwners: s.owners(ctx, d.CoOwners, at), Rule: d.Rule,
		Fallback: d.Fallback, Limit: cond.Limit.String(), DueTime: stamp(due), DueProvisional: provisional,
	}
	for _, k := range d.Considered {
		out.Considered = append(out.Considered, &wanggev1.ExplainRouteResponse_Considered{Rule: k.Rule, Matched: k.Matched, Why: k.Why.In(language(ctx))})
	}
	return out, nil
}
