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
	"wangge/dispatch/rights"
)

// govern returns an error unless the caller is permitted to do an act that concerns the city as a whole; see
// rights.Govern. A method calls govern before it reads the request: a caller without permission learns nothing of
// the fields that the request lacks.
func (s *server) govern(ctx context.Context, act dispatch.Act) error {
	_, err := rights.Govern(s.city(ctx), auth.PersonOf(ctx), act, s.now())
	return err
}

// mayFirst chooses the error of an act whose request has violations. wrong holds the violations; onlyLacks reports that
// every one of them is a missing field. A caller without permission, or without access to the case, gets that error. An
// act that the case does not accept in its present stage is refused before missing fields are asked for, but after
// values that are wrong in themselves. Without an act there is nothing to permit.
func (s *server) mayFirst(ctx context.Context, id dispatch.CaseID, a dispatch.Act, wrong error, onlyLacks bool) error {
	if id == 0 || a == "" {
		return wrong
	}
	err := s.desk.May(ctx, auth.PersonOf(ctx), id, a)
	if _, refused := errors.AsType[*dispatch.RefusedError](err); err == nil || refused && !onlyLacks {
		return wrong
	}
	return err
}

// readFirst is mayFirst for a list: a caller who cannot read the scope gets NOT_FOUND instead of the violations.
func (s *server) readFirst(ctx context.Context, scope roster.Unit, wrong error) error {
	_, removed := s.city(ctx).Removed(scope)
	if bad := lookup.Known(s.city(ctx), scope); (bad == (i18n.Text{}) || removed) && !rights.MayReadScope(s.city(ctx),
		auth.PersonOf(ctx), scope, s.now()) {
		return ledger.ErrNoScope
	}
	return wrong
}
