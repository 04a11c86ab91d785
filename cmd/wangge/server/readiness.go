package server

import (
	"context"
	"time"

	"wangge/dispatch/desk"

	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// readiness is the service name under which grpc.health says whether timers are in time and the store takes writes. The overall name ""
// says that the server answers.
const readiness = "readiness"

// readinessInterval is the time between two checks.
const readinessInterval = 5 * time.Second

// updateReadiness sets readiness to NOT_SERVING while timers are late, or while the store takes no writes because its disk is full or
// fails. It checks at each readinessInterval, which also bounds a check.
func updateReadiness(ctx context.Context, d *desk.Desk, ready *health.Server) error {
	tick := time.NewTicker(readinessInterval) //nolint:forbidigo // probes ask by the time of the machine
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

// isReady reports whether timers are in time and the store takes writes.
func isReady(ctx context.Context, d *desk.Desk) bool {
	ctx, cancel := context.WithTimeout(ctx, readinessInterval)
	defer cancel()
	s, err := d.Status(ctx)
	return err == nil && s.Lag <= desk.Behind && d.Writes(ctx) == nil
}
