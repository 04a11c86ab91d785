package loadtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/rpc"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/records"
	"wangge/cmd/wangge/server"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/i18n"
	"wangge/grid"
	"wangge/storage/bolt"
)

// loadConns is how many connections the callers share, as phones behind a few gateways would.
const loadConns = 8

// loadCalls is how many calls and watches the one person of a load run may have open.
const loadCalls = 1_000_000

// loadWorld is a server in this process, reached over loopback, with clients.
type loadWorld struct {
	c      *city.City
	store  *bolt.Engine
	desk   *desk.Desk
	server *rpc.Server
	keeper sync.WaitGroup
	stop   context.CancelFunc
	conns  []*grpc.ClientConn
	leader roster.PersonID
	token  string
	places []grid.Point
	codes  []catalog.Code
	slow   []catalog.Code    // categories whose limit is at least a work day
	view   wanggev1.CaseView // of every answer
	run    string            // makes client ids of this run its own
	ids    atomic.Int64
	rng    *mathrand.Rand // used before the phases begin
}

// openLoad starts a server over a data directory.
func openLoad(ctx context.Context, c *city.City, data string, seed uint64) (w *loadWorld, err error) {
	w = &loadWorld{c: c, run: rand.Text()[:8], rng: mathrand.New(mathrand.NewPCG(seed, 0))}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	post, _ := c.Roster.Post(root, roster.Leader)
	var ok bool
	if w.leader, ok = c.Roster.OnDuty(post, time.Now()); !ok {
		return w, fmt.Errorf("nobody is on duty as %s", post)
	}
	if err := server.PrepareStore(data, false); err != nil {
		return w, err
	}
	tokens, err := server.OpenTokens(data)
	if err != nil {
		return w, err
	}
	if w.token, err = tokens.Issue(w.leader, 24*time.Hour, time.Now(), rand.Reader); err != nil {
		return w, err
	}
	if w.store, err = server.OpenStore(data); err != nil {
		return w, err
	}
	if w.desk, err = desk.Open(ctx, desk.Config{Store: w.store, City: c}); err != nil {
		return w, err
	}
	w.server = rpc.New(rpc.Config{Desk: w.desk, Tokens: tokens, Clock: time.Now, Limits: rpc.Limits{PersonCalls: loadCalls, PersonWatches: loadCalls, Streams: loadCalls}}) // one person makes the load of many
	if w.conns, err = dial(ctx, w.server); err != nil {
		return w, err
	}
	keeping, stop := context.WithCancel(ctx)
	w.stop = stop
	w.keeper.Go(func() { _ = w.desk.Keep(keeping) }) // it returns keeping's end
	w.draw()
	return w, nil
}

// dial serves over loopback until server.Stop, and returns connections to it.
func dial(ctx context.Context, server interface{ Serve(net.Listener) error }) (conns []*grpc.ClientConn, err error) {
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() { _ = server.Serve(lis) }() // Stop ends it
	for range loadConns {
		conn, err := grpc.NewClient("passthrough:///"+lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return conns, err
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

func (w *loadWorld) close() error {
	var errs []error
	for _, c := range w.conns {
		errs = append(errs, c.Close())
	}
	if w.stop != nil {
		w.stop()
		w.keeper.Wait()
	}
	if w.desk != nil {
		w.desk.Close()
	}
	if w.server != nil {
		w.server.Stop()
	}
	if w.store != nil {
		errs = append(errs, w.store.Close())
	}
	return errors.Join(errs...)
}

// draw makes places and categories out of the seed: points inside the city, drawn around the
// places where its smallest areas lie.
func (w *loadWorld) draw() {
	for code, cat := range w.c.Categories {
		w.codes = append(w.codes, code)
		if l := cat.Conditions[0].Limit; l.Unit == calendar.WorkDays || l.Unit == calendar.Days {
			w.slow = append(w.slow, code)
		}
	}
	slices.Sort(w.codes)
	slices.Sort(w.slow)
	box := w.c.Index.Bounds()
	for len(w.places) < 20_000 {
		p := grid.Point{Lat: box.South + w.rng.Float64()*(box.North-box.South), Lng: box.West + w.rng.Float64()*(box.East-box.West)}
		if w.c.Index.Depth(p) > 1 {
			w.places = append(w.places, p)
		}
	}
}

// takeFrom replaces the drawn places and categories by those of a file of real records, pairwise.
func (w *loadWorld) takeFrom(file, format string) error {
	f, err := records.FormatOf(w.c, w.c.NameEn, format)
	if err != nil {
		return err
	}
	w.places, w.codes = nil, nil
	return records.NewReader(w.c, f, "en", cli.NewProgress(io.Discard)).Read(file, func(batch []records.Record) error {
		for _, p := range batch {
			at := p.Import.Report.Position
			if p.Unreadable != (i18n.Text{}) || p.Unlocated {
				continue
			}
			pt, err := grid.ToWGS84(at)
			if err != nil {
				continue
			}
			if w.c.Index.Depth(pt) > 1 {
				w.places, w.codes = append(w.places, pt), append(w.codes, p.Import.Report.Category)
			}
		}
		return nil
	})
}

// as is a call's context: the city's leader, who may report anywhere.
func (w *loadWorld) as(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+w.token)
}

func (w *loadWorld) conn(n int64) *grpc.ClientConn { return w.conns[int(n)%len(w.conns)] }

// report is the n-th synthetic report; its id is unlike any other of any run.
func (w *loadWorld) report(n int64) *wanggev1.Report {
	at := int(n * 7919 % int64(len(w.places)))
	p := w.places[at]
	return &wanggev1.Report{
		ClientId: w.run + "-" + strconv.FormatInt(w.ids.Add(1), 10), Category: string(w.codes[at%len(w.codes)]), Source: wanggev1.Source_SOURCE_INSPECTOR,
		Text: "巡查发现问题，请及时处置", Position: &wanggev1.Position{Latitude: p.Lat, Longitude: p.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8},
		CapturedTime: timestamppb.New(time.Now().Add(-time.Minute)),
	}
}

func (w *loadWorld) file(ctx context.Context, conn *grpc.ClientConn, n int64) (*wanggev1.Case, error) {
	resp, err := wanggev1.NewReportServiceClient(conn).CreateReport(w.as(ctx), &wanggev1.CreateReportRequest{Report: w.report(n), View: w.view})
	return resp.GetCase(), err
}

// overdue asks for the first overdue page of a scope.
func (w *loadWorld) overdue(ctx context.Context, n int64, scope roster.Unit) error {
	_, err := wanggev1.NewSupervisionServiceClient(w.conn(n)).ListOverdueCases(w.as(ctx), &wanggev1.ListOverdueCasesRequest{Scope: scope.String(), View: w.view})
	return err
}

// preloadBatch is how many past cases fill the store at once.
const preloadBatch = 200

// Batches are of so many reports, by so many callers.
const batchSize, batchCallers = 100, 16

func (w *loadWorld) batch(ctx context.Context, conn *grpc.ClientConn, n int64) error {
	req := &wanggev1.BatchCreateReportsRequest{View: w.view}
	for i := range int64(batchSize) {
		req.Reports = append(req.Reports, w.report(n*batchSize+i))
	}
	resp, err := wanggev1.NewReportServiceClient(conn).BatchCreateReports(w.as(ctx), req)
	for _, r := range resp.GetResults() {
		if r.GetError() != nil {
			return errors.New(r.GetError().GetMessage())
		}
	}
	return err
}

// preload fills the store with cases of the past year: 1 of 10 is open, and 1 of 5 of those overdue.
func (w *loadWorld) preload(ctx context.Context, total int, progress *cli.Progress) error {
	now := time.Now()
	recs := make([]desk.ImportRecord, 0, preloadBatch)
	for n := 0; n < total; {
		recs = recs[:0]
		for ; n < total && len(recs) < preloadBatch; n++ {
			p := w.places[w.rng.IntN(len(w.places))]
			opened := now.Add(-time.Duration(float64(365*24*time.Hour) * (1 - float64(n)/float64(total))))
			rec := desk.ImportRecord{Report: dispatch.Report{
				ClientID: fmt.Sprintf("preload-%d", n), Text: "历史案件", Category: w.codes[w.rng.IntN(len(w.codes))],
				Position: grid.Position{Lat: p.Lat, Lng: p.Lng, Datum: grid.WGS84, AccuracyM: 8}, CapturedAt: opened, ReceivedAt: opened,
			}}
			switch {
			case n%50 == 0 && opened.Before(now.AddDate(0, -2, 0)): // open and long overdue
			case n%50 == 0: // overdue: a short limit, some days ago
				rec.Report.ReceivedAt = now.AddDate(0, -2, 0)
			case n%50 < 5: // open and in time
				rec.Report.Category = w.slow[w.rng.IntN(len(w.slow))]
				rec.Report.ReceivedAt = now.Add(-time.Duration(w.rng.IntN(3600)) * time.Second)
			default:
				rec.ClosedAt, rec.Outcome = opened.Add(time.Minute), dispatch.OutcomeFixed
				if rec.ClosedAt.After(now) {
					rec.ClosedAt = now
				}
			}
			recs = append(recs, rec)
		}
		res, err := w.desk.ImportBatch(ctx, recs)
		if err != nil {
			return err
		}
		for _, r := range res {
			if r.Err != nil {
				return fmt.Errorf("preload: %w", r.Err)
			}
		}
		progress.Show(n, float64(n)/float64(total))
	}
	progress.Done()
	return nil
}

// scopes are units of every kind and level, the city first.
func (w *loadWorld) scopes() []roster.Unit {
	var out []roster.Unit
	for _, a := range slices.SortedFunc(func(yield func(*city.Area) bool) {
		for _, a := range w.c.Areas {
			if !yield(a) {
				return
			}
		}
	}, func(a, b *city.Area) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.ID, b.ID)) }) {
		if a.Level < 2 || len(out) < 60 {
			out = append(out, roster.Unit{Kind: roster.UnitArea, ID: string(a.ID)})
		}
	}
	for id := range w.c.Departments {
		out = append(out, roster.Unit{Kind: roster.UnitDepartment, ID: id})
	}
	return out
}
