package desk_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
	"wangge/grid"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"
)

// onDuty is who stands at the owner's post of a case.
func onDuty(t *testing.T, d *desk.Desk, cs *dispatch.Case, at time.Time) roster.PersonID {
	t.Helper()
	who, ok := d.City().Roster.OnDuty(cs.Owner.Post, at)
	if !ok {
		t.Fatalf("nobody at %s", cs.Owner.Post)
	}
	return who
}

func TestAct_EtagAndRequestID(t *testing.T) {
	t.Parallel()
	d, clock := open(t)
	cs, _, err := d.File(t.Context(), chief, report(tree, "r-1"))
	if err != nil {
		t.Fatal(err)
	}
	owner := onDuty(t, d, cs, clock.Now())
	var stale *ledger.StaleError
	_, err = d.Act(t.Context(), owner, cs.ID, cs.Seq-1, "a-1", dispatch.Command{Act: dispatch.ActStart})
	if !errors.As(err, &stale) || stale.Have != cs.Seq || stale.Last.Kind != dispatch.EventDispatched {
		t.Errorf("stale etag: %v, want what happened last", err)
	}
	started, err := d.Act(t.Context(), owner, cs.ID, cs.Seq, "a-2", dispatch.Command{Act: dispatch.ActStart})
	if err != nil || started.Stage != dispatch.Handling {
		t.Fatalf("start = %v, %v", started, err)
	}
	again, err := d.Act(t.Context(), owner, cs.ID, cs.Seq, "a-2", dispatch.Command{Act: dispatch.ActStart})
	if err != nil || again.Seq != started.Seq {
		t.Errorf("the same request again = %v, %v; want the same case and no new event", again, err)
	}
	var reused *ledger.ReusedIDError
	if _, err := d.Act(t.Context(), owner, cs.ID, 0, "a-2", dispatch.Command{Act: dispatch.ActResolve, Photos: []string{"after"}}); !errors.As(err, &reused) {
		t.Errorf("another act under the same id: %v, want ReusedIDError", err)
	}
	var refused *dispatch.RefusedError
	if _, err := d.Act(t.Context(), owner, cs.ID, 0, "a-3", dispatch.Command{Act: dispatch.ActStart}); !errors.As(err, &refused) {
		t.Errorf("starting twice: %v, want RefusedError", err)
	}
	if _, err := d.Act(t.Context(), citytest.GridE1A, cs.ID, 0, "a-4", dispatch.Command{Act: dispatch.ActResolve, Photos: []string{"after"}}); !errors.Is(err, ledger.ErrNoCase) {
		t.Errorf("another district's owner: %v, want ErrNoCase", err)
	}
}

func TestNumbers_GoOnAfterARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	var first *dispatch.Case
	for round := range 2 {
		store, err := bolt.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		d, clock := openOn(t, store)
		cs, _, err := d.File(t.Context(), chief, report(tree, fmt.Sprint("r-", round)))
		if err != nil {
			t.Fatal(err)
		}
		if got := cs.ID.Sequence(); got != uint64(round)+1 {
			t.Errorf("after %d restarts the next case is number %d", round, got)
		}
		if round == 0 {
			first = cs
		} else {
			clock.add(first.NextAt.Sub(clock.Now()))
			if n, _, err := d.FireDue(t.Context(), clock.Now()); n != 2 || err != nil {
				t.Errorf("FireDue after a restart = %d, %v; want both cases", n, err)
			}
			same, created, err := d.File(t.Context(), chief, report(tree, "r-0"))
			if err != nil || created || same.ID != first.ID {
				t.Errorf("the first report again = %v, %v, %v", same, created, err)
			}
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNumbers_TwoDesks(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	defer store.Close()
	one, _ := openOn(t, store)
	two, _ := openOn(t, store)
	var mu sync.Mutex
	seen := map[dispatch.CaseID]string{}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			id := fmt.Sprint("r-", i)
			cs, created, err := []*desk.Desk{one, two}[i%2].File(t.Context(), chief, report(tree, id))
			if err != nil || !created {
				t.Errorf("File(%s) = %v, %v", id, created, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if was, ok := seen[cs.ID]; ok {
				t.Errorf("%s and %s are both case %s", was, id, cs.ID)
			}
			seen[cs.ID] = id
		})
	}
	wg.Wait()
}

func TestImport_AccountsForEachRecord(t *testing.T) {
	t.Parallel()
	d, clock := open(t)
	at := clock.Now().Add(-48 * time.Hour)
	rec := func(id string, closed time.Duration) desk.ImportRecord {
		r := report(tree, id)
		r.ReceivedAt = at
		out := desk.ImportRecord{Report: r}
		if closed != 0 {
			out.ClosedAt, out.Outcome = at.Add(closed), dispatch.OutcomeFixed
		}
		return out
	}
	far, twice := rec("far", 0), rec("a", time.Hour)
	far.Report.Position.Lat = 10
	twice.Report.Text = "other"
	batch := []desk.ImportRecord{rec("a", time.Hour), rec("b", 0), rec("c", 49*time.Hour), far, rec("a", time.Hour), twice, rec("", 0)}
	for round := range 2 {
		res, err := d.ImportBatch(t.Context(), batch)
		if err != nil || len(res) != len(batch) {
			t.Fatalf("ImportBatch = %d results, %v", len(res), err)
		}
		for i, want := range []struct{ created, ok bool }{{true, true}, {true, true}, {}, {}, {false, true}, {}, {}} {
			if ok := res[i].Err == nil; ok != want.ok || res[i].Created != (want.created && round == 0) {
				t.Errorf("round %d, record %d: created %v, %v", round, i, res[i].Created, res[i].Err)
			}
		}
		if _, ok := errors.AsType[*ledger.ReusedIDError](res[5].Err); !ok {
			t.Errorf("other content under the same id: %v, want ReusedIDError", res[5].Err)
		}
		if res[0].Case.Stage != dispatch.Closed || res[1].Case.Stage != dispatch.Dispatched || res[4].Case.ID != res[0].Case.ID {
			t.Errorf("stages %s and %s", res[0].Case.Stage, res[1].Case.Stage)
		}
	}
	if cs, err := d.Case(t.Context(), chief, dispatch.NewCaseID(at, 1)); err != nil || !cs.Report.ReceivedAt.Equal(at) {
		t.Errorf("the first record of its day is %v, %v", cs, err)
	}
}

// A past record that was closed before it was opened happened: it is taken as closed when it was
// opened. Each impossible time has a sentence of its own.
func TestImport_OddTimes(t *testing.T) {
	t.Parallel()
	d, clock := open(t)
	now := clock.Now()
	for i, tc := range []struct {
		name             string
		received, closed time.Duration // from now; 0 = none
		want             error
		closing          time.Duration // from now
	}{
		{"closed a second before", -48 * time.Hour, -48*time.Hour - time.Second, nil, -48 * time.Hour},
		{"closed a day before", -48 * time.Hour, -72 * time.Hour, nil, -48 * time.Hour},
		{"closed years before", -48 * time.Hour, -3 * 365 * 24 * time.Hour, nil, -48 * time.Hour},
		{"closed at the same time", -48 * time.Hour, -48 * time.Hour, nil, -48 * time.Hour},
		{"received in the future", time.Second, 0, desk.ErrReceivedInFuture, 0},
		{"received and closed in the future", time.Hour, 2 * time.Hour, desk.ErrReceivedInFuture, 0},
		{"closed in the future", -time.Hour, time.Second, desk.ErrClosedInFuture, 0},
	} {
		r := report(tree, fmt.Sprintf("odd-%d", i))
		r.ReceivedAt = now.Add(tc.received)
		rec := desk.ImportRecord{Report: r, Outcome: dispatch.OutcomeFixed, Note: "hotline", CloseNote: "recorded otherwise"}
		if tc.closed != 0 {
			rec.ClosedAt = now.Add(tc.closed)
		}
		cs, _, err := d.Import(t.Context(), rec)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		if tc.want != nil || err != nil {
			continue
		}
		if cs.Stage != dispatch.Closed || !cs.ClosedAt.Equal(now.Add(tc.closing)) {
			t.Errorf("%s: %s, closed at %s, want %s", tc.name, cs.Stage, cs.ClosedAt, now.Add(tc.closing))
		}
		events, err := d.Events(t.Context(), chief, cs.ID, 0, 100)
		if err != nil || events[0].Note != "hotline" || events[len(events)-1].Note != "recorded otherwise" {
			t.Errorf("%s: events %+v, %v", tc.name, events, err)
		}
	}
	r := report(tree, "none")
	if _, _, err := d.Import(t.Context(), desk.ImportRecord{Report: r}); !errors.Is(err, desk.ErrNoReceipt) {
		t.Errorf("a record without a time of receipt: %v", err)
	}
	r.ReceivedAt, r.Text = now, strings.Repeat("x", desk.MaxImportText+1)
	if _, _, err := d.Import(t.Context(), desk.ImportRecord{Report: r}); !errors.Is(err, desk.ErrLongRecordText) {
		t.Errorf("a record with a book in it: %v", err)
	}
}

// A batch is one commit; a report that is known, given twice or wrong costs the others nothing.
func TestFileBatch_ResultForEach(t *testing.T) {
	t.Parallel()
	d, _ := open(t)
	known, _, err := d.File(t.Context(), chief, report(tree, "known"))
	if err != nil {
		t.Fatal(err)
	}
	changed, far := report(tree, "known"), report(tree, "far")
	changed.Text, far.Position.Lat = "other", 10
	for round, reports := range [][]dispatch.Report{
		{report(tree, "a"), report(tree, "b")},
		{report(tree, "c"), report(tree, "known"), changed, far, report(tree, "d"), report(tree, "d"), report(tree, "a")},
	} {
		res := d.FileBatch(t.Context(), chief, reports)
		var got []string
		for _, r := range res {
			switch {
			case r.Err != nil:
				got = append(got, "refused")
			case r.Created:
				got = append(got, "new")
			default:
				got = append(got, "known")
			}
		}
		want := [][]string{{"new", "new"}, {"new", "known", "refused", "refused", "new", "known", "known"}}[round]
		if !slices.Equal(got, want) {
			t.Errorf("round %d: %v, want %v", round, got, want)
		}
		if round == 1 && (res[1].Case.ID != known.ID || res[4].Case.ID != res[5].Case.ID) {
			t.Errorf("the same report is two cases: %v", res)
		}
	}
}

func TestImport_StoreFails(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	d, clock := openOn(t, store)
	store.Close()
	r := report(tree, "a")
	r.ReceivedAt = clock.Now()
	if res, err := d.ImportBatch(t.Context(), []desk.ImportRecord{{Report: r}}); !errors.Is(err, storage.ErrClosed) || len(res) != 0 {
		t.Errorf("ImportBatch over a closed store = %v, %v; want ErrClosed", res, err)
	}
}

// Whatever people do, the lists and the counts are those of the cases, and each case is the fold
// of its events.
func TestList_IsTheFoldOfEvents(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { listsAreTheFold(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func listsAreTheFold(t *testing.T, rng *rand.Rand) {
	t.Helper()
	d, clock := open(t)
	codes := slices.Sorted(func(yield func(catalog.Code) bool) {
		for code := range d.City().Categories {
			if !yield(code) {
				return
			}
		}
	})
	var ids []dispatch.CaseID
	for i := range 120 {
		if rng.IntN(3) == 0 || len(ids) == 0 {
			r := report(codes[rng.IntN(len(codes))], fmt.Sprint("r-", i))
			r.Position.Lat, r.Position.Lng = 45.7501+rng.Float64()*0.0078, 126.6001+rng.Float64()*0.0098
			if rng.IntN(3) == 0 {
				r.Source = dispatch.SourceHotline
			}
			cs, _, err := d.File(t.Context(), chief, r)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, cs.ID)
		} else {
			randomAct(t, d, rng, clock.Now(), ids[rng.IntN(len(ids))])
		}
		clock.add(time.Duration(rng.IntN(120)) * time.Minute)
		if _, _, err := d.FireDue(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	now := clock.Now()
	handling := view.Filter{Text: "handling", Keep: func(f view.Attributes) bool { return f.Stage == dispatch.Handling }}
	var all []*dispatch.Case
	for _, id := range ids {
		stored, err := d.Case(t.Context(), chief, id)
		if err != nil {
			t.Fatal(err)
		}
		events, err := d.Events(t.Context(), chief, id, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		folded := &dispatch.Case{ID: id}
		for _, e := range events {
			folded = dispatch.Fold(folded, e)
		}
		if diff := gocmp.Diff(folded, stored); diff != "" {
			t.Errorf("case %s is not the fold of its events (-fold +stored):\n%s", id, diff)
		}
		all = append(all, stored)
	}
	for _, scope := range []string{"area:TOY", "area:W", "area:W1", "area:W1A", "area:E1B", "department:WATER", "department:GREEN", "department:GREEN-E"} {
		u, err := roster.ParseUnit(scope)
		if err != nil {
			t.Fatal(err)
		}
		concerns := func(cs *dispatch.Case) bool {
			if u.Kind == roster.UnitArea && slices.Contains(cs.Place.Areas, grid.AreaID(u.ID)) {
				return true
			}
			for _, o := range append([]dispatch.CoOwner{{Owner: cs.Owner}}, cs.CoOwners...) {
				if o.Unit != (roster.Unit{}) && routing.Above(d.City(), u, o.Unit) {
					return true
				}
			}
			return false
		}
		pick := func(keep func(*dispatch.Case) bool, order func(a, b *dispatch.Case) int) []dispatch.CaseID {
			var out []*dispatch.Case
			for _, cs := range all {
				if concerns(cs) && keep(cs) {
					out = append(out, cs)
				}
			}
			slices.SortFunc(out, order)
			var ids []dispatch.CaseID
			for _, cs := range out {
				ids = append(ids, cs.ID)
			}
			return ids
		}
		byID := func(a, b *dispatch.Case) int { return cmp.Compare(a.ID, b.ID) }
		// A department is late with its own work only.
		itsOwn := func(cs *dispatch.Case) bool {
			return u.Kind != roster.UnitDepartment || cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling
		}
		due := func(cs *dispatch.Case) int64 {
			if !itsOwn(cs) {
				return math.MaxInt64
			}
			return escalation.EarliestDue(cs).UnixNano()
		}
		byDue := func(a, b *dispatch.Case) int { return cmp.Or(cmp.Compare(due(a), due(b)), byID(a, b)) }
		for _, q := range []struct {
			view.Query
			want []dispatch.CaseID
		}{
			{view.Query{}, pick(func(*dispatch.Case) bool { return true }, byID)},
			{view.Query{Open: true}, pick((*dispatch.Case).Open, byDue)},
			{view.Query{Order: view.NewestFirst}, pick(func(*dispatch.Case) bool { return true }, func(a, b *dispatch.Case) int { return byID(b, a) })},
			{view.Query{Filter: handling}, pick(func(cs *dispatch.Case) bool { return cs.Stage == dispatch.Handling }, byID)},
			{view.Query{Open: true, Filter: handling}, pick(func(cs *dispatch.Case) bool { return cs.Stage == dispatch.Handling }, byDue)},
			{view.Query{OverdueAt: now}, pick(func(cs *dispatch.Case) bool { return itsOwn(cs) && late(cs, now) }, byDue)},
		} {
			q.Scope, q.PageSize = u, 3
			var got []dispatch.CaseID
			for {
				page, err := d.List(t.Context(), chief, q.Query)
				if err != nil {
					t.Fatal(err)
				}
				for _, cs := range page.Cases {
					got = append(got, cs.ID)
				}
				if q.Token = page.Next; q.Token == "" {
					break
				}
			}
			if !slices.Equal(got, q.want) {
				t.Errorf("%s %+v:\n got %v\nwant %v", scope, q.Query, got, q.want)
			}
		}
	}
	rows, err := d.Summarize(t.Context(), chief, roster.Unit{Kind: roster.UnitArea, ID: "TOY"}, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Unit.Kind != roster.UnitArea {
			continue // of those the model of the lists knows more: TestLists_AgreeWithAModel
		}
		openCases, overdue := 0, 0
		for _, cs := range all {
			if slices.Contains(cs.Place.Areas, grid.AreaID(row.Unit.ID)) && cs.Open() {
				openCases++
				if late(cs, now) {
					overdue++
				}
			}
		}
		if row.Open != openCases || row.Overdue != overdue {
			t.Errorf("%s: %d open, %d overdue; want %d, %d", row.Unit.ID, row.Open, row.Overdue, openCases, overdue)
		}
	}
}

// late reports whether the work of a case, or a part of it, is late.
func late(cs *dispatch.Case, now time.Time) bool {
	due := escalation.EarliestDue(cs)
	return cs.Open() && !due.IsZero() && now.After(due)
}

// randomAct lets somebody who may do one of the acts that the case offers.
func randomAct(t *testing.T, d *desk.Desk, rng *rand.Rand, now time.Time, id dispatch.CaseID) {
	t.Helper()
	people := []roster.PersonID{citytest.AcceptorDeputy, citytest.Dispatcher, citytest.DispatcherW, citytest.Checker, citytest.LeaderE, chief}
	cs, err := d.Case(t.Context(), chief, id)
	if err != nil {
		t.Fatal(err)
	}
	if who, ok := d.City().Roster.OnDuty(cs.Owner.Post, now); ok {
		people = append(people, who)
	}
	who := people[rng.IntN(len(people))]
	acts := lifecycle.Acts(d.City(), who, cs, now)
	if len(acts) == 0 {
		return
	}
	cmd := dispatch.Command{Act: acts[rng.IntN(len(acts))], Passed: rng.IntN(2) == 0, Reason: dispatch.NotMyArea}
	_, err = d.Act(t.Context(), who, id, cs.Seq, "", cmd)
	var refused *dispatch.RefusedError
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("%s by %s: %v", cmd.Act, who, err)
	}
}

// The scheduler sleeps until the next step, fires it, and stops with its context.
func TestKeep_FiresOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := mem.Open()
		defer store.Close()
		c := town(t)
		d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Until(time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location)))
		stop := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { stop <- d.RunTimers(ctx) }()
		cs, _, err := d.File(ctx, chief, report(tree, "r-1"))
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Until(cs.NextAt) - time.Second)
		synctest.Wait()
		if now, err := d.Case(ctx, chief, cs.ID); err != nil || now.Seq != cs.Seq {
			t.Errorf("a second before its time: %v, %v", now, err)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if now, err := d.Case(ctx, chief, cs.ID); err != nil || now.NextStep != 1 {
			t.Errorf("a second after its time: step %d, %v", now.NextStep, err)
		}
		cancel()
		if err := <-stop; !errors.Is(err, ctx.Err()) {
			t.Errorf("Keep = %v", err)
		}
	})
}

// A timer whose case can't be read is left aside and holds nobody up.
func TestFireDue_DamagedCase(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	defer store.Close()
	d, clock := openOn(t, store)
	var cases []*dispatch.Case
	for i := range 3 {
		cs, _, err := d.File(t.Context(), chief, report(tree, fmt.Sprint("r-", i)))
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, cs)
	}
	snap, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var key []byte
	for it, err := range snap.Scan(storage.Prefix([]byte("c/"))) {
		if err != nil {
			t.Fatal(err)
		}
		key = it.Key
		break
	}
	snap.Close()
	if _, err := store.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: key, Value: []byte("damaged")}}}); err != nil {
		t.Fatal(err)
	}
	clock.add(cases[0].NextAt.Sub(clock.Now()))
	if n, _, err := d.FireDue(t.Context(), clock.Now()); n != 2 || err != nil {
		t.Errorf("FireDue = %d, %v; want the two sound cases", n, err)
	}
	if n, more, err := d.FireDue(t.Context(), clock.Now()); n != 0 || more || err != nil {
		t.Errorf("FireDue again = %d, %v, %v; want rest", n, more, err)
	}
}
