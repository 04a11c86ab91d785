package revision_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
	"wangge/storage/mem"
)

// started returns the revisions of a process over an engine; dir nil = of a store that keeps one.
func started(t *testing.T, e storage.Engine, dir city.Directory) (*revision.Revisions, *tx.Store) {
	t.Helper()
	store := desktest.Store(e, desktest.NewClock())
	r := revision.New(store)
	var given *city.City
	if dir != nil {
		given = desktest.Compile(t, dir)
	}
	if _, err := r.Start(t.Context(), given, dir); err != nil {
		t.Fatal(err)
	}
	return r, store
}

// applied keeps a directory and lets it decide as revision 2, as another process does.
func applied(t *testing.T, e storage.Engine, dir city.Directory, against string) {
	t.Helper()
	const number = 2
	r, store := started(t, e, nil)
	if err := r.KeepDirectory(t.Context(), dir.Revision(), dir); err != nil {
		t.Fatal(err)
	}
	now := store.Now()
	apply, err1 := record.EncodeApply(&revision.Revision{Number: number, Base: dir.Revision(), Against: against, At: now, EffectiveFrom: now, EffectiveAt: now, Policy: revision.Keep})
	head, err2 := record.EncodeHead(record.Head{Current: number, Last: number, Base: dir.Revision()})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	err := store.Do(t.Context(), "apply", func(_ context.Context, txn *tx.Txn) error {
		txn.Put(ledger.ApplyKey(number), apply)
		txn.Put(ledger.BackfillKey(number), nil)
		txn.Put(ledger.HeadKey, head)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// slow is an engine that hands out a directory's list of files only when it is told to.
type slow struct {
	storage.Engine
	base    string
	reached chan struct{} // receives when somebody asks for it
	release chan struct{} // closed: everything is handed out
	reads   *atomic.Int64
}

func slowFor(e storage.Engine, base string) slow {
	return slow{e, base, make(chan struct{}, 100), make(chan struct{}), new(atomic.Int64)}
}

func (s slow) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	snap, err := s.Engine.Snapshot(ctx)
	return slowSnapshot{snap, s}, err
}

type slowSnapshot struct {
	storage.Snapshot
	of slow
}

func (s slowSnapshot) Get(key []byte) (storage.Item, error) {
	if bytes.Equal(key, ledger.DirectoryKey(s.of.base)) {
		s.of.reads.Add(1)
		s.of.reached <- struct{}{}
		<-s.of.release
	}
	return s.Snapshot.Get(key)
}

var key = []byte("k")

// write is a decision by the city: it returns by which.
func write(ctx context.Context, r *revision.Revisions) (base string, err error) {
	err = r.Do(ctx, "write", func(_ context.Context, t *tx.Txn, a *revision.Active) error {
		base = a.City.Base()
		t.Put(key, []byte(base))
		return nil
	})
	return base, err
}

func TestStart(t *testing.T) {
	t.Parallel()
	e, dir := mem.Open(), desktest.Directory()
	if _, err := revision.New(desktest.Store(e, desktest.NewClock())).Start(t.Context(), nil, nil); !errors.Is(err, revision.ErrNoCity) {
		t.Errorf("Start of an empty store without a city = %v, want ErrNoCity", err)
	}
	r, _ := started(t, e, dir)
	current, last, err := r.Head(t.Context())
	if err != nil || current.Number != 1 || last.Number != 1 || current.Base != dir.Revision() || current.Note != revision.FirstNote {
		t.Errorf("Head = %+v, %+v, %v; want the first revision", current, last, err)
	}
	if _, err := r.Start(t.Context(), nil, nil); err == nil {
		t.Error("a second Start, want an error")
	}
	again, _ := started(t, e, nil)
	if got := again.City().Base(); got != dir.Revision() {
		t.Errorf("another process starts with %s, want the one that is kept, %s", got, dir.Revision())
	}
	if kept, err := revision.Kept(t.Context(), e); kept != dir.Revision() || err != nil {
		t.Errorf("Kept = %s, %v", kept, err)
	}
}

// What is written, refused and left alone is decided by the city that the store names, by a process that has not heard
// of it.
func TestDo_DecidesByTheActiveCity(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, end := range map[string]func(*tx.Txn) error{
		"write":  func(txn *tx.Txn) error { txn.Put(key, nil); return nil },
		"refuse": func(*tx.Txn) error { return refused },
		"leave":  func(*tx.Txn) error { return nil },
	} {
		e, was := mem.Open(), desktest.Directory()
		r, _ := started(t, e, was)
		is := desktest.ToWater(was)
		applied(t, e, is, was.Revision())
		var by []string
		err := r.Do(t.Context(), "decide", func(_ context.Context, txn *tx.Txn, a *revision.Active) error {
			by = append(by, a.City.Base())
			return end(txn)
		})
		if err != nil && !errors.Is(err, refused) {
			t.Errorf("%s: %v", name, err)
		}
		if len(by) != 2 || by[0] != was.Revision() || by[1] != is.Revision() || r.City().Base() != is.Revision() {
			t.Errorf("%s: decided by %q, want the city before and then the one that is active", name, by)
		}
	}
}

// old is an engine that does something after the first snapshot was taken and before it is handed out.
type old struct {
	storage.Engine
	then func()
}

func (o *old) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	snap, err := o.Engine.Snapshot(ctx)
	if then := o.then; then != nil {
		o.then = nil
		then()
	}
	return snap, err
}

// A snapshot that is older than the active city does not show the rollout to it: by such a snapshot nothing is decided.
func TestDo_ReadsNothingOlderThanItsCity(t *testing.T) {
	t.Parallel()
	was := desktest.Directory()
	e := &old{Engine: mem.Open()}
	r, _ := started(t, e, was)
	is := desktest.ToWater(was)
	e.then = func() {
		applied(t, e, is, was.Revision())
		if _, err := r.Activate(t.Context()); err != nil {
			t.Error(err)
		}
	}
	runs := 0
	err := r.Do(t.Context(), "decide", func(_ context.Context, txn *tx.Txn, a *revision.Active) error {
		runs++
		head, _, _, err := revision.HeadOf(txn.Snap)
		if head.Base != a.City.Base() {
			t.Errorf("decided by %s, and the snapshot says that %s is active", a.City.Base(), head.Base)
		}
		txn.Put(key, nil)
		return err
	})
	if err != nil || runs != 1 {
		t.Errorf("Do = %v after %d runs, want one by the city that is active", err, runs)
	}
}

// While a city that does not decide yet is read and compiled, decisions go on under the one that does.
func TestDo_GoesOnWhileAnotherCityCompiles(t *testing.T) {
	t.Parallel()
	e, was := mem.Open(), desktest.Directory()
	is := desktest.ToWater(was)
	e2 := slowFor(e, is.Revision())
	r, _ := started(t, e2, was)
	if err := r.KeepDirectory(t.Context(), is.Revision(), is); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if c, err := r.BaseCity(t.Context(), is.Revision()); err != nil || c.Base() != is.Revision() {
				t.Errorf("BaseCity = %v", err)
			}
		})
	}
	<-e2.reached
	if base, err := write(t.Context(), r); err != nil || base != was.Revision() {
		t.Errorf("decided by %s, %v, while another city compiles; want %s", base, err, was.Revision())
	}
	close(e2.release)
	wg.Wait()
	if n := e2.reads.Load(); n != 1 {
		t.Errorf("the directory was read %d times, want once for all", n)
	}
}

// While the city before is read for a backfill, decisions that need no backfill go on.
func TestDo_GoesOnWhileABackfillLoads(t *testing.T) {
	t.Parallel()
	e, was := mem.Open(), desktest.Directory()
	started(t, e, was)
	is := desktest.ToWater(was)
	applied(t, e, is, was.Revision())
	e2 := slowFor(e, was.Revision())
	r, _ := started(t, e2, nil)
	if _, err := r.Backfill(r.Active(), 2); !errors.Is(err, tx.ErrStale) {
		t.Errorf("Backfill before CatchUp = %v, want ErrStale", err)
	}
	done := make(chan error)
	go func() { done <- r.CatchUp(t.Context()) }()
	<-e2.reached
	if base, err := write(t.Context(), r); err != nil || base != is.Revision() {
		t.Errorf("decided by %s, %v, while a backfill loads; want %s", base, err, is.Revision())
	}
	close(e2.release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if b, err := r.Backfill(r.Active(), 2); b == nil || err != nil {
		t.Errorf("Backfill = %v, %v after CatchUp", b, err)
	}
}

// A process that must read the active city before it decides waits no longer than its caller does, and nobody else
// waits for it: what is only read is read by the city before.
func TestCatchUp_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	e, was := mem.Open(), desktest.Directory()
	is := desktest.ToWater(was)
	e2 := slowFor(e, is.Revision())
	r, _ := started(t, e2, was)
	applied(t, e, is, was.Revision())
	done := make(chan error)
	go func() { done <- r.CatchUp(t.Context()) }()
	<-e2.reached
	ctx, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	if _, err := write(ctx, r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a decision whose caller gave up = %v", err)
	}
	if got := r.City().Base(); got != was.Revision() {
		t.Errorf("City = %s meanwhile, want %s", got, was.Revision())
	}
	close(e2.release)
	if err := <-done; err != nil || r.City().Base() != is.Revision() {
		t.Errorf("CatchUp = %v, City = %s; want %s", err, r.City().Base(), is.Revision())
	}
	if base, err := write(t.Context(), r); err != nil || base != is.Revision() {
		t.Errorf("decided by %s, %v", base, err)
	}
}

// editionOf is the edition of the rulings by which a city decides.
func editionOf(c *city.City) (n uint64) {
	_, edition, _ := strings.Cut(c.Revision, "+p")
	n, _ = strconv.ParseUint(edition, 10, 64)
	return n
}

// Many activate at once while heads move; what is active never goes back, and ends at the last head.
func TestActivate_NeverGoesBack(t *testing.T) {
	t.Parallel()
	e := mem.Open()
	dirs := []city.Directory{desktest.Directory(), desktest.ToWater(desktest.Directory())}
	r, _ := started(t, e, dirs[0])
	if err := r.KeepDirectory(t.Context(), dirs[1].Revision(), dirs[1]); err != nil {
		t.Fatal(err)
	}
	_, store := started(t, e, nil)
	const moves = 40
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			last := uint64(0)
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := r.Activate(t.Context()); err != nil {
					t.Error(err)
					return
				}
				edition := editionOf(r.City())
				if edition < last {
					t.Errorf("edition %d after %d", edition, last)
					return
				}
				last = edition
			}
		})
	}
	for n := uint64(1); n <= moves; n++ {
		change, err1 := record.EncodePrecedent(&record.PrecedentChange{ID: "none", At: store.Now(), Person: desktest.Chief, Why: "test"})
		head, err2 := record.EncodeHead(record.Head{Current: 1, Last: 1, Base: dirs[n%2].Revision()})
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if err := store.Do(t.Context(), "move", func(_ context.Context, txn *tx.Txn) error {
			txn.Put(ledger.PrecedentKey(n), change)
			txn.Put(ledger.PrecedentsKey, ledger.U64(nil, n))
			txn.Put(ledger.HeadKey, head)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	if c, err := r.Activate(t.Context()); err != nil || c.Base() != dirs[moves%2].Revision() || editionOf(c) != moves {
		t.Errorf("Activate = %v, want the last head", err)
	}
}

// A city that can't be read is logged when it becomes active, and not by each that wanted to decide meanwhile.
func TestActivate_LogsOnceWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	e, was := mem.Open(), desktest.Directory()
	is := desktest.ToWater(was)
	slowly := slowFor(e, is.Revision())
	var log bytes.Buffer
	store := tx.New(slowly, desktest.NewClock(), slog.New(slog.NewTextHandler(&log, nil)), nil)
	r := revision.New(store)
	if _, err := r.Start(t.Context(), desktest.Compile(t, was), was); err != nil {
		t.Fatal(err)
	}
	applied(t, e, is, was.Revision())
	if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: ledger.DirectoryKey(is.Revision()), Value: []byte("damaged")}}}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := r.Activate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	<-slowly.reached
	close(slowly.release)
	wg.Wait()
	if n := strings.Count(log.String(), "can't be read"); n != 1 {
		t.Errorf("logged %d times, want once:\n%s", n, log.String())
	}
	if got := r.City().Base(); got != was.Revision() {
		t.Errorf("City = %s, want the one before", got)
	}
}
