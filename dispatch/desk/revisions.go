package desk

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

// Revision is one apply of a city directory. See record.Apply.
type Revision = record.Apply

// Policy says what becomes of open cases when another revision takes effect.
type Policy = record.Policy

// Policies; zero is unset and refused.
const (
	Keep    = record.Keep
	Reroute = record.Reroute
	Move    = record.Move
)

var headKey = []byte("m/head")

func applyKey(number uint64) []byte { return u64([]byte("a/"), number) }

func waitKey(from time.Time, number uint64) []byte {
	return u64(u64([]byte("g/"), sortTime(from)), number)
}

func sweepKey(number uint64) []byte { return u64([]byte("w/"), number) }

var (
	applyPrefix = []byte("a/")
	waitPrefix  = []byte("g/")
	sweepPrefix = []byte("w/")
)

// ofCity reports a key that keeps the city: see the table at the head of ledger.go.
func ofCity(key []byte) bool {
	if bytes.Equal(key, headKey) || bytes.Equal(key, precedentsKey) {
		return true
	}
	return len(key) > 2 && key[1] == '/' && strings.IndexByte("vfagwp", key[0]) >= 0
}

// turns reports a commit after which another city decides.
func turns(b storage.Batch) bool {
	for _, op := range b.Ops {
		if bytes.Equal(op.Key, headKey) || bytes.Equal(op.Key, precedentsKey) {
			return true
		}
	}
	return false
}

// commitCity writes a batch that arms no timer of a case.
func (d *Desk) commitCity(ctx context.Context, b storage.Batch) error {
	return d.commit(ctx, b, time.Time{})
}

// inForce is the city that decides at a desk, and the head of the store that said so: 0 = it has none.
// What is decided by it is committed under its guard, and what is refused by it is refused while the head
// stands, so that nothing is decided by a city whose turn is over, however far the desk lags behind the
// store. The precedents may be those of a moment ago: events name their edition.
type inForce struct {
	city *city.City
	head storage.Revision
}

func (f *inForce) guard() storage.Guard { return storage.Guard{Key: headKey, Revision: f.head} }

// stands returns errBehind when the head is another one in the snapshot.
func (f *inForce) stands(snap storage.Snapshot) error {
	it, err := snap.Get(headKey)
	if errors.Is(err, storage.ErrNotFound) {
		it, err = storage.Item{}, nil
	}
	if err == nil && it.Revision != f.head {
		return errBehind
	}
	return err
}

// govern decides something about the city and commits it, both under the head that stands, and again a
// bounded number of times when somebody else was faster.
func (d *Desk) govern(ctx context.Context, decide func(storage.Snapshot, *inForce, time.Time) (storage.Batch, error)) error {
	var err error
	for range retries {
		force := d.inForce()
		var batch storage.Batch
		err = d.read(ctx, func(snap storage.Snapshot) (err error) {
			if err = force.stands(snap); err == nil {
				batch, err = decide(snap, force, d.now())
			}
			return err
		})
		if err == nil {
			batch.Guards = append(batch.Guards, force.guard())
			err = d.commitCity(ctx, batch)
		}
		if !isConflict(err) {
			return err
		}
		if isBehind(err) {
			if err := d.ready(ctx); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("others decided about the city %d times meanwhile: %w", retries, err)
}

// headOf reads which revision decides; false before the first one was kept.
func headOf(snap storage.Snapshot) (record.Head, storage.Revision, bool, error) {
	it, err := snap.Get(headKey)
	if errors.Is(err, storage.ErrNotFound) {
		return record.Head{}, 0, false, nil
	}
	if err != nil {
		return record.Head{}, 0, false, err
	}
	h, err := record.DecodeHead(it.Value)
	return h, it.Revision, err == nil, err
}

func applyOf(snap storage.Snapshot, number uint64) (*Revision, storage.Revision, error) {
	it, err := snap.Get(applyKey(number))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, 0, fmt.Errorf("apply %d: %w", number, ErrNoRevision)
	}
	if err != nil {
		return nil, 0, err
	}
	a, err := record.DecodeApply(it.Value)
	return a, it.Revision, err
}

// ErrNoCity is returned by Open without a city for a store that has kept none.
var ErrNoCity = errors.New("the store has kept no city yet; name its directory")

// Kept is the revision of the directory that a store says decides; "" when it has kept none.
func Kept(ctx context.Context, store storage.Engine) (string, error) {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return "", err
	}
	defer snap.Close()
	head, _, _, err := headOf(snap)
	return head.Base, err
}

// start says which city decides when a desk opens: the store's, when it has kept one, or else the
// one handed in, which becomes the store's first revision when its directory is handed in, too.
func (d *Desk) start(ctx context.Context, given *city.City, dir city.Directory) (*inForce, error) {
	var head record.Head
	var rev storage.Revision
	var edition uint64
	known := false
	err := d.read(ctx, func(snap storage.Snapshot) (err error) {
		if head, rev, known, err = headOf(snap); err == nil {
			edition, _, err = editionOf(snap)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if given == nil && !known {
		return nil, ErrNoCity
	}
	c := given
	if c != nil {
		d.compiled.put(c)
	}
	switch {
	case known:
		if c, err = d.baseCity(ctx, head.Base); err != nil {
			return nil, err
		}
	case dir != nil: // another desk that opens at the same time may be the first
		if err := d.first(ctx, given, dir); err != nil {
			return nil, err
		}
		return d.start(ctx, given, dir)
	}
	var list []city.Precedent
	var former map[catalog.Code]i18n.Text
	err = d.read(ctx, func(snap storage.Snapshot) (err error) {
		if list, _, err = precedentsOf(snap, edition); err == nil {
			former, err = formerNames(snap)
		}
		return err
	})
	return &inForce{c.WithPrecedents(list, edition).WithFormer(former), rev}, err
}

// formerNames are the names of the categories that applies have taken away, each as it was called last.
func formerNames(snap storage.Snapshot) (map[catalog.Code]i18n.Text, error) {
	out := map[catalog.Code]i18n.Text{}
	for it, err := range snap.Scan(storage.Prefix(applyPrefix)) {
		if err != nil {
			return nil, err
		}
		if a, err := record.DecodeApply(it.Value); err == nil { // one that can't be read costs names only
			maps.Copy(out, a.Former)
		}
	}
	return out, nil
}

// FirstNote is the note of the revision that nobody applied: the one there was when a store was new.
const FirstNote = "the directory that the service was first started with"

// first keeps the directory that a desk was opened with as the store's first revision.
func (d *Desk) first(ctx context.Context, given *city.City, dir city.Directory) error {
	base := given.Base()
	if got := dir.Revision(); got != base {
		return fmt.Errorf("the directory is %s, the city %s: they don't belong together", got, base)
	}
	if err := d.keepDirectory(ctx, base, dir); err != nil {
		return err
	}
	now := d.clock.Now().Round(0)
	a := Revision{Number: 1, Base: base, At: now, EffectiveFrom: now, EffectiveAt: now, Policy: Keep, Note: FirstNote, Sweep: record.Sweep{Done: true}}
	val, err := record.EncodeApply(&a)
	if err != nil {
		return err
	}
	head, err := record.EncodeHead(record.Head{Current: 1, Last: 1, Base: base})
	if err != nil {
		return err
	}
	err = d.commitCity(ctx, storage.Batch{
		Guards: []storage.Guard{{Key: headKey}, {Key: applyKey(1)}},
		Ops:    []storage.Op{{Key: headKey, Value: head}, {Key: applyKey(1), Value: val}},
	})
	if isBehind(err) {
		return nil
	}
	return err
}

// turn makes the city that the store says decide, and returns it. It is called for every commit that
// turns, and by who finds that it is due. One that can't be read leaves the one before in force. An error
// is the store's.
func (d *Desk) turn(ctx context.Context) (*city.City, error) {
	d.turning.Lock() // who comes later reads later
	defer d.turning.Unlock()
	return d.turnNow(ctx)
}

// turnTo is turn for who has found another head, unless somebody was faster.
func (d *Desk) turnTo(ctx context.Context, head storage.Revision) error {
	d.turning.Lock()
	defer d.turning.Unlock()
	if d.inForce().head == head {
		return nil
	}
	_, err := d.turnNow(ctx)
	return err
}

func (d *Desk) turnNow(ctx context.Context) (*city.City, error) {
	was := d.inForce()
	is, err := d.standingCity(ctx, was.city)
	if unreadable(err) {
		d.log.Error("the revision that was applied can't be read; the one before goes on deciding", "error", err)
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if is != *was {
		d.compiled.put(was.city.WithPrecedents(nil, 0))
		d.force.Store(&is)
	}
	return is.city, nil
}

// standingCity reads the city that the store says decides. Of what can't be read it keeps what was.
func (d *Desk) standingCity(ctx context.Context, was *city.City) (is inForce, err error) {
	var head record.Head
	var edition uint64
	var list []city.Precedent
	var former map[catalog.Code]i18n.Text
	known := false
	err = d.read(ctx, func(snap storage.Snapshot) (err error) {
		if head, is.head, known, err = headOf(snap); err != nil {
			return err
		}
		if edition, _, err = editionOf(snap); err == nil {
			list, _, err = precedentsOf(snap, edition)
		}
		if err == nil {
			former, err = formerNames(snap)
		}
		return err
	})
	if is.city = was; err != nil {
		return is, err
	}
	base := was
	if known && head.Base != was.Base() {
		var lost error
		if base, lost = d.baseCity(ctx, head.Base); lost != nil {
			base, err = was, lost
		}
	}
	if now := base.WithPrecedents(list, edition); now.Revision != was.Revision {
		is.city = now.WithFormer(former)
	}
	return is, err
}

// unreadable reports that what a store has kept of a city is not what this program can read.
func unreadable(err error) bool {
	var faults *FaultsError
	if errors.Is(err, storage.ErrRebuilding) { // it can be read in a moment
		return false
	}
	return errors.As(err, &faults) || errors.Is(err, record.ErrCorrupt) || errors.Is(err, storage.ErrCorrupt) || errors.Is(err, ErrNoRevision)
}

// Head is which revision decides now and which one was applied last; they differ while one waits.
// ErrNoRevision before the store has kept one.
func (d *Desk) Head(ctx context.Context) (current, last *Revision, err error) {
	err = d.read(ctx, func(snap storage.Snapshot) error {
		head, _, known, err := headOf(snap)
		if err != nil {
			return err
		}
		if !known {
			return ErrNoRevision
		}
		if current, _, err = applyOf(snap, head.Current); err != nil {
			return err
		}
		last, _, err = standing(snap, head)
		return err
	})
	return current, last, err
}

// standing is the last apply that was not withdrawn.
func standing(snap storage.Snapshot, head record.Head) (*Revision, storage.Revision, error) {
	for n := head.Last; ; n-- {
		a, rev, err := applyOf(snap, n)
		if err != nil || !a.Withdrawn || n <= head.Current {
			return a, rev, err
		}
	}
}

// maxRevisions bounds a page of Revisions.
const maxRevisions = 200

// Revisions lists applies, the latest first, at most 200, those before a number when it is not 0.
func (d *Desk) Revisions(ctx context.Context, before uint64, limit int) ([]*Revision, error) {
	if limit <= 0 || limit > maxRevisions {
		limit = maxRevisions
	}
	rng := storage.Prefix(applyPrefix)
	rng.Reverse = true
	if before > 0 {
		rng.End = applyKey(before)
	}
	var out []*Revision
	err := d.read(ctx, func(snap storage.Snapshot) error {
		for it, err := range snap.Scan(rng) {
			if err != nil {
				return err
			}
			a, err := record.DecodeApply(it.Value)
			if err != nil {
				return err
			}
			if out = append(out, a); len(out) == limit {
				break
			}
		}
		return nil
	})
	return out, err
}

// since lists the standing applies after the one of a base revision, the latest first: what somebody
// who planned against that base has not seen.
func since(snap storage.Snapshot, head record.Head, base string) ([]*Revision, error) {
	var out []*Revision
	for n := head.Last; n > 0 && len(out) < maxRevisions; n-- {
		a, _, err := applyOf(snap, n)
		if err != nil {
			return nil, err
		}
		if a.Withdrawn {
			continue
		}
		if a.Base == base {
			break
		}
		out = append(out, a)
	}
	return out, nil
}

// waitNumber reads the number that ends a key of an apply.
func waitNumber(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }
