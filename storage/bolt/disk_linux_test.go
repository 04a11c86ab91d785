package bolt

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"wangge/storage"
	"wangge/storage/faultinject/faultfs"
	"wangge/storage/storagetest"
)

// mixSeed makes hashes of one process comparable.
var mixSeed = maphash.MakeSeed()

// failingDisk mounts a disk that fails on purpose. Without the right to do so the test is skipped, or fails when
// WANGGE_FUSE is set.
func failingDisk(t *testing.T) *faultfs.Disk {
	t.Helper()
	d, err := faultfs.Mount(t.TempDir())
	if errors.Is(err, faultfs.ErrNoFUSE) && os.Getenv("WANGGE_FUSE") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

var errnos = []syscall.Errno{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EINTR, syscall.EFBIG, syscall.ENOMEM, syscall.ENXIO}

// drawRule draws what fails.
func drawRule(rng *rand.Rand, feed string) faultfs.Rule {
	r := faultfs.Rule{
		File:   feed,
		Op:     []faultfs.Op{faultfs.PageWrite, faultfs.HeadWrite, faultfs.PageSync, faultfs.HeadSync, faultfs.HeadSync, faultfs.AnyWrite, faultfs.AnySync, faultfs.Truncate}[rng.IntN(8)],
		Skip:   rng.IntN(20),
		Count:  []int{1, 1, 1, 2, 3, 8, -1}[rng.IntN(7)],
		Errno:  errnos[rng.IntN(len(errnos))],
		Effect: []faultfs.Effect{faultfs.Nothing, faultfs.Drops, faultfs.Part, faultfs.All, faultfs.Short}[rng.IntN(5)],
	}
	if rng.IntN(3) == 0 {
		r.File = KeysPath(feed)
	}
	if rng.IntN(8) == 0 {
		r.File = "" // both
	}
	if rng.IntN(5) > 0 && r.Op == faultfs.HeadSync { // the likeliest to mislead
		r.Effect = []faultfs.Effect{faultfs.Nothing, faultfs.Drops, faultfs.All}[rng.IntN(3)]
	}
	if r.Errno == syscall.EINTR && r.Count < 0 { // Go tries an interrupted call again, without end
		r.Count = 3
	}
	if r.Effect == faultfs.Short && r.Count < 0 {
		r.Count = 8
	}
	if r.Count == 1 && rng.IntN(2) == 0 {
		r.Power = 1 + rng.IntN(9)
	}
	return r
}

// trial lets callers commit while chosen operations of the disk fail, then the power go, and holds the engine to
// what it told. Callers send again what was not acknowledged, under a guard, as phones do.
func trial(t *testing.T, d *faultfs.Disk, seed uint64) (acknowledged, refused, uncertain, hits int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 60))
	name := fmt.Sprintf("store-%d.db", seed)
	path := filepath.Join(d.Dir, name)
	small := limits{ops: 6 + rng.IntN(60), bytes: 1 << 20, slice: 1 + rng.IntN(30), retry: time.Millisecond}
	told := &storagetest.Told{}
	e, err := open(path, small)
	if err != nil {
		t.Fatal(err)
	}
	rules := []faultfs.Rule{drawRule(rng, name)}
	for rng.IntN(3) == 0 {
		rules = append(rules, drawRule(rng, name))
	}
	off := rng.IntN(2) == 0 // the power goes in the middle of it
	if off {
		rules = append(rules, faultfs.Rule{
			File: []string{name, KeysPath(name)}[rng.IntN(2)], Op: []faultfs.Op{faultfs.AnyWrite, faultfs.AnySync}[rng.IntN(2)],
			Skip: 5 + rng.IntN(40), Count: 1, Errno: syscall.EIO, Effect: faultfs.Power,
		})
	}
	fail := func(err error) {
		if err != nil {
			t.Errorf("seed %d, rules %+v: %v", seed, rules, err)
		}
	}
	keep := rng.IntN(2) == 0 // what the system holds of the files stays in memory: somebody else maps them too
	fail(d.Cache(keep))
	if keep {
		for _, f := range []string{path, KeysPath(path)} {
			unmap, err := mapped(f)
			fail(err)
			defer unmap()
		}
	}
	const each, tries = 8, 3
	callers := 1 + rng.IntN(16)
	batch := func(id string, try int) storage.Batch {
		key := []byte("id/" + id)
		return storage.Batch{
			Guards: []storage.Guard{{Key: key}},
			Ops: []storage.Op{
				{Key: key, Value: []byte(fmt.Sprintf("%s try %d of seed %d %s", id, try, seed, strings.Repeat("x", try*50)))},
				{Key: []byte("last/" + id[:1]), Value: []byte(id + strings.Repeat("y", 100))},
			},
		}
	}
	commit := func(e *Engine, id string) {
		for try := range tries {
			_, err := told.Commit(context.Background(), e, batch(id, try))
			if err == nil || errors.Is(err, storage.ErrConflict) || (len(id)+int(seed)+int(id[len(id)-1]))%2 == 0 { // some give up
				return
			}
		}
	}
	for i := range 10 {
		commit(e, fmt.Sprint("0-", i))
	}
	for _, r := range rules {
		fail(d.Fail(r))
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg, readers sync.WaitGroup
	readers.Go(func() {
		for c, err := range e.Watch(ctx, 0) {
			if err == nil {
				err = told.Shown(c)
			}
			if err != nil {
				fail(err)
				return
			}
		}
	})
	readers.Go(func() {
		for ctx.Err() == nil {
			s, err := e.Snapshot(ctx)
			if err != nil {
				if ctx.Err() == nil {
					fail(err)
				}
				return
			}
			told.Seen(s.Revision())
			fail(steady(s))
			s.Close()
		}
	})
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				commit(e, fmt.Sprint(c+1, "-", i))
			}
		})
	}
	wg.Wait()
	for _, r := range rules {
		off = off || r.Power > 0
	}
	if !off && rng.IntN(2) == 0 { // the disk is well again, and the same engine goes on
		n, err := d.Clear()
		fail(err)
		hits += n
		for well := false; !well; well = e.Health(t.Context()) == nil {
			<-time.After(time.Millisecond)
		}
		for i := range rng.IntN(4) {
			id := fmt.Sprint("h-", i)
			err := storage.ErrFailed
			for try := 0; try < 1000 && errors.Is(err, storage.ErrFailed); try++ { // a fold may wait for a reader
				_, err = told.Commit(t.Context(), e, batch(id, try))
			}
			if err != nil {
				fail(fmt.Errorf("on a disk that is well again: %w", err))
			}
		}
	}
	stop()
	readers.Wait()
	if rng.IntN(3) > 0 {
		fail(d.Cut(seed, rng.IntN(2) == 0))
	}
	_ = e.Close() // what it could not write is told by what follows
	fail(d.On())
	n, err := d.Clear()
	fail(err)
	hits += n
	if rng.IntN(2) == 0 { // the power goes while the next process opens what this one could not write, or writes on
		fail(d.Fail(faultfs.Rule{Op: []faultfs.Op{faultfs.AnyWrite, faultfs.AnySync}[rng.IntN(2)], Skip: rng.IntN(12), Count: 1, Errno: syscall.EIO, Effect: faultfs.Power}))
		if e, err = open(path, small); err == nil {
			for i := range 3 {
				commit(e, fmt.Sprint("y-", i))
			}
			_ = e.Close() // there may be no power
		}
		fail(d.On())
		_, err := d.Clear()
		fail(err)
	}
	for again := range 2 {
		if e, err = open(path, small); err != nil {
			fail(err)
			return
		}
		fail(told.Check(t.Context(), e))
		for i := range 1 + rng.IntN(3) {
			commit(e, fmt.Sprint("z-", again, "-", i))
		}
		fail(told.Check(t.Context(), e))
		fail(e.Close())
	}
	acknowledged, refused, uncertain = told.Counts()
	for _, f := range []string{path, KeysPath(path)} {
		fail(os.Remove(f))
	}
	return acknowledged, refused, uncertain, hits
}

// mapped maps the beginning of a file and touches it, as another program might.
func mapped(path string) (unmap func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := syscall.Mmap(int(f.Fd()), 0, 4*os.Getpagesize(), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	for at := 0; at < len(b); at += os.Getpagesize() {
		mappedBytes.Add(int64(b[at]))
	}
	return func() { _ = syscall.Munmap(b) }, nil
}

var mappedBytes atomic.Int64 // so that no compiler leaves the reading out

// steady reads a snapshot several times: it is the same each time.
func steady(s storage.Snapshot) error {
	first := ""
	for round := range 6 {
		h := maphash.Hash{}
		h.SetSeed(mixSeed)
		for it, err := range s.Scan(storage.Range{}) {
			if errors.Is(err, storage.ErrFailed) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("scan at %d: %w", s.Revision(), err)
			}
			fmt.Fprintf(&h, "%q=%q at %d;", it.Key, it.Value, it.Revision)
		}
		switch is := fmt.Sprint(h.Sum64()); {
		case round == 0:
			first = is
		case is != first:
			return fmt.Errorf("the snapshot at %d is another one when it is read again", s.Revision())
		}
		<-time.After(time.Millisecond)
	}
	return nil
}

// Writes, syncs and changes of size fail with every error, before and after the head of a transaction, once or
// for good, on the feed or on the keys, and they did what they say or did not; then the power goes. Nothing that was
// acknowledged is lost, nothing that was refused is there, nothing is there twice, and no revision is of two batches.
// WANGGE_DEEP is the number of trials.
func TestDisk_FailingWritesAndSyncs(t *testing.T) {
	t.Parallel()
	d := failingDisk(t)
	trials, first := 20, uint64(1)
	if n, err := strconv.Atoi(os.Getenv("WANGGE_DEEP")); err == nil {
		trials = n
	}
	if n, err := strconv.ParseUint(os.Getenv("WANGGE_SEED"), 10, 64); err == nil {
		trials, first = 1, n
	}
	var acknowledged, refused, uncertain, hits int
	for n := range trials {
		a, r, u, h := trial(t, d, first+uint64(n))
		acknowledged, refused, uncertain, hits = acknowledged+a, refused+r, uncertain+u, hits+h
	}
	if hits == 0 || acknowledged == 0 {
		t.Errorf("%d operations failed, %d batches were acknowledged", hits, acknowledged)
	}
	t.Logf("%d trials: %d operations failed; %d batches acknowledged, %d refused, %d uncertain", trials, hits, acknowledged, refused, uncertain)
}
