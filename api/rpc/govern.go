package rpc

import (
	"context"
	"errors"

	"wangge/api/auth"
	"wangge/api/rpc/lookup"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

// govern refuses a caller who may not do an act that concerns the city as a whole: see lifecycle.Govern.
// Every service method asks before it reads the request, so that a caller who may not is never told
// what the request lacks.
func (s *server) govern(ctx context.Context, act dispatch.Act) error {
	_, err := lifecycle.Govern(s.city(ctx), auth.PersonOf(ctx), act, s.now())
	return err
}

// mayFirst is what a caller is told of an act with faults. A caller who has no right to the act, or may not know of the
// case, is told that. Values that are wrong in any case come next, all at once. A request that only lacks fields is told
// first when the case does not take the act now, so that nobody is asked for the fields of an act that is not possible.
func (s *server) mayFirst(ctx context.Context, id dispatch.CaseID, a dispatch.Act, wrong error, onlyLacks bool) error {
	if id == 0 {
		return wrong
	}
	err := s.desk.May(ctx, auth.PersonOf(ctx), id, a)
	if _, refused := errors.AsType[*dispatch.RefusedError](err); err == nil || refused && !onlyLacks {
		return wrong
	}
	return err
}

// readFirst is mayFirst for a list: a caller who may not read the scope is told that instead of its faults.
func (s *server) readFirst(ctx context.Context, scope roster.Unit, wrong error) error {
	if _, bad := lookup.Unit(s.city(ctx), scope.String()); bad == (i18n.Text{}) && !lifecycle.MayReadScope(s.city(ctx), auth.PersonOf(ctx), scope, s.now()) {
		return ledger.ErrNoScope
	}
	return wrong
}
