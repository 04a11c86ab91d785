package rpc

import (
	"context"
	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
)

// govern refuses a caller who may not do an act that concerns the city as a whole: see dispatch.Govern.
// Every service method asks before it reads the request, so that a caller who may not is never told
// what the request lacks.
func (s *server) govern(ctx context.Context, act dispatch.Act) error {
	_, err := dispatch.Govern(s.desk.City(), caller(ctx), act, s.now())
	return err
}

// mayFirst is what a caller is told of an act with faults: first whether the caller has a right to the act, then whether
// the case takes it now, then all the faults at once. A caller who may not know of the case is told so.
func (s *server) mayFirst(ctx context.Context, id dispatch.CaseID, a dispatch.Act, wrong error) error {
	if id == 0 {
		return wrong
	}
	if err := s.desk.May(ctx, caller(ctx), id, a); err != nil {
		return err
	}
	return wrong
}

// readFirst is mayFirst for a list: a caller who may not read the scope is told that instead of its faults.
func (s *server) readFirst(ctx context.Context, scope roster.Unit, wrong error) error {
	if _, bad := s.unitOf(scope.String()); bad == (say.Text{}) && !dispatch.MayReadScope(s.desk.City(), caller(ctx), scope, s.now()) {
		return desk.ErrNoScope
	}
	return wrong
}
