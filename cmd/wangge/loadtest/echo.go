package loadtest

import (
	"context"
	"errors"

	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// echo answers each report with the answer to a real one: calls of the same messages with nothing behind them. No service with these
// messages is faster on this machine.
type echo struct {
	wanggev1.UnimplementedReportServiceServer
	one *wanggev1.CreateReportResponse
	all *wanggev1.BatchCreateReportsResponse
}

func (e echo) CreateReport(context.Context, *wanggev1.CreateReportRequest) (*wanggev1.CreateReportResponse, error) {
	return e.one, nil
}

func (e echo) BatchCreateReports(context.Context, *wanggev1.BatchCreateReportsRequest) (*wanggev1.BatchCreateReportsResponse, error) {
	return e.all, nil
}

// echoes measures calls to an echo.
func (l *load) echoes(ctx context.Context, w *World, ceil *ceilings) (_ []Measure, err error) {
	cs, err := w.File(ctx, w.Conn(0), 0)
	if err != nil {
		return nil, err
	}
	e := echo{one: &wanggev1.CreateReportResponse{Case: cs, Created: true}, all: &wanggev1.BatchCreateReportsResponse{}}
	for range BatchSize {
		e.all.Results = append(e.all.Results, &wanggev1.BatchCreateReportsResponse_Result{
			Outcome: &wanggev1.BatchCreateReportsResponse_Result_Filed{Filed: e.one},
		})
	}
	server := grpc.NewServer(grpc.NumStreamWorkers(uint32(l.Callers)))
	wanggev1.RegisterReportServiceServer(server, e)
	defer server.Stop()
	conns, err := Dial(ctx, server)
	defer func() {
		for _, c := range conns {
			err = errors.Join(err, c.Close())
		}
	}()
	if err != nil {
		return nil, err
	}
	conn := func(n int64) *grpc.ClientConn { return conns[int(n)%len(conns)] }
	one := ClosedLoop(ctx, "the same messages, nothing behind", l.Callers, l.Duration, 1, func(ctx context.Context, n int64) error {
		_, err := w.File(ctx, conn(n), n)
		return err
	})
	all := ClosedLoop(ctx, "the same in batches of 100", batchCallers, l.Duration, BatchSize, func(ctx context.Context, n int64) error {
		return w.Batch(ctx, conn(n), n)
	})
	ceil.echoes, ceil.batched = one.PerSecond, all.PerSecond
	return []Measure{one, all}, nil
}
