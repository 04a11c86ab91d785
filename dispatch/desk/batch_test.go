package desk_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
	"wangge/storage/mem"
)

// raced is a store that, while it is set, loses the race of a commit and from then on can't read report ids, or
// anything at all.
type raced struct {
	storage.Engine
	set, lost, blind atomic.Bool
}

func (r *raced) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if r.set.Load() {
		r.lost.Store(true)
		return 0, &storage.ConflictError{Key: b.Guards[len(b.Guards)-1].Key}
	}
	return r.Engine.Commit(ctx, b)
}

var errBlind = errors.New("the store can't be read")

func (r *raced) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	if r.lost.Load() && r.blind.Load() {
		return nil, errBlind
	}
	snap, err := r.Engine.Snapshot(ctx)
	return racedSnapshot{snap, r}, err
}

type racedSnapshot struct {
	storage.Snapshot
	of *raced
}

func (s racedSnapshot) Get(key []byte) (storage.Item, error) {
	if s.of.lost.Load() && ledger.KindOf(key) == ledger.KindReport {
		return storage.Item{}, errBlind
	}
	return s.Snapshot.Get(key)
}

func racedDesk(t *testing.T) (*desk.Desk, *raced) {
	t.Helper()
	store := &raced{Engine: mem.Open()}
	c := small(t, twoSteps)
	clock := &fakeClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d, store
}

// A run that lost its race leaves nothing behind: when the next run can't read the store, no report of the batch is
// said to be filed.
func TestFileBatch_LostRaceLeavesNothing(t *testing.T) {
	t.Parallel()
	d, store := racedDesk(t)
	store.set.Store(true)
	for i, r := range d.FileBatch(t.Context(), "b-leader", []dispatch.Report{bicycle("one"), bicycle("two")}) {
		if !errors.Is(r.Err, errBlind) || r.Case != nil || r.Created {
			t.Errorf("report %d = %+v, want that the store can't be read", i, r)
		}
	}
}

// File returns no case that was not written.
func TestFile_LostRaceLeavesNothing(t *testing.T) {
	t.Parallel()
	d, store := racedDesk(t)
	store.set.Store(true)
	store.blind.Store(true)
	if cs, created, err := d.File(t.Context(), "b-leader", bicycle("one")); !errors.Is(err, errBlind) || cs != nil || created {
		t.Errorf("File = %v, %t, %v; want that the store can't be read, and no case", cs, created, err)
	}
}

// A report of a batch that can't be written takes no number, and the others are filed.
func TestFileBatch_UnwritableReportTakesNoNumber(t *testing.T) {
	t.Parallel()
	d, _ := racedDesk(t)
	bad := bicycle("bad")
	bad.Text = "\xff" // no record holds it
	res := d.FileBatch(t.Context(), "b-leader", []dispatch.Report{bicycle("one"), bad, bicycle("two")})
	if res[0].Err != nil || res[1].Err == nil || res[2].Err != nil {
		t.Fatalf("FileBatch = %+v, want that the second report alone is refused", res)
	}
	if first, second := res[0].Case.ID, res[2].Case.ID; second != first+1 {
		t.Errorf("numbers %s and %s, want two in a row", first, second)
	}
	next, _, err := d.File(t.Context(), "b-leader", bicycle("next"))
	if err != nil || next.ID != res[2].Case.ID+1 {
		t.Errorf("File = %v, %v; want the next number", next, err)
	}
}

// panicking is an engine whose next snapshot panics.
type panicking struct {
	storage.Engine
	armed atomic.Bool
}

func (p *panicking) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	if p.armed.Swap(false) {
		panic("a fault of the engine")
	}
	return p.Engine.Snapshot(ctx)
}

// A server survives a panic in a call: the reports of that call can be filed again at once, alone or in a batch.
func TestFile_AfterAPanic(t *testing.T) {
	t.Parallel()
	store := &panicking{Engine: mem.Open()}
	d := toy(t, store, desktest.NewClock())
	r := desktest.Report("r-1")
	for name, file := range map[string]func(context.Context) error{
		"File": func(ctx context.Context) error {
			_, _, err := d.File(ctx, desktest.Inspector, r)
			return err
		},
		"FileBatch": func(ctx context.Context) error {
			return d.FileBatch(ctx, desktest.Inspector, []dispatch.Report{r})[0].Err
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not pass the panic on", name)
				}
			}()
			store.armed.Store(true)
			_ = file(t.Context())
		}()
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		if err := file(ctx); err != nil {
			t.Errorf("%s after a panic = %v", name, err)
		}
		stop()
	}
}

// A batch of which so many people are told, over so many channels, that one commit has no room for it, is filed all the
// same, each report once.
func TestFileBatch_MoreNoticesThanACommitHolds(t *testing.T) {
	t.Parallel()
	store := &counted{Engine: mem.Open()}
	c := small(t, twoSteps)
	clock := &fakeClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
	// Each channel reaches both people who are told of a dispatch; by the webhook goes one notice for both.
	d, err := desk.Open(t.Context(), desk.Config{Store: free(t, store), City: c, Clock: clock, Channels: city.Channels})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	before := store.commits.Load()
	reports := make([]dispatch.Report, desk.MaxFileBatch)
	for i := range reports {
		reports[i] = bicycle(fmt.Sprint("r-", i))
	}
	reports[len(reports)-1].ClientID = reports[0].ClientID // sent twice
	numbers := map[dispatch.CaseID]int{}
	for i, r := range d.FileBatch(t.Context(), "b-leader", reports) {
		if r.Err != nil || r.Created != (i < len(reports)-1) {
			t.Fatalf("report %d: created %v, %v", i, r.Created, r.Err)
		}
		numbers[r.Case.ID]++
	}
	state, err := d.Outbox(t.Context())
	if want := len(numbers) * (2*(len(city.Channels)-1) + 1); err != nil || state.Queued != want {
		t.Errorf("Outbox = %+v, %v; want %d notices", state, err, want)
	}
	if len(numbers) != len(reports)-1 {
		t.Errorf("%d cases from %d reports", len(numbers), len(reports)-1)
	}
	if n := store.commits.Load() - before; n < 2 || n > 6 {
		t.Errorf("%d commits; want a few", n)
	}
}

// counted counts the commits of a store.
type counted struct {
	storage.Engine
	commits atomic.Int64
}

func (c *counted) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	c.commits.Add(1)
	return c.Engine.Commit(ctx, b)
}
