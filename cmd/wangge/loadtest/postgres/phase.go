package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"wangge/api/resource"
	"wangge/cmd/wangge/loadtest"
	"wangge/dispatch/routing"
	"wangge/grid"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// phase measures the usual way beside the service, in one run.
var phase = loadtest.ExtraPhase{Name: "postgres", Usage: "postgres://user@host/database, emptied first", Run: compare}

// compare fills the database at url and makes the same calls to both services.
func compare(ctx context.Context, w *loadtest.World, settings loadtest.Settings, url string) (out []loadtest.Measure, err error) {
	if url == "" {
		return nil, errors.New("--postgres is not set")
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 64
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	s := &service{world: w, pool: pool}
	if err := s.fill(ctx, settings.City, settings.Preload); err != nil {
		return nil, err
	}
	g := grpc.NewServer(grpc.NumStreamWorkers(256))
	wanggev1.RegisterReportServiceServer(g, s)
	wanggev1.RegisterSupervisionServiceServer(g, s)
	wanggev1.RegisterCaseServiceServer(g, s)
	defer g.Stop()
	conns, err := loadtest.Dial(ctx, g)
	defer func() {
		for _, c := range conns {
			err = errors.Join(err, c.Close())
		}
	}()
	if err != nil {
		return nil, err
	}
	theirs := w.Elsewhere("pg-", conns)
	// A routing is a place and a rule: ours in process, theirs a query from 64 clients.
	var turn atomic.Int64
	route := func(context.Context, int64) error {
		p := w.Places[int(turn.Add(1))%len(w.Places)]
		place, err := routing.PlaceOf(w.City, grid.Position{Lat: p.Lat, Lng: p.Lng, Datum: grid.WGS84})
		if err == nil {
			_, err = routing.Route(w.City, place, w.Codes[0], time.Now())
		}
		return err
	}
	out = append(out, loadtest.ClosedLoop(ctx, "routing", 2, settings.Duration, 1, route))
	out = append(out, loadtest.ClosedLoop(ctx, "routing, PostGIS", 64, settings.Duration, 1, func(ctx context.Context, n int64) error {
		_, err := s.locate(ctx, w.Places[int(n)%len(w.Places)])
		return err
	}))
	scopes := w.Scopes()
	page := func(w *loadtest.World) func(context.Context, int64) error {
		return func(ctx context.Context, n int64) error {
			return w.Overdue(ctx, n, scopes[int(n)%len(scopes)])
		}
	}
	summary := func(w *loadtest.World) func(context.Context, int64) error {
		return func(ctx context.Context, n int64) error {
			_, err := wanggev1.NewSupervisionServiceClient(w.Conn(n)).
				SummarizeOverdue(w.As(ctx), &wanggev1.SummarizeOverdueRequest{Scope: resource.Area(w.City.Root)})
			return err
		}
	}
	for _, side := range []struct {
		name string
		w    *loadtest.World
	}{{"", w}, {", PostgreSQL", theirs}} {
		out = append(
			out,
			loadtest.ClosedLoop(ctx, "pages"+side.name, 64, settings.Duration, 1, page(side.w)),
			loadtest.ClosedLoop(ctx, "summaries"+side.name, 64, settings.Duration, 1, summary(side.w)),
		)
		for _, callers := range []int{64, settings.Callers} {
			out = append(
				out,
				loadtest.ClosedLoop(
					ctx,
					fmt.Sprintf("reports, %d callers%s", callers, side.name),
					callers,
					settings.Duration,
					1,
					func(ctx context.Context, n int64) error {
						_, err := side.w.File(ctx, side.w.Conn(n), n)
						return err
					},
				),
			)
		}
		out = append(
			out,
			loadtest.ClosedLoop(
				ctx,
				"batches of 100"+side.name,
				8,
				settings.Duration,
				loadtest.BatchSize,
				func(ctx context.Context, n int64) error { return side.w.Batch(ctx, side.w.Conn(n), n) },
			),
		)
	}
	return out, nil
}
