package desk_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/storage"
	"wangge/storage/mem"
)

// refusing is a store that refuses commits while it is shut.
type refusing struct {
	storage.Engine
	mu   sync.Mutex
	shut bool
}

var errShut = errors.New("the store is shut")

func (r *refusing) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	r.mu.Lock()
	shut := r.shut
	r.mu.Unlock()
	if shut {
		return 0, errShut
	}
	return r.Engine.Commit(ctx, b)
}

func (r *refusing) set(shut bool) { r.mu.Lock(); defer r.mu.Unlock(); r.shut = shut }

// Who loses burns no number: after any of these the next case has the next number.
func TestNumbers_LosersUseNone(t *testing.T) {
	t.Parallel()
	const sends = 30
	all := func(f func(i int)) {
		var wg sync.WaitGroup
		for i := range sends {
			wg.Go(func() { f(i) })
		}
		wg.Wait()
	}
	one := func(id string) dispatch.Report {
		r := reportAt("E2", 30.001, 120.0005, dispatch.SourceInspector)
		r.ClientID = id
		return r
	}
	batch := func() (out []dispatch.Report) {
		for i := range 20 {
			out = append(out, one(fmt.Sprint("b-", i)))
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		lose  func(t *testing.T, a *acts, store *refusing)
		cases uint64 // that are made
	}{
		{"many sends of one id", func(t *testing.T, a *acts, _ *refusing) {
			t.Helper()
			all(func(int) {
				if _, _, err := a.d.File(t.Context(), watchman, one("same")); err != nil {
					t.Error(err)
				}
			})
		}, 1},
		{"many sends of one id among others", func(t *testing.T, a *acts, _ *refusing) {
			t.Helper()
			all(func(i int) {
				for _, id := range []string{"same", fmt.Sprint("other-", i)} {
					if _, _, err := a.d.File(t.Context(), watchman, one(id)); err != nil {
						t.Error(err)
					}
				}
			})
		}, 1 + sends},
		{"one id with other contents", func(t *testing.T, a *acts, _ *refusing) {
			t.Helper()
			all(func(i int) {
				r := one("same")
				r.Text = fmt.Sprint(i)
				_, _, _ = a.d.File(t.Context(), watchman, r) // all but one are refused
			})
		}, 1},
		{"one batch sent many times", func(t *testing.T, a *acts, _ *refusing) {
			t.Helper()
			all(func(int) {
				for _, r := range a.d.FileBatch(t.Context(), watchman, batch()) {
					if r.Err != nil {
						t.Error(r.Err)
					}
				}
			})
		}, 20},
		{"batches that overlap", func(t *testing.T, a *acts, _ *refusing) {
			t.Helper()
			all(func(i int) {
				for _, r := range a.d.FileBatch(t.Context(), watchman, batch()[i%10:10+i%10]) {
					if r.Err != nil {
						t.Error(r.Err)
					}
				}
			})
		}, 19},
		{"one import run many times", func(t *testing.T, a *acts, _ *refusing) {
			t.Helper()
			var recs []desk.ImportRecord
			for i := range 20 {
				r := one(fmt.Sprint("i-", i))
				r.ReceivedAt = time.Date(2026, 3, 4, 8, 0, 0, 0, a.d.City().Location)
				recs = append(recs, desk.ImportRecord{Report: r})
			}
			all(func(int) {
				if _, err := a.d.ImportBatch(t.Context(), recs); err != nil {
					t.Error(err)
				}
			})
		}, 20},
		{"a store that fails", func(t *testing.T, a *acts, store *refusing) {
			t.Helper()
			store.set(true)
			all(func(i int) {
				if _, _, err := a.d.File(t.Context(), watchman, one(fmt.Sprint("f-", i))); !errors.Is(err, errShut) {
					t.Errorf("File = %v", err)
				}
			})
			a.d.FileBatch(t.Context(), watchman, batch())
			store.set(false)
		}, 0},
		{"a reopening that is refused", func(t *testing.T, a *acts, _ *refusing) {
			t.Helper()
			cs := a.file(watchman, one("first"))
			for range sends {
				if _, err := a.d.Act(t.Context(), "duty_chief-area-c", cs.ID, 0, "", dispatch.Command{Act: dispatch.ActReopen, Note: "again"}); err == nil {
					t.Error("an open case was reopened")
				}
			}
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := &refusing{Engine: mem.Open()}
			a, _ := riverOn(t, riverTown(), store)
			tt.lose(t, a, store)
			if cs := a.file(watchman, one("next")); cs.ID.Sequence() != tt.cases+1 {
				t.Errorf("after %d cases the next is number %d", tt.cases, cs.ID.Sequence())
			}
			sound(t, a.d)
		})
	}
}
