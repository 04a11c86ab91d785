package rpc

import (
	"context"

	"wangge/api/auth"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/formlist"
	"wangge/api/rpc/lookup"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/form"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

// formService implements FormService.
type formService struct {
	wanggev1.UnimplementedFormServiceServer
	*server
	prepared *formlist.Prepared
}

func newFormService(s *server) formService {
	return formService{server: s, prepared: &formlist.Prepared{}}
}

// ListCategories implements FormService.
func (s formService) ListCategories(ctx context.Context, req *wanggev1.ListCategoriesRequest) (*wanggev1.ListCategoriesResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	search := f.Short("search", req.GetSearch(), form.MaxSearch)
	if _, ok := wanggev1.CategoryKind_name[int32(req.GetKind())]; !ok {
		f.Add("kind", i18n.F("%d is no kind; write CATEGORY_KIND_COMPONENT or CATEGORY_KIND_EVENT, or leave it out for both",
			"%d 不是类型；请填写部件（CATEGORY_KIND_COMPONENT）或事件（CATEGORY_KIND_EVENT），或省略以查询全部", req.GetKind()))
	}
	p, err := formlist.Read(ctx, f, s.city(ctx), req)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListCategoriesResponse{CityRevision: p.Base, Etag: p.Etag}
	if out.NotModified = req.GetIfNoneMatch() == p.Etag; out.NotModified {
		return out, nil
	}
	x, v := s.prepared.Of(s.city(ctx)), s.full(ctx)
	list := x.Categories(search, catalog.Kind(req.GetKind()))
	from, to, token, err := p.Span(len(list))
	for _, cat := range list[from:to] {
		out.Categories = append(out.Categories, v.Category(x, cat))
	}
	out.NextPageToken, out.TotalSize = token, int32(len(list))
	out.ActsWithPhotos = convert.Acts(lifecycle.ActsNeeding(dispatch.NeedPhotos))
	return out, err
}

// ListUnits implements FormService.
func (s formService) ListUnits(ctx context.Context, req *wanggev1.ListUnitsRequest) (*wanggev1.ListUnitsResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	search := f.Short("search", req.GetSearch(), form.MaxSearch)
	if _, ok := wanggev1.UnitKind_name[int32(req.GetKind())]; !ok {
		f.Add("kind", i18n.F("%d is no kind of unit; write UNIT_KIND_AREA, UNIT_KIND_DEPARTMENT, UNIT_KIND_SECTION or UNIT_KIND_POINT",
			"%d 不是单位类型；请填写区域（UNIT_KIND_AREA）、部门（UNIT_KIND_DEPARTMENT）、路段（UNIT_KIND_SECTION）或点位（UNIT_KIND_POINT）", req.GetKind()))
	}
	var parent roster.Unit
	if req.GetParent() != "" {
		parent = f.KnownUnit("parent", req.GetParent())
	}
	p, err := formlist.Read(ctx, f, s.city(ctx), req)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListUnitsResponse{CityRevision: p.Base, Etag: p.Etag}
	if out.NotModified = req.GetIfNoneMatch() == p.Etag; out.NotModified {
		return out, nil
	}
	x, v := s.prepared.Of(s.city(ctx)), s.full(ctx)
	list := x.Units(search, roster.UnitKind(req.GetKind()), parent)
	from, to, token, err := p.Span(len(list))
	for _, u := range list[from:to] {
		out.Units = append(out.Units, v.Unit(x, u))
	}
	if from == 0 {
		out.Levels = v.LevelDuties(x)
	}
	out.NextPageToken, out.TotalSize = token, int32(len(list))
	return out, err
}

// ListAreas implements FormService.
func (s formService) ListAreas(ctx context.Context, req *wanggev1.ListAreasRequest) (*wanggev1.ListAreasResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f, c := s.read(ctx), s.city(ctx)
	var list func(x *form.Index) ([]form.NearArea, error)
	switch by := req.GetSelection().(type) {
	case *wanggev1.ListAreasRequest_Parent:
		u, wrong := lookup.UnitOf(c, roster.UnitArea, by.Parent)
		if wrong != (i18n.Text{}) {
			f.Add("parent", wrong)
		}
		list = func(x *form.Index) ([]form.NearArea, error) { return x.Children(u.ID), nil }
	case *wanggev1.ListAreasRequest_Position:
		pos := f.Position("position", by.Position)
		list = func(*form.Index) ([]form.NearArea, error) { return form.AreasAt(c, pos) }
	case *wanggev1.ListAreasRequest_Search:
		search := f.Short("search", by.Search, form.MaxSearch)
		list = func(x *form.Index) ([]form.NearArea, error) { return x.Areas(search), nil }
	default:
		list = func(x *form.Index) ([]form.NearArea, error) { return x.Top(), nil }
	}
	p, err := formlist.Read(ctx, f, s.city(ctx), req)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListAreasResponse{CityRevision: p.Base, Etag: p.Etag}
	if out.NotModified = req.GetIfNoneMatch() == p.Etag; out.NotModified {
		return out, nil
	}
	areas, err := list(s.prepared.Of(c))
	if err != nil {
		return nil, err
	}
	v := s.full(ctx)
	from, to, token, err := p.Span(len(areas))
	for _, a := range areas[from:to] {
		out.Areas = append(out.Areas, v.Area(a))
	}
	out.NextPageToken, out.TotalSize = token, int32(len(areas))
	return out, err
}

// GetMe implements FormService.
func (s formService) GetMe(ctx context.Context, _ *wanggev1.GetMeRequest) (*wanggev1.Me, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	person := auth.PersonOf(ctx)
	counts, err := s.desk.CountQueues(ctx, person, roster.Unit{}, person)
	if err != nil {
		return nil, err
	}
	me, _ := form.MeOf(s.city(ctx), person, s.now()) // govern has found a post of the person
	out := s.full(ctx).Me(&me)
	out.Queues = queueCounts(counts)
	return out, nil
}

// openTo reports whether a method is answered without a token in a city.
func openTo(method string, c *city.City) bool {
	return method == wanggev1.FormService_GetPublicCity_FullMethodName && c.Public
}

// GetPublicCity implements FormService.
func (s formService) GetPublicCity(ctx context.Context, req *wanggev1.GetPublicCityRequest) (*wanggev1.PublicCity, error) {
	c := s.city(ctx)
	if !c.Public {
		if err := s.govern(ctx, dispatch.ActReview); err != nil {
			return nil, err
		}
	}
	p, err := formlist.Read(ctx, s.read(ctx), c, req)
	if err != nil {
		return nil, err
	}
	if req.GetIfNoneMatch() == p.Etag {
		return &wanggev1.PublicCity{CityRevision: p.Base, Etag: p.Etag, NotModified: true}, nil
	}
	part := s.prepared.PublicOf(s.full(ctx))
	units, all := len(part.Units), len(part.Units)+len(part.Categories)
	from, to, token, err := p.Span(all)
	out := &wanggev1.PublicCity{
		Code: part.Head.GetCode(), DisplayName: part.Head.GetDisplayName(), CityRevision: p.Base, TableVersion: part.Head.GetTableVersion(),
		Etag: p.Etag, ReopenDays: part.Head.GetReopenDays(), TimeZone: part.Head.GetTimeZone(), NextPageToken: token, TotalSize: int32(all),
		Units: part.Units[min(from, units):min(to, units)], Categories: part.Categories[max(from-units, 0):max(to-units, 0)],
	}
	if from == 0 {
		out.Stages, out.Levels = part.Head.GetStages(), part.Head.GetLevels()
	}
	return out, err
}
