package rpc

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/grid"
	"wangge/storage/bolt"
)

// A service that is stopped in the middle of a stream, while callers file and act, ends the stream; who
// resumes after the revision of the last message misses nothing and hears nothing twice. What one
// unbroken stream tells afterwards is the same, and every answer that a caller got is in it once.
func TestWatch_OverRestarts(t *testing.T) {
	const rounds, callers = 4, 8
	path := filepath.Join(t.TempDir(), "desk.db")
	c, err := harbin()
	if err != nil {
		t.Fatal(err)
	}
	var heard []*wanggev1.WatchCasesResponse
	var mu sync.Mutex
	acked := map[string]bool{}
	zero := uint64(0)
	at := &zero
	for round := range rounds {
		s := &scoped{TB: t}
		w := overBolt(s, c, path, Config{})
		ctx := w.as(inspector, "en")
		var wg sync.WaitGroup
		for n := range callers {
			r := w.light("")
			wg.Go(func() {
				for i := 0; ; i++ {
					r := &wanggev1.Report{ClientId: fmt.Sprintf("r-%d-%d-%d", round, n, i), Category: r.GetCategory(), Source: r.GetSource(), Position: r.GetPosition(), CaptureTime: r.GetCaptureTime()}
					filed, err := w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: r})
					if err != nil {
						return // the service has stopped
					}
					mu.Lock()
					acked[filed.GetCase().GetName()+"@"+filed.GetCase().GetEtag()] = true
					mu.Unlock()
					said, err := w.actOn(ctx, filed.GetCase().GetName(), "c-"+r.GetClientId(), caseAct("seen", &wanggev1.CommentAct{}))
					if err != nil {
						return
					}
					mu.Lock()
					acked[said.GetName()+"@"+said.GetEtag()] = true
					mu.Unlock()
				}
			})
		}
		stream := w.watch("p-leader", "areas/230102", at)
		for range 120 {
			m, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			heard = append(heard, m)
		}
		s.end() // in mid-stream: callers and the watcher are cut off
		wg.Wait()
		for {
			m, err := stream.Recv()
			if err != nil { // what was on its way still counts, as it does for any client
				if code := status.Code(err); code != codes.Unavailable && code != codes.Canceled {
					t.Errorf("the stream ended with %v", err)
				}
				break
			}
			heard = append(heard, m)
		}
		last := heard[len(heard)-1].GetRevision()
		at = &last
	}
	s := &scoped{TB: t}
	defer s.end()
	w := overBolt(s, c, path, Config{})
	end := w.file(w.light("end")).GetName()
	until := func(after *uint64) (out []*wanggev1.WatchCasesResponse) {
		for stream := w.watch("p-leader", "areas/230102", after); ; {
			m, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if out = append(out, m); slices.ContainsFunc(m.GetCases(), func(cs *wanggev1.Case) bool { return cs.GetName() == end }) {
				return out
			}
		}
	}
	whole, got := told(t, until(new(uint64))), told(t, append(heard, until(at)...))
	if !slices.Equal(got, whole) {
		t.Errorf("over %d restarts a watcher hears %d changes, one without a cut %d, and they differ", rounds, len(got), len(whole))
	}
	times := map[string]int{}
	for _, line := range got {
		_, change, _ := strings.Cut(line, " ")
		if times[change]++; times[change] > 1 {
			t.Errorf("%s is told again", change)
		}
	}
	for change := range acked {
		if times[change] == 0 {
			t.Errorf("%s was answered to a caller and is told to no watcher", change)
		}
	}
	if len(acked) < 100 {
		t.Errorf("only %d writes were answered", len(acked))
	}
}

// A revision before everything that is in memory is served from the store, and says so; one that the
// feed no longer reaches, or has not reached yet, is told apart from everything else.
func TestWatch_FromAnyRevision(t *testing.T) {
	c, err := harbin()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "desk.db")
	s := &scoped{TB: t}
	w := overBolt(s, c, path, Config{})
	const many = 17_000 // more than the changes in memory
	var recs []desk.ImportRecord
	at := w.light("")
	for i := range many {
		recs = append(recs, desk.ImportRecord{ClosedAt: w.Now(), Outcome: dispatch.OutcomeFixed, Report: dispatch.Report{
			ClientID: fmt.Sprint("r-", i), Category: "C0106", Position: grid.Position{Lat: at.GetPosition().GetLatitude(), Lng: at.GetPosition().GetLongitude(), Datum: grid.WGS84}, ReceivedAt: w.Now().Add(-time.Hour),
		}})
	}
	slow := w.watch("p-leader", "areas/230102", nil) // reads nothing for now: the transport's window is full soon
	if _, err := slow.Recv(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.ImportBatch(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.Status(t.Context()); err != nil { // all are on the board: what came first has left its memory
		t.Fatal(err)
	}
	behind := func(what string, messages []*wanggev1.WatchCasesResponse) {
		t.Helper()
		if got := told(t, messages); len(got) != many {
			t.Errorf("%s: %d changes, want %d", what, len(got), many)
		}
		if !slices.ContainsFunc(messages, func(m *wanggev1.WatchCasesResponse) bool { return m.GetBehind() }) {
			t.Errorf("%s: nobody says that it is behind", what)
		}
	}
	behind("a reader that was slow", recv(t, slow, many))
	behind("from the beginning", recv(t, w.watch("p-leader", "areas/230102", new(uint64)), many))
	s.end()

	store, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s = &scoped{TB: t}
	defer s.end()
	lis := bufconn.Listen(1 << 20)
	w = newWorldWith(s, c, forgetful{store, 50}, lis, Config{}, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	ten := uint64(10)
	err = ending(w.watch("p-leader", "areas/230102", &ten))
	w.want(err, codes.OutOfRange, "no longer reaches back", "list")
	ahead := uint64(1 << 40)
	err = ending(w.watch("p-leader", "areas/230102", &ahead))
	w.want(err, codes.OutOfRange, "has not reached")
}

// A bookmark proves that there is no gap: nothing of the scope lies at or before its revision but what
// was sent before, while other scopes go on. It comes at every beat, also when nothing happens.
func TestWatch_BookmarksProveNoGap(t *testing.T) {
	c, err := harbin()
	if err != nil {
		t.Fatal(err)
	}
	s := &scoped{TB: t}
	defer s.end()
	w := overBolt(s, c, filepath.Join(t.TempDir(), "desk.db"), Config{})
	w.beats = newBeats()
	stream := w.watch("p-leader", "areas/230102", nil)
	city := w.watch("p-leader", "areas/230100", new(uint64))
	first, err := stream.Recv()
	if err != nil || len(first.GetCases()) > 0 {
		t.Fatalf("begins with %v, %v; want a bookmark", first, err)
	}
	elsewhere := w.light("")
	elsewhere.Position.Latitude, elsewhere.Position.Longitude = 45.8, 126.68
	heard := []*wanggev1.WatchCasesResponse{first}
	for i := range 30 {
		r, own := w.light(fmt.Sprint("r-", i)), i%3 == 0
		if !own {
			r.Position = elsewhere.GetPosition()
		}
		filed, err := w.reports().CreateReport(w.as("p-leader", "en"), &wanggev1.CreateReportRequest{Report: r})
		if err != nil {
			t.Fatal(err)
		}
		all := recv(t, city, 1)
		newest := all[len(all)-1].GetRevision()
		w.beats.beat(2) // both streams
		bookmark := false
		for sent := false; !bookmark; {
			m, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			heard = append(heard, m)
			if len(m.GetCases()) > 0 {
				sent = true
				if !own || m.GetCases()[0].GetName() != filed.GetCase().GetName() || m.GetRevision() != newest {
					t.Fatalf("report %d: told %v, want %s at %d, own %v", i, m, filed.GetCase().GetName(), newest, own)
				}
				continue
			}
			if m.GetRevision() < newest {
				continue // of the beat before
			}
			if bookmark = true; m.GetRevision() != newest || sent != own {
				t.Fatalf("report %d: a bookmark at %d, of %d, when the change of the scope was sent: %v, is there: %v", i, m.GetRevision(), newest, sent, own)
			}
		}
		for m, err := city.Recv(); len(m.GetCases()) > 0 || err != nil; m, err = city.Recv() { // its bookmark
			t.Fatalf("the city's stream tells %v, %v; want its bookmark", m, err)
		}
	}
	if got := told(t, heard); len(got) != 10 {
		t.Errorf("%d changes, want 10", len(got))
	}
}

// A unit that loses a case is told that the case left, a unit that gains a case is told of the case, and every other
// unit above the case is told of the change: every unit of the wards, act by act, against the model.
func TestWatch_EveryUnit(t *testing.T) {
	s := &scoped{TB: t}
	defer s.end()
	c := wards(t)
	w := overBolt(s, c, filepath.Join(t.TempDir(), "desk.db"), Config{})
	units := []string{"area:T"}
	for u := range wardUp {
		units = append(units, u)
	}
	slices.Sort(units)
	want := map[string][]string{}
	step := func(before, after *dispatch.Case) {
		for _, u := range units {
			switch {
			case concerns(u, after):
				want[u] = append(want[u], fmt.Sprintf("%s@%d", resource.Case(after.ID), after.Seq))
			case before != nil && concerns(u, before):
				want[u] = append(want[u], resource.Case(after.ID)+" left")
			}
		}
	}
	for i, at := range []grid.Point{{Lat: 45.7045, Lng: 126.5042}, {Lat: 45.7085, Lng: 126.5015}, {Lat: 45.704, Lng: 126.505}, {Lat: 45.7015, Lng: 126.5055}, {Lat: 45.702, Lng: 126.5015}} {
		cs, _, err := w.desk.File(t.Context(), "inspector-area-T", dispatch.Report{
			ClientID: fmt.Sprint("r-", i), Source: dispatch.SourceInspector, Category: "E02", Position: grid.Position{Lat: at.Lat, Lng: at.Lng, Datum: grid.WGS84, AccuracyM: 2}, CapturedAt: w.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		step(nil, cs)
		for j, to := range []string{"section:pipe", "area:E", "point:yard", "department:GREEN", "point:shop", "area:g1", "section:park"} {
			if cs.Owner.Unit.String() == to {
				continue
			}
			u, err := roster.ParseUnit(to)
			if err != nil {
				t.Fatal(err)
			}
			after, err := w.desk.Act(t.Context(), dispatcherT, cs.ID, 0, fmt.Sprintf("a-%d-%d", i, j), dispatch.Command{Act: dispatch.ActReroute, Owner: &dispatch.Owner{Unit: u}, Note: "because"})
			if err != nil {
				t.Fatalf("reroute to %s: %v", to, err)
			}
			step(cs, after)
			cs = after
		}
	}
	for _, u := range units {
		var got []string
		for _, line := range told(t, recv(t, w.watch(boss, nameOf(u), new(uint64)), len(want[u]))) {
			_, change, _ := strings.Cut(line, " ")
			got = append(got, change)
		}
		if !slices.Equal(got, want[u]) {
			t.Errorf("%s hears\n %v\nwant\n %v", u, got, want[u])
		}
	}
}

// An overview is cut by a restart like any stream; taken up again it says at once what the counts are,
// which are those of the summary.
func TestWatch_OverviewOverARestart(t *testing.T) {
	c, err := harbin()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "desk.db")
	var revision uint64
	for round := range 3 {
		s := &scoped{TB: t}
		w := overBolt(s, c, path, Config{})
		w.beats = newBeats()
		svc := wanggev1.NewSupervisionServiceClient(w.conn)
		stream, err := svc.WatchOverview(w.as("p-leader", "en"), &wanggev1.WatchOverviewRequest{Scope: "areas/230100"})
		if err != nil {
			t.Fatal(err)
		}
		first, err := stream.Recv()
		if err != nil || len(first.GetRows()) == 0 || int(first.GetRows()[0].GetOpen()) != round || first.GetRevision() < revision {
			t.Fatalf("round %d begins with %v, %v; want %d open at %d or later", round, first, err, round, revision)
		}
		w.file(w.light(fmt.Sprint("r-", round)))
		w.beats.beat(1)
		next, err := stream.Recv()
		if err != nil || int(next.GetRows()[0].GetOpen()) != round+1 || next.GetRevision() <= first.GetRevision() {
			t.Fatalf("round %d goes on with %v, %v", round, next, err)
		}
		sum, err := svc.SummarizeOverdue(w.as("p-leader", "en"), &wanggev1.SummarizeOverdueRequest{Scope: "areas/230100"})
		if err != nil || len(sum.GetRows()) != len(next.GetRows()) {
			t.Fatalf("%d rows, %v; the overview has %d", len(sum.GetRows()), err, len(next.GetRows()))
		}
		for i, row := range sum.GetRows() {
			if o := next.GetRows()[i]; o.GetUnit() != row.GetUnit() || o.GetOpen() != row.GetOpen() || o.GetOverdue() != row.GetOverdue() {
				t.Errorf("the summary says %v, the overview %v", row, o)
			}
		}
		revision = next.GetRevision()
		s.end()
		if _, err := stream.Recv(); status.Code(err) != codes.Unavailable && status.Code(err) != codes.Canceled {
			t.Errorf("cut off with %v", err)
		}
	}
}

// So many streams and no more; one that ends makes room.
func TestWatch_IsBounded(t *testing.T) {
	c, err := harbin()
	if err != nil {
		t.Fatal(err)
	}
	s := &scoped{TB: t}
	defer s.end()
	w := overBolt(s, c, filepath.Join(t.TempDir(), "desk.db"), Config{Limits: Limits{Watches: 3}})
	var ends []context.CancelFunc
	var open []grpc.ServerStreamingClient[wanggev1.WatchCasesResponse]
	begin := func() error {
		ctx, cancel := context.WithCancel(w.as("p-leader", "zh"))
		stream, err := w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: "areas/230100"})
		if err == nil {
			_, err = stream.Recv()
		}
		if err != nil {
			cancel()
			return err
		}
		ends, open = append(ends, cancel), append(open, stream)
		return nil
	}
	for range 3 {
		if err := begin(); err != nil {
			t.Fatal(err)
		}
	}
	w.want(begin(), codes.ResourceExhausted, "已有 3 个订阅")
	overview, err := wanggev1.NewSupervisionServiceClient(w.conn).WatchOverview(w.as("p-leader", "en"), &wanggev1.WatchOverviewRequest{Scope: "areas/230100"})
	if err == nil {
		_, err = overview.Recv()
	}
	w.want(err, codes.ResourceExhausted, "3 watch already")
	ends[0]()
	for err = begin(); status.Code(err) == codes.ResourceExhausted; err = begin() { // until the server has seen the end of the first
	}
	if err != nil {
		t.Error(err)
	}
	for _, end := range ends {
		end()
	}
}
