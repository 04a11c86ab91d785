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

	"wangge/api/resource"
	"wangge/api/rpc"
	"wangge/api/wangge/v1"
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

// connections is how many connections the callers share, as phones behind a few gateways would.
const connections = 8

// unlimited is how many calls and watches the one person of a load run may have open.
const unlimited = 1_000_000

// A World is a server in this process over a fresh store, reached over loopback, and what its clients ask. The methods are for
// many goroutines at once; Rand is for one.
type World struct {
	City   *city.City
	Leader roster.PersonID // of the city, as whom all calls are made
	Places []grid.Point    // of reports, inside the city
	Codes  []catalog.Code  // of reports: of Places[i] the category is Codes[i modulo their number]
	View   wanggev1.CaseView
	Rand   *mathrand.Rand // of the seed; used before the phases begin

	store     *bolt.Engine
	desk      *desk.Desk
	server    *rpc.Server
	timers    sync.WaitGroup
	stop      context.CancelFunc
	conns     []*grpc.ClientConn
	token     string
	unhurried []catalog.Code // categories whose limit is at least a day
	run       string         // makes client ids of this run its own
	ids       atomic.Int64
}

// Elsewhere is the same world whose calls go over other connections. prefix makes the client ids of its reports their own.
func (w *World) Elsewhere(prefix string, conns []*grpc.ClientConn) *World {
	return &World{
		City: w.City, Leader: w.Leader, Places: w.Places, Codes: w.Codes, View: w.View, conns: conns, token: w.token,
		unhurried: w.unhurried, run: prefix + w.run,
	}
}

// openWorld starts a server over a data directory.
func openWorld(ctx context.Context, c *city.City, dir string, seed uint64) (w *World, err error) {
	w = &World{City: c, run: rand.Text()[:8], Rand: mathrand.New(mathrand.NewPCG(seed, 0))}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	post, _ := c.Roster.Post(root, roster.Leader)
	var ok bool
	if w.Leader, ok = c.Roster.OnDuty(post, time.Now()); !ok {
		return w, fmt.Errorf("nobody is on duty as %s", post)
	}
	data, err := server.OpenData(dir, false) //nolint:contextcheck // the writer of the store lives until close
	if err != nil {
		return w, err
	}
	w.store = data.Store
	if w.token, err = data.Tokens.Issue(w.Leader, 24*time.Hour, time.Now(), rand.Reader); err != nil {
		return w, err
	}
	if w.desk, err = desk.Open(ctx, desk.Config{Store: w.store, City: c}); err != nil {
		return w, err
	}
	w.server = rpc.New(rpc.Config{
		Desk: w.desk, Tokens: data.Tokens, Clock: time.Now,
		Limits: rpc.Limits{PersonCalls: unlimited, PersonWatches: unlimited, Streams: unlimited}, // one person makes the load of many
	})
	if w.conns, err = Dial(ctx, w.server); err != nil {
		return w, err
	}
	keeping, stop := context.WithCancel(ctx)
	w.stop = stop
	w.timers.Go(func() { _ = w.desk.RunTimers(keeping) }) // it returns keeping's end
	w.draw()
	return w, nil
}

// Dial serves on a loopback port until server.Stop, and returns connections to it, which the caller closes, also after an error.
func Dial(ctx context.Context, server interface{ Serve(net.Listener) error }) (conns []*grpc.ClientConn, err error) {
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() { _ = server.Serve(lis) }() // Stop ends it
	for range connections {
		conn, err := grpc.NewClient("passthrough:///"+lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return conns, err
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

// close stops the server and closes what openWorld opened.
func (w *World) close() error {
	var errs []error
	for _, c := range w.conns {
		errs = append(errs, c.Close())
	}
	if w.stop != nil {
		w.stop()
		w.timers.Wait()
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

// draw draws places and categories by the seed: points inside the smallest areas of the city.
func (w *World) draw() {
	for code, cat := range w.City.Categories {
		w.Codes = append(w.Codes, code)
		if l := cat.Conditions[0].Limit; l.Unit == calendar.WorkDays || l.Unit == calendar.Days {
			w.unhurried = append(w.unhurried, code)
		}
	}
	slices.Sort(w.Codes)
	slices.Sort(w.unhurried)
	box := w.City.Index.Bounds()
	for len(w.Places) < 20_000 {
		p := grid.Point{Lat: box.South + w.Rand.Float64()*(box.North-box.South), Lng: box.West + w.Rand.Float64()*(box.East-box.West)}
		if w.City.Index.Depth(p) > 1 {
			w.Places = append(w.Places, p)
		}
	}
}

// readPlaces replaces the drawn places and categories by those of real records, pair by pair.
func (w *World) readPlaces(file, format string) error {
	f, err := records.FormatOf(w.City, w.City.NameEn, format)
	if err != nil {
		return err
	}
	w.Places, w.Codes = nil, nil
	return records.NewReader(w.City, f, "en", cli.NewProgress(io.Discard)).Read(file, func(batch []records.Record) error {
		for _, p := range batch {
			at := p.Import.Report.Position
			if p.Unreadable != (i18n.Text{}) || p.Unlocated {
				continue
			}
			pt, err := grid.ToWGS84(at)
			if err != nil {
				continue
			}
			if w.City.Index.Depth(pt) > 1 {
				w.Places, w.Codes = append(w.Places, pt), append(w.Codes, p.Import.Report.Category)
			}
		}
		return nil
	})
}

// As is the context of a call by the leader, who may report anywhere.
func (w *World) As(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+w.token)
}

// Conn is the connection of the n-th call; calls take turns.
func (w *World) Conn(n int64) *grpc.ClientConn { return w.conns[int(n)%len(w.conns)] }

// firstCondition is the first filing condition of a category: a report that names none may wait for the desk.
func (w *World) firstCondition(code catalog.Code) string {
	if cat := w.City.Categories[code]; cat != nil {
		return cat.Conditions[0].ID
	}
	return ""
}

// report is the n-th synthetic report; its client id is unique over all runs.
func (w *World) report(n int64) *wanggev1.Report {
	at := int(n * 7919 % int64(len(w.Places)))
	p, code := w.Places[at], w.Codes[at%len(w.Codes)]
	return &wanggev1.Report{
		ClientId: w.run + "-" + strconv.FormatInt(w.ids.Add(1), 10), Category: string(code), Condition: w.firstCondition(code),
		Source: wanggev1.Source_SOURCE_INSPECTOR,
		Text:   "巡查发现问题，请及时处置", Position: &wanggev1.Position{Latitude: p.Lat, Longitude: p.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8},
		CaptureTime: timestamppb.New(time.Now().Add(-time.Minute)),
	}
}

// File files the n-th report.
func (w *World) File(ctx context.Context, conn *grpc.ClientConn, n int64) (*wanggev1.Case, error) {
	resp, err := wanggev1.NewReportServiceClient(conn).CreateReport(w.As(ctx), &wanggev1.CreateReportRequest{
		Report: w.report(n), View: w.View,
	})
	return resp.GetCase(), err
}

// Overdue asks for the first page of what is overdue in a unit, as the n-th call.
func (w *World) Overdue(ctx context.Context, n int64, scope roster.Unit) error {
	_, err := wanggev1.NewCaseServiceClient(w.Conn(n)).ListCases(w.As(ctx), &wanggev1.ListCasesRequest{
		Scope: resource.Unit(scope), State: wanggev1.CaseState_CASE_STATE_OVERDUE, View: w.View,
	})
	return err
}

// preloadBatch is how many past cases fill the store at once.
const preloadBatch = 200

// BatchSize is how many reports a batch has; batchCallers file batches at once.
const BatchSize, batchCallers = 100, 16

// Batch files the n-th batch of reports. A report that is refused is the error.
func (w *World) Batch(ctx context.Context, conn *grpc.ClientConn, n int64) error {
	req := &wanggev1.BatchCreateReportsRequest{View: w.View}
	for i := range int64(BatchSize) {
		req.Reports = append(req.Reports, w.report(n*BatchSize+i))
	}
	resp, err := wanggev1.NewReportServiceClient(conn).BatchCreateReports(w.As(ctx), req)
	for _, r := range resp.GetResults() {
		if r.GetStatus() != nil {
			return errors.New(r.GetStatus().GetMessage())
		}
	}
	return err
}

// preload fills the store with cases of the past year: 1 of 10 is open, and 1 of 5 of those overdue.
func (w *World) preload(ctx context.Context, total int, progress *cli.Progress) error {
	now := time.Now()
	recs := make([]desk.ImportRecord, 0, preloadBatch)
	for n := 0; n < total; {
		recs = recs[:0]
		for ; n < total && len(recs) < preloadBatch; n++ {
			p := w.Places[w.Rand.IntN(len(w.Places))]
			opened := now.Add(-time.Duration(float64(365*24*time.Hour) * (1 - float64(n)/float64(total))))
			rec := desk.ImportRecord{Report: dispatch.Report{
				ClientID: fmt.Sprintf("preload-%d", n), Text: "历史案件", Category: w.Codes[w.Rand.IntN(len(w.Codes))],
				Position: grid.Position{Lat: p.Lat, Lng: p.Lng, Datum: grid.WGS84, AccuracyM: 8}, CapturedAt: opened, ReceivedAt: opened,
			}}
			switch {
			case n%50 == 0 && opened.Before(now.AddDate(0, -2, 0)): // open and long overdue
			case n%50 == 0: // overdue: a short limit, some days ago
				rec.Report.ReceivedAt = now.AddDate(0, -2, 0)
			case n%50 < 5: // open and in time
				rec.Report.Category = w.unhurried[w.Rand.IntN(len(w.unhurried))]
				rec.Report.ReceivedAt = now.Add(-time.Duration(w.Rand.IntN(3600)) * time.Second)
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

// Scopes are units of every kind and level, the city first.
func (w *World) Scopes() []roster.Unit {
	var out []roster.Unit
	for _, a := range slices.SortedFunc(func(yield func(*city.Area) bool) {
		for _, a := range w.City.Areas {
			if !yield(a) {
				return
			}
		}
	}, func(a, b *city.Area) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.ID, b.ID)) }) {
		if a.Level < 2 || len(out) < 60 {
			out = append(out, roster.Unit{Kind: roster.UnitArea, ID: string(a.ID)})
		}
	}
	for id := range w.City.Departments {
		out = append(out, roster.Unit{Kind: roster.UnitDepartment, ID: id})
	}
	return out
}
