package loadtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"wangge/api/resource"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view"

	"go.etcd.io/bbolt"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/durationpb"

	wanggev1 "wangge/api/wangge/v1"
)

// ceilings are the best that the machine can do, measured in the same run.
type ceilings struct {
	bytes  int     // of one report in the feed
	calls  float64 // G: empty calls a second
	commit float64 // S: records a second, bare bbolt, as many a commit as there are callers
	alone  float64 // milliseconds of one bare commit of one record, median
	call   float64 // milliseconds of one empty call when there is no other, median

	echoes, batched float64 // E: reports a second, one by one and in batches, of calls with the same messages and nothing behind them
}

// ceilings measures empty calls, bare commits, and calls to an echo.
func (l *load) ceilings(ctx context.Context, w *World, dir string, ceil *ceilings) ([]Measure, error) {
	empty := func(ctx context.Context, n int64) error {
		_, err := healthv1.NewHealthClient(w.Conn(n)).Check(ctx, &healthv1.HealthCheckRequest{})
		return err
	}
	g := ClosedLoop(ctx, "empty calls", l.Callers, l.Duration, 1, empty)
	call := ClosedLoop(ctx, "one empty call", 1, l.Duration, 1, empty)
	ceil.calls, ceil.call = g.PerSecond, call.P50
	bare := func(name string, group int, d time.Duration) (Measure, error) {
		db, err := bbolt.Open(filepath.Join(dir, "bare.db"), 0o600, &bbolt.Options{InitialMmapSize: 4 << 30})
		if err != nil {
			return Measure{}, err
		}
		value := make([]byte, ceil.bytes)
		seq := uint64(0)
		m := ClosedLoop(ctx, name, 1, d, int64(group), func(context.Context, int64) error {
			return db.Update(func(tx *bbolt.Tx) error {
				bucket, err := tx.CreateBucketIfNotExists([]byte("feed"))
				if err != nil {
					return err
				}
				bucket.FillPercent = 1
				for range group {
					seq++
					if err := bucket.Put(binary.BigEndian.AppendUint64(nil, seq), value); err != nil {
						return err
					}
				}
				return nil
			})
		})
		return m, errors.Join(db.Close(), os.Remove(filepath.Join(dir, "bare.db")))
	}
	s, err := bare("bare commits", l.Callers, l.writes)
	if err != nil {
		return nil, err
	}
	one, err := bare("one bare commit", 1, l.Duration)
	if err != nil {
		return nil, err
	}
	s.Figures["bytes"] = float64(ceil.bytes)
	ceil.commit, ceil.alone = s.PerSecond, one.P50
	echoes, err := l.echoes(ctx, w, ceil)
	return append([]Measure{g, call, s, one}, echoes...), err
}

// lone measures one caller.
func (l *load) lone(ctx context.Context, w *World, ceil *ceilings) ([]Measure, error) {
	m := ClosedLoop(ctx, "one caller", 1, l.Duration, 1, func(ctx context.Context, n int64) error {
		_, err := w.File(ctx, w.Conn(n), n)
		return err
	})
	if ceil.alone > 0 {
		m.Figures["times one bare commit"] = m.P50 / ceil.alone
		m.Figures["times one bare commit and one empty call"] = m.P50 / (ceil.alone + ceil.call)
	}
	return []Measure{m}, nil
}

// watchUnfolded sends, once stop is closed, the most keys that were not folded at any time.
func (w *World) watchUnfolded(stop <-chan struct{}) <-chan int {
	most := make(chan int, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond) //nolint:forbidigo // a load is measured by the time of the machine
		defer tick.Stop()
		n := 0
		for {
			select {
			case <-tick.C:
				n = max(n, w.store.Stats().Ops)
			case <-stop:
				most <- n
				return
			}
		}
	}()
	return most
}

// reports measures many callers that file reports one by one.
func (l *load) reports(ctx context.Context, w *World, ceil *ceilings) ([]Measure, error) {
	stop := make(chan struct{})
	most := w.watchUnfolded(stop)
	before := w.store.Stats()
	m := ClosedLoop(ctx, "reports", l.Callers, l.writes, 1, func(ctx context.Context, n int64) error {
		_, err := w.File(ctx, w.Conn(n), n)
		return err
	})
	close(stop)
	after := w.store.Stats()
	m.Figures["reports a sync"] = float64(after.Batches-before.Batches) / float64(max(1, after.Groups-before.Groups))
	m.Figures["most keys unfolded"] = float64(<-most)
	if ceil.calls > 0 {
		m.Figures["share of 1/(1/G+1/S)"] = m.PerSecond * (1/ceil.calls + 1/ceil.commit)
		m.Figures["share of 1/(1/E+1/S)"] = m.PerSecond * (1/ceil.echoes + 1/ceil.commit)
	}
	return []Measure{m}, nil
}

// batches measures callers that file batches.
func (l *load) batches(ctx context.Context, w *World, ceil *ceilings) ([]Measure, error) {
	stop := make(chan struct{})
	most := w.watchUnfolded(stop)
	m := ClosedLoop(ctx, "batches of 100", batchCallers, l.writes, BatchSize, func(ctx context.Context, n int64) error {
		return w.Batch(ctx, w.Conn(n), n)
	})
	close(stop)
	m.Figures["most keys unfolded"] = float64(<-most)
	if ceil.commit > 0 {
		m.Figures["share of S"] = m.PerSecond / ceil.commit
		m.Figures["share of 1/(1/E+1/S)"] = m.PerSecond * (1/ceil.batched + 1/ceil.commit)
	}
	return []Measure{m}, nil
}

// mixed measures a mix of calls at a fixed rate.
func (l *load) mixed(ctx context.Context, w *World, _ *ceilings) ([]Measure, error) {
	filed := make(chan *wanggev1.Case, 4096)
	m := openLoop(ctx, fmt.Sprintf("mixed at %.0f/s", l.rate), l.rate, 4*l.Callers, l.Duration, func(ctx context.Context, n int64) error {
		switch n % 10 {
		case 7, 8:
			select {
			case cs := <-filed:
				start := &wanggev1.StartAct{Handler: cs.GetOwner().GetPerson()}
				_, err := wanggev1.NewCaseServiceClient(w.Conn(n)).ActOnCase(w.As(ctx), &wanggev1.ActOnCaseRequest{
					Name: cs.GetName(), RequestId: fmt.Sprint("load-", n), Act: &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Start{Start: start}},
				})
				return err
			default: // nothing filed yet: file
			}
		case 9:
			return w.Overdue(ctx, n, roster.Unit{Kind: roster.UnitArea, ID: string(w.City.Root)})
		}
		cs, err := w.File(ctx, w.Conn(n), n)
		if err == nil && cs.GetOwner().GetPerson() != "" {
			select {
			case filed <- cs:
			default:
			}
		}
		return err
	})
	return []Measure{m}, nil
}

// pages measures lists and summaries, in process and over the wire.
func (l *load) pages(ctx context.Context, w *World, _ *ceilings) ([]Measure, error) {
	scopes := w.Scopes()
	inside := ClosedLoop(ctx, "overdue pages, in process", 1, l.Duration, 1, func(ctx context.Context, n int64) error {
		_, err := w.desk.Overdue(ctx, w.Leader, view.Query{Scope: scopes[int(n)%len(scopes)]})
		return err
	})
	root := roster.Unit{Kind: roster.UnitArea, ID: string(w.City.Root)}
	summary := ClosedLoop(ctx, "city summaries, in process", 1, l.Duration, 1, func(ctx context.Context, _ int64) error {
		_, err := w.desk.Summarize(ctx, w.Leader, root, time.Now())
		return err
	})
	filing, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var wrote Measure
	phase := fmt.Sprintf("reports at %.0f/s beside the pages", l.rate)
	wg.Go(func() {
		wrote = openLoop(filing, phase, l.rate, l.Callers, l.Duration, func(ctx context.Context, n int64) error {
			_, err := w.File(ctx, w.Conn(n), n)
			return err
		})
	})
	wire := openLoop(ctx, "overdue pages, over the wire", 100, 64, l.Duration, func(ctx context.Context, n int64) error {
		return w.Overdue(ctx, n, scopes[int(n)%len(scopes)])
	})
	wg.Wait()
	stop()
	return []Measure{inside, summary, wire, wrote}, nil
}

// watch measures how long a change takes to the last watcher, and the memory of idle watchers.
func (l *load) watch(ctx context.Context, w *World, _ *ceilings) ([]Measure, error) {
	place := w.Places[0]
	at, err := w.City.Index.Locate(place)
	if err != nil {
		return nil, err
	}
	scope := resource.Area(at.Areas[1])
	watching, stop := context.WithCancel(w.As(ctx))
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	type seen struct {
		since time.Time
		by    atomic.Int64
	}
	var sent sync.Map // client id -> *seen
	m := &meter{}
	open := func(n int, scope string, got func(*wanggev1.WatchCasesResponse)) error {
		began := make(chan error, n)
		for i := range n {
			wg.Go(func() {
				client := wanggev1.NewCaseServiceClient(w.Conn(int64(i)))
				stream, err := client.WatchCases(watching, &wanggev1.WatchCasesRequest{Scope: scope, BookmarkInterval: durationpb.New(5 * time.Minute)})
				if err == nil {
					_, err = stream.Recv() // the bookmark that says where it begins
				}
				began <- err
				for err == nil {
					var msg *wanggev1.WatchCasesResponse
					if msg, err = stream.Recv(); err == nil {
						got(msg)
					}
				}
			})
		}
		for range n {
			if err := <-began; err != nil {
				return err
			}
		}
		return nil
	}
	if err := open(l.watchers, scope, func(msg *wanggev1.WatchCasesResponse) {
		for _, cs := range msg.GetCases() {
			if v, ok := sent.Load(cs.GetReport().GetClientId()); ok {
				if s := v.(*seen); s.by.Add(1) == int64(l.watchers) {
					m.add(time.Since(s.since), 1, nil)
				}
			}
		}
	}); err != nil {
		return nil, err
	}
	start := time.Now()
	made := openLoop(ctx, "", 10, 16, l.Duration, func(ctx context.Context, n int64) error {
		r := w.report(n)
		r.Position.Latitude, r.Position.Longitude = place.Lat, place.Lng
		sent.Store(r.GetClientId(), &seen{since: time.Now()})
		_, err := wanggev1.NewReportServiceClient(w.Conn(n)).CreateReport(w.As(ctx), &wanggev1.CreateReportRequest{Report: r})
		return err
	})
	deadline := time.After(10 * time.Second) //nolint:forbidigo // a load is measured by the time of the machine
	for told := int64(0); told < made.Done; {
		m.mu.Lock()
		told = m.done
		m.mu.Unlock()
		select {
		case <-deadline:
			return nil, fmt.Errorf("%d of %d changes reached all %d watchers", told, made.Done, l.watchers)
		case <-time.After(time.Millisecond): //nolint:forbidigo // as above
		}
	}
	out := m.result(fmt.Sprintf("a change to the last of %d watchers", l.watchers), time.Since(start))
	if l.idle > 0 {
		before := inUse()
		if err := open(l.idle, resource.Area(w.City.Root), func(*wanggev1.WatchCasesResponse) {}); err != nil {
			return nil, err
		}
		out.Figures["KiB of an idle watcher, both sides"] = (inUse() - before) / float64(l.idle) / 1024
	}
	return []Measure{out}, nil
}

// inUse is the memory of heap and stacks after a collection.
func inUse() float64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return float64(s.HeapAlloc + s.StackInuse)
}
