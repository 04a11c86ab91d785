package server

import (
	"context"
	"time"

	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"wangge/dispatch/desk"
)

// readiness is the name under which grpc.health says whether the keeper keeps up and the store takes writes.
// The overall name "" says that the server answers.
const readiness = "readiness"

const readinessInterval = 5 * time.Second

// updateReadiness says NOT_SERVING under readiness while timers wait longer than they should, or while the store takes
// no writes because its disk is full or fails. It looks each lookReady; a look takes at most as long.
func updateReadiness(ctx context.Context, d *desk.Desk, ready *health.Server) error {
	tick := time.NewTicker(readinessInterval)
	defer tick.Stop()
	for {
		state := healthv1.HealthCheckResponse_SERVING
		if !isReady(ctx, d) {
			state = healthv1.HealthCheckResponse_NOT_SERVING
		}
		ready.SetServingStatus(readiness, state)
		select {
		case <-ctx.Done():
			ready.SetServingStatus(readiness, healthv1.HealthCheckResponse_NOT_SERVING)
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func isReady(ctx context.Context, d *desk.Desk) bool {
	ctx, cancel := context.WithTimeout(ctx, readinessInterval)
	defer cancel()
	s, err := d.Status(ctx)
	return err == nil && s.Lag <= desk.Behind && d.Writes(ctx) == nil
}
