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
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view"
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

func TestFile_OneClientIDIsOneCase(t *testing.T) {
	t.Parallel()
	d, _ := open(t)
	ids := make([]dispatch.CaseID, 16)
	made := make([]bool, len(ids))
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			cs, created, err := d.File(context.Background(), chief, report(tree, "r-1"))
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
	if _, err := d.Act(t.Context(), chief, ids[0], 0, "", dispatch.Command{Act: dispatch.ActFile}); err == nil {
		t.Error("Act took a filing")
	}
	other := report(tree, "r-1")
	other.Text = "something else"
	var reused *ledger.ReusedIDError
	if _, _, err := d.File(t.Context(), chief, other); !errors.As(err, &reused) || !slices.Equal(reused.Differs, []string{"text"}) {
		t.Errorf("other content under the same id: %v, want text to differ", err)
	}
}

func TestFireDue_TwoCallersFireEachStepOnce(t *testing.T) {
	t.Parallel()
	d, clock := open(t)
	var cases []*dispatch.Case
	for i := range 40 {
		cs, _, err := d.File(t.Context(), chief, report(tree, fmt.Sprint("r-", i)))
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
		events, err := d.Events(t.Context(), chief, cs.ID, 0, 0)
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
		page, err := d.Overdue(t.Context(), chief, q)
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
			d, _ := openWith(b, store, desk.Config{City: citytest.Harbin(b)})
			defer d.Close()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, _, err := d.File(b.Context(), harbinLeader, report("E0110", fmt.Sprint("r-", i))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
