package desk_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view"
	"wangge/grid"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"
)

type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (f *fakeClock) Now() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return f.now }

func (f *fakeClock) NewTimer(time.Duration) (<-chan time.Time, func() bool) {
	return make(chan time.Time), func() bool { return true }
}

func (f *fakeClock) add(d time.Duration) { f.mu.Lock(); defer f.mu.Unlock(); f.now = f.now.Add(d) }

// harbin is loaded once: a city is never changed.
var loadHarbin = sync.OnceValues(func() (*city.City, error) {
	fsys, err := cities.FS("harbin")
	if err != nil {
		return nil, err
	}
	c, faults := compile.FS(fsys)
	if len(faults) > 0 {
		return nil, errors.New(faults[0].String())
	}
	return c, nil
})

func harbin(t testing.TB) *city.City {
	t.Helper()
	c, err := loadHarbin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t testing.TB) (*desk.Desk, *fakeClock, roster.PersonID, catalog.Code) {
	t.Helper()
	store := mem.Open()
	t.Cleanup(func() { store.Close() })
	return openOn(t, store)
}

func openOn(t testing.TB, store storage.Engine) (*desk.Desk, *fakeClock, roster.PersonID, catalog.Code) {
	t.Helper()
	c := harbin(t)
	clock := &fakeClock{now: time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location)}
	d, err := desk.Open(t.Context(), desk.Config{Store: free(t, store), City: c, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	post, ok := c.Roster.Post(root, roster.Leader)
	if !ok {
		t.Fatal("the city has no leader")
	}
	person, ok := c.Roster.OnDuty(post, clock.now)
	if !ok {
		t.Fatal("the leader is not on duty")
	}
	var codes []catalog.Code
	for code, cat := range c.Categories {
		if cat.Kind == catalog.Event {
			codes = append(codes, code)
		}
	}
	return d, clock, person, slices.Min(codes)
}

func report(code catalog.Code, id string) dispatch.Report {
	return dispatch.Report{
		ClientID: id, Source: dispatch.SourceInspector, Category: code,
		Position: grid.Position{Lat: 45.755, Lng: 126.600, Datum: grid.WGS84, AccuracyM: 10},
	}
}

func TestOneClientIDIsOneCase(t *testing.T) {
	d, _, person, code := open(t)
	ids := make([]dispatch.CaseID, 16)
	made := make([]bool, len(ids))
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			cs, created, err := d.File(context.Background(), person, report(code, "r-1"))
			if err != nil {
				t.Errorf("File = %v", err)
				return
			}
			ids[i], made[i] = cs.ID, created
		})
	}
	wg.Wait()
	n := 0
	for i := range ids {
		if ids[i] != ids[0] {
			t.Errorf("two cases, %v and %v, for one client id", ids[0], ids[i])
		}
		if made[i] {
			n++
		}
	}
	if n != 1 {
		t.Errorf("created %d times, want once", n)
	}
	if _, err := d.Act(t.Context(), person, ids[0], 0, "", dispatch.Command{Act: dispatch.ActFile}); err == nil {
		t.Error("Act took a filing")
	}
	other := report(code, "r-1")
	other.Text = "something else"
	var reused *ledger.ReusedIDError
	if _, _, err := d.File(t.Context(), person, other); !errors.As(err, &reused) || !slices.Equal(reused.Differs, []string{"text"}) {
		t.Errorf("other content under the same id: %v, want text to differ", err)
	}
}

func TestTwoKeepersFireEachStepOnce(t *testing.T) {
	d, clock, person, code := open(t)
	var cases []*dispatch.Case
	for i := range 40 {
		cs, _, err := d.File(t.Context(), person, report(code, fmt.Sprint("r-", i)))
		if err != nil {
			t.Fatal(err)
		}
		if got := cs.ID.Sequence(); got != uint64(i)+1 {
			t.Errorf("case %d of the day is number %d", i+1, got)
		}
		cases = append(cases, cs)
	}
	clock.add(40 * 24 * time.Hour)
	now := clock.Now()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for more := true; more; {
				var err error
				if _, more, err = d.FireDue(context.Background(), now); err != nil {
					t.Errorf("FireDue = %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	for _, cs := range cases {
		events, err := d.Events(t.Context(), person, cs.ID, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		steps := 0
		for i, e := range events {
			if e.Seq != uint64(i)+1 {
				t.Errorf("case %s: event %d is numbered %d", cs.ID, i+1, e.Seq)
			}
			if e.Kind == dispatch.EventEscalated || e.Kind == dispatch.EventStepSkipped {
				if e.Step != steps {
					t.Errorf("case %s: step %d fired where %d was next", cs.ID, e.Step, steps)
				}
				steps++
			}
		}
		if want := len(d.City().Policies[cs.EscalationPolicy].Steps); steps != want {
			t.Errorf("case %s: %d steps fired, want %d", cs.ID, steps, want)
		}
	}
	root := roster.Unit{Kind: roster.UnitArea, ID: string(d.City().Root)}
	seen := 0
	at := clock.Now()
	for q := (view.Query{Scope: root, OverdueAt: at, PageSize: 7}); ; {
		page, err := d.Overdue(t.Context(), person, q)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.Cases)
		if q.Token = page.Next; q.Token == "" {
			break
		}
	}
	if seen != len(cases) {
		t.Errorf("%d overdue cases in all pages, want %d", seen, len(cases))
	}
}

// BenchmarkFile files reports from one caller: on the reference engine, what deciding costs; on
// bbolt, with the durable commit.
func BenchmarkFile(b *testing.B) {
	for _, engine := range []string{"mem", "bolt"} {
		b.Run(engine, func(b *testing.B) {
			var store storage.Engine = mem.Open()
			if engine == "bolt" {
				var err error
				if store, err = bolt.Open(filepath.Join(b.TempDir(), "desk.db")); err != nil {
					b.Fatal(err)
				}
			}
			defer store.Close()
			d, _, person, code := openOn(b, store)
			defer d.Close()
			for i := 0; b.Loop(); i++ {
				if _, _, err := d.File(b.Context(), person, report(code, fmt.Sprint("r-", i))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
