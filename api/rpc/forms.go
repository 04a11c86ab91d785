package rpc

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"

	"wangge/api/auth"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/lookup"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/form"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

const (
	// formRows and maxFormRows are the default and the most rows of a page.
	formRows, maxFormRows = 100, 500
	// formVersion is part of every etag. A change of what the service answers for the same revision and request raises it.
	formVersion = 1
)

// formService implements FormService.
type formService struct {
	wanggev1.UnimplementedFormServiceServer
	*server
	prepared *prepared
}

func newFormService(s *server) formService { return formService{server: s, prepared: &prepared{}} }

// prepared is the revision that was asked about last, prepared for search, and its public part in each language. Revisions
// with other precedents share it. Safe for concurrent use; what it returns is read only.
type prepared struct {
	mu     sync.Mutex
	base   string
	index  *form.Index
	public map[string]*publicPart // by language
}

// publicPart is the public part of a city in one language.
type publicPart struct {
	head       *wanggev1.PublicCity // without units and categories
	units      []*wanggev1.Unit
	categories []*wanggev1.Category
}

// of returns the index of a city. Callers of the same revision wait while the first prepares it.
func (p *prepared) of(c *city.City) *form.Index {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.indexOf(c)
}

func (p *prepared) indexOf(c *city.City) *form.Index {
	if base := c.Base(); p.base != base {
		p.base, p.index, p.public = base, form.New(c), map[string]*publicPart{}
	}
	return p.index
}

// publicOf returns the public part of the viewer's city, in the viewer's language.
func (p *prepared) publicOf(v convert.Viewer) *publicPart {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.indexOf(v.City)
	if part := p.public[v.Language]; part != nil {
		return part
	}
	c := x.City
	part := &publicPart{head: &wanggev1.PublicCity{
		Code: c.Code, DisplayName: i18n.Text{En: c.NameEn, Zh: c.Name}.In(v.Language), CityRevision: c.Base(), TableVersion: c.TableVersion,
		Stages: v.Process(), Levels: v.LevelDuties(x), ReopenDays: int32(c.Defaults.ReopenDays),
		TimeZone: c.Location.String(),
	}}
	for _, u := range x.Units("", roster.UnitDepartment, roster.Unit{}) {
		part.units = append(part.units, v.Unit(x, u))
	}
	for _, cat := range x.Categories("", catalog.KindUnknown) {
		part.categories = append(part.categories, v.PublicCategory(x, cat))
	}
	p.public[v.Language] = part
	return part
}

// formList is a request for a list with an etag.
type formList interface {
	request.Paged
	GetPageSize() int32
	GetIfNoneMatch() string
}

// formPage is the page that a request asks for.
type formPage struct {
	base, etag string
	req        request.Paged // without if_none_match, to which no page token is bound
	at, size   int
}

// formPlace is where a page ended. A token holds for one revision: another one has other rows.
type formPlace struct {
	Base string
	At   int
}

// page reads the page of a request and works out the etag of its answer. An answer depends on the directory, the language
// and the request alone.
func (s formService) page(ctx context.Context, f *request.Reader, req formList) (formPage, error) {
	rest := proto.Clone(req).(request.Paged)
	m := rest.ProtoReflect()
	m.Clear(m.Descriptor().Fields().ByName("if_none_match"))
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(rest)
	if err != nil {
		return formPage{}, err
	}
	p := formPage{base: s.city(ctx).Base(), req: rest}
	sum := sha256.Sum256(fmt.Appendf(data, "\x00%s\x00%s\x00%s\x00%d", m.Descriptor().FullName(), p.base, auth.LanguageOf(ctx), formVersion))
	p.etag = hex.EncodeToString(sum[:12])
	p.size = cmp.Or(f.PageSize(req.GetPageSize(), maxFormRows), formRows)
	after := request.After[formPlace](f, rest)
	switch {
	case after == formPlace{}:
	case after.Base != p.base:
		f.Add("page_token", i18n.F("the city has another revision since that page; start again without a token", "该页之后城市版本已变更；请不带令牌重新查询"))
	case after.At <= 0:
		f.Add("page_token", apierr.OtherToken)
	default:
		p.at = after.At
	}
	return p, f.Err()
}

// span returns the rows [from, to) of the page out of total, and the token of the page that follows.
func (p formPage) span(total int) (from, to int, token string, err error) {
	from, to = min(p.at, total), min(p.at+p.size, total)
	if to < total {
		token, err = request.Next(p.req, formPlace{p.base, to})
	}
	return from, to, token, err
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
			"%d 不是类型；请填写 CATEGORY_KIND_COMPONENT 或 CATEGORY_KIND_EVENT，或省略以查询全部", req.GetKind()))
	}
	p, err := s.page(ctx, f, req)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListCategoriesResponse{CityRevision: p.base, Etag: p.etag}
	if out.NotModified = req.GetIfNoneMatch() == p.etag; out.NotModified {
		return out, nil
	}
	x, v := s.prepared.of(s.city(ctx)), s.full(ctx)
	list := x.Categories(search, catalog.Kind(req.GetKind()))
	from, to, token, err := p.span(len(list))
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
			"%d 不是单位类型；请填写 UNIT_KIND_AREA、UNIT_KIND_DEPARTMENT、UNIT_KIND_SECTION 或 UNIT_KIND_POINT", req.GetKind()))
	}
	var parent roster.Unit
	if req.GetParent() != "" {
		parent = f.KnownUnit("parent", req.GetParent())
	}
	p, err := s.page(ctx, f, req)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListUnitsResponse{CityRevision: p.base, Etag: p.etag}
	if out.NotModified = req.GetIfNoneMatch() == p.etag; out.NotModified {
		return out, nil
	}
	x, v := s.prepared.of(s.city(ctx)), s.full(ctx)
	list := x.Units(search, roster.UnitKind(req.GetKind()), parent)
	from, to, token, err := p.span(len(list))
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
	p, err := s.page(ctx, f, req)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListAreasResponse{CityRevision: p.base, Etag: p.etag}
	if out.NotModified = req.GetIfNoneMatch() == p.etag; out.NotModified {
		return out, nil
	}
	areas, err := list(s.prepared.of(c))
	if err != nil {
		return nil, err
	}
	v := s.full(ctx)
	from, to, token, err := p.span(len(areas))
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
	p, err := s.page(ctx, s.read(ctx), req)
	if err != nil {
		return nil, err
	}
	if req.GetIfNoneMatch() == p.etag {
		return &wanggev1.PublicCity{CityRevision: p.base, Etag: p.etag, NotModified: true}, nil
	}
	part := s.prepared.publicOf(s.full(ctx))
	units, all := len(part.units), len(part.units)+len(part.categories)
	from, to, token, err := p.span(all)
	out := &wanggev1.PublicCity{
		Code: part.head.GetCode(), DisplayName: part.head.GetDisplayName(), CityRevision: p.base, TableVersion: part.head.GetTableVersion(),
		Etag: p.etag, ReopenDays: part.head.GetReopenDays(), TimeZone: part.head.GetTimeZone(), NextPageToken: token, TotalSize: int32(all),
		Units: part.units[min(from, units):min(to, units)], Categories: part.categories[max(from-units, 0):max(to-units, 0)],
	}
	if from == 0 {
		out.Stages, out.Levels = part.head.GetStages(), part.head.GetLevels()
	}
	return out, err
}
