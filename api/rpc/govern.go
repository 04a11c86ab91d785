package rpc

import (
	"context"
	"wangge/dispatch"
)

// govern refuses a caller who may not do an act that concerns the city as a whole: see dispatch.Govern.
// Every service method asks before it reads the request, so that a caller who may not is never told
// what the request lacks.
func (s *server) govern(ctx context.Context, act dispatch.Act) error {
	_, err := dispatch.Govern(s.desk.City(), caller(ctx), act, s.now())
	return err
}
