package server

import (
	"context"
	"time"

	"wangge/dispatch/city"
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
// fails; and noticeHealth while the server lacks a channel, or while somebody of whom no channel has an address could not be told. It
// checks at each readinessInterval, which also bounds a check.
func updateReadiness(ctx context.Context, d *desk.Desk, ready *health.Server) error {
	tick := time.NewTicker(readinessInterval) //nolint:forbidigo // probes ask by the time of the machine
	defer tick.Stop()
	for {
		inTime, tells := isReady(ctx, d)
		set(ready, readiness, inTime)
		set(ready, noticeHealth, tells)
		select {
		case <-ctx.Done():
			set(ready, readiness, false)
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// isReady reports whether timers are in time and the store takes writes, and whether notices reach people: by every channel that
// city.yaml names, and nobody has been left out for want of an address.
func isReady(ctx context.Context, d *desk.Desk) (inTime, tells bool) {
	ctx, cancel := context.WithTimeout(ctx, readinessInterval)
	defer cancel()
	s, err := d.Status(ctx)
	inTime = err == nil && s.Lag <= desk.Behind && d.Writes(ctx) == nil
	return inTime, hasChannels(d) && s.Outbox.NoAddress == 0
}

// hasChannels reports whether a server has a channel to people, and each that city.yaml names.
func hasChannels(d *desk.Desk) bool {
	return len(city.Telling(d.Channels())) > 0 && len(lacking(d.City(), d.Channels())) == 0
}

// set sets the state of a service of grpc.health.
func set(ready *health.Server, service string, is bool) {
	state := healthv1.HealthCheckResponse_NOT_SERVING
	if is {
		state = healthv1.HealthCheckResponse_SERVING
	}
	ready.SetServingStatus(service, state)
}
