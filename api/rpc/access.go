package rpc

import (
	"cmp"
	"context"
	"slices"

	"google.golang.org/grpc/codes"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/lookup"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/access"
	"wangge/dispatch/i18n"
)

// Bounds of a page of looks.
const (
	defaultLooks = 100
	maxLooks     = 1000
)

// ListAccess implements AdminService.
func (s *adminService) ListAccess(ctx context.Context, req *wanggev1.ListAccessRequest) (*wanggev1.ListAccessResponse, error) {
	if err := s.oversees(ctx); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	n := cmp.Or(f.PageSize(req.GetPageSize(), maxLooks), defaultLooks)
	var only access.Filter
	if req.GetPerson() != "" {
		var ok bool // the city need not have the person any more
		if only.Person, ok = resource.ParsePerson(req.GetPerson()); !ok {
			f.Add("person", lookup.PersonForm(req.GetPerson()))
		}
	}
	if req.GetCase() != "" {
		only.Case = f.CaseID("case", req.GetCase())
	}
	var before *access.Cursor
	if last := request.After[access.Cursor](f, req); last != (access.Cursor{}) {
		before = &last
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	looks, next, err := s.desk.ListAccess(ctx, only, before, n)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListAccessResponse{}
	c := s.city(ctx)
	for _, l := range looks {
		p, _ := c.Roster.Person(l.Person)
		out.Records = append(out.Records, &wanggev1.AccessRecord{
			Person: resource.Person(l.Person), PersonDisplayName: p.Name, Case: resource.Case(l.Case), Method: l.Method, Time: convert.Stamp(l.At),
		})
	}
	if next != nil {
		out.NextPageToken, err = request.Next(req, *next)
	}
	return out, err
}

// oversees returns PERMISSION_DENIED unless the caller is of the grid office or a duty chief of the city as a whole.
func (s *server) oversees(ctx context.Context) error {
	c := s.city(ctx)
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	if slices.ContainsFunc(c.Roster.PostsOf(auth.PersonOf(ctx), s.now()), func(h roster.Holding) bool {
		return h.Unit == root && (h.Role == roster.GridOffice || h.Role == roster.DutyChief)
	}) {
		return nil
	}
	return apierr.Fail(ctx, codes.PermissionDenied, "NOT_ALLOWED",
		i18n.F("it needs the post of grid office or duty chief of the city", "需要市级网格办或值班长岗位"), nil)
}
