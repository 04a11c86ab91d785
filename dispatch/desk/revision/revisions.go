package revision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
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

// CommitCity writes a batch that arms no timer of a case.
func (d *Revisions) CommitCity(ctx context.Context, b storage.Batch) error {
	return d.tx.Commit(ctx, b, time.Time{})
}

// InForce is the city that decides at a desk, and the head of the store that said so: 0 = it has none.
// What is decided by it is committed under its guard, and what is refused by it is refused while the head
// stands, so that nothing is decided by a city whose turn is over, however far the desk lags behind the
// store. The precedents may be those of a moment ago: events name their edition.
type InForce struct {
	City *city.City
	head storage.Revision
}

func (f *InForce) Guard() storage.Guard { return storage.Guard{Key: ledger.HeadKey, Revision: f.head} }

// Stands returns errBehind when the head is another one in the snapshot.
func (f *InForce) Stands(snap storage.Snapshot) error {
	it, err := snap.Get(ledger.HeadKey)
	if errors.Is(err, storage.ErrNotFound) {
		it, err = storage.Item{}, nil
	}
	if err == nil && it.Revision != f.head {
		return tx.ErrBehind
	}
	return err
}

// Govern decides something about the city and commits it, both under the head that stands, and again a
// bounded number of times when somebody else was faster.
func (d *Revisions) Govern(ctx context.Context, decide func(storage.Snapshot, *InForce, time.Time) (storage.Batch, error)) error {
	var err error
	for range tx.Retries {
		force := d.InForce()
		var batch storage.Batch
		err = d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
			if err = force.Stands(snap); err == nil {
				batch, err = decide(snap, force, d.Now())
			}
			return err
		})
		if err == nil {
			batch.Guards = append(batch.Guards, force.Guard())
			err = d.CommitCity(ctx, batch)
		}
		if !tx.IsConflict(err) {
			return err
		}
		if tx.IsBehind(err) {
			if err := d.Ready(ctx); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("others decided about the city %d times meanwhile: %w", tx.Retries, err)
}

// HeadOf reads which revision decides; false before the first one was kept.
func HeadOf(snap storage.Snapshot) (record.Head, storage.Revision, bool, error) {
	it, err := snap.Get(ledger.HeadKey)
	if errors.Is(err, storage.ErrNotFound) {
		return record.Head{}, 0, false, nil
	}
	if err != nil {
		return record.Head{}, 0, false, err
	}
	h, err := record.DecodeHead(it.Value)
	return h, it.Revision, err == nil, err
}

func ApplyOf(snap storage.Snapshot, number uint64) (*Revision, storage.Revision, error) {
	it, err := snap.Get(ledger.ApplyKey(number))
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
	head, _, _, err := HeadOf(snap)
	return head.Base, err
}

// Start says which city decides when a desk opens: the store's, when it has kept one, or else the
// one handed in, which becomes the store's first revision when its directory is handed in, too.
func (d *Revisions) Start(ctx context.Context, given *city.City, dir city.Directory) (*InForce, error) {
	var head record.Head
	var rev storage.Revision
	var edition uint64
	known := false
	err := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if head, rev, known, err = HeadOf(snap); err == nil {
			edition, _, err = EditionOf(snap)
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
		d.Compiled.Put(c)
	}
	switch {
	case known:
		if c, err = d.BaseCity(ctx, head.Base); err != nil {
			return nil, err
		}
	case dir != nil: // another desk that opens at the same time may be the first
		if err := d.first(ctx, given, dir); err != nil {
			return nil, err
		}
		return d.Start(ctx, given, dir)
	}
	var list []city.Precedent
	var former map[catalog.Code]i18n.Text
	err = d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if list, _, err = PrecedentsOf(snap, edition); err == nil {
			former, err = formerNames(snap)
		}
		return err
	})
	return &InForce{c.WithPrecedents(list, edition).WithFormer(former), rev}, err
}

// formerNames are the names of the categories that applies have taken away, each as it was called last.
func formerNames(snap storage.Snapshot) (map[catalog.Code]i18n.Text, error) {
	out := map[catalog.Code]i18n.Text{}
	for it, err := range snap.Scan(storage.Prefix(ledger.ApplyPrefix)) {
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
func (d *Revisions) first(ctx context.Context, given *city.City, dir city.Directory) error {
	base := given.Base()
	if got := dir.Revision(); got != base {
		return fmt.Errorf("the directory is %s, the city %s: they don't belong together", got, base)
	}
	if err := d.KeepDirectory(ctx, base, dir); err != nil {
		return err
	}
	now := d.tx.Clock.Now().Round(0)
	a := Revision{Number: 1, Base: base, At: now, EffectiveFrom: now, EffectiveAt: now, Policy: Keep, Note: FirstNote, Sweep: record.Sweep{Done: true}}
	val, err := record.EncodeApply(&a)
	if err != nil {
		return err
	}
	head, err := record.EncodeHead(record.Head{Current: 1, Last: 1, Base: base})
	if err != nil {
		return err
	}
	err = d.CommitCity(ctx, storage.Batch{
		Guards: []storage.Guard{{Key: ledger.HeadKey}, {Key: ledger.ApplyKey(1)}},
		Ops:    []storage.Op{{Key: ledger.HeadKey, Value: head}, {Key: ledger.ApplyKey(1), Value: val}},
	})
	if tx.IsBehind(err) {
		return nil
	}
	return err
}

// Turn makes the city that the store says decide, and returns it. It is called for every commit that
// turns, and by who finds that it is due. One that can't be read leaves the one before in force. An error
// is the store's.
func (d *Revisions) Turn(ctx context.Context) (*city.City, error) {
	d.turning.Lock() // who comes later reads later
	defer d.turning.Unlock()
	return d.turnNow(ctx)
}

// turnTo is turn for who has found another head, unless somebody was faster.
func (d *Revisions) turnTo(ctx context.Context, head storage.Revision) error {
	d.turning.Lock()
	defer d.turning.Unlock()
	if d.InForce().head == head {
		return nil
	}
	_, err := d.turnNow(ctx)
	return err
}

func (d *Revisions) turnNow(ctx context.Context) (*city.City, error) {
	was := d.InForce()
	is, err := d.standingCity(ctx, was.City)
	if unreadable(err) {
		d.tx.Log.Error("the revision that was applied can't be read; the one before goes on deciding", "error", err)
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if is != *was {
		d.Compiled.Put(was.City.WithPrecedents(nil, 0))
		d.Force.Store(&is)
	}
	return is.City, nil
}

// standingCity reads the city that the store says decides. Of what can't be read it keeps what was.
func (d *Revisions) standingCity(ctx context.Context, was *city.City) (is InForce, err error) {
	var head record.Head
	var edition uint64
	var list []city.Precedent
	var former map[catalog.Code]i18n.Text
	known := false
	err = d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if head, is.head, known, err = HeadOf(snap); err != nil {
			return err
		}
		if edition, _, err = EditionOf(snap); err == nil {
			list, _, err = PrecedentsOf(snap, edition)
		}
		if err == nil {
			former, err = formerNames(snap)
		}
		return err
	})
	if is.City = was; err != nil {
		return is, err
	}
	base := was
	if known && head.Base != was.Base() {
		var lost error
		if base, lost = d.BaseCity(ctx, head.Base); lost != nil {
			base, err = was, lost
		}
	}
	if now := base.WithPrecedents(list, edition); now.Revision != was.Revision {
		is.City = now.WithFormer(former)
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
func (d *Revisions) Head(ctx context.Context) (current, last *Revision, err error) {
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		head, _, known, err := HeadOf(snap)
		if err != nil {
			return err
		}
		if !known {
			return ErrNoRevision
		}
		if current, _, err = ApplyOf(snap, head.Current); err != nil {
			return err
		}
		last, _, err = Standing(snap, head)
		return err
	})
	return current, last, err
}

// Standing is the last apply that was not withdrawn.
func Standing(snap storage.Snapshot, head record.Head) (*Revision, storage.Revision, error) {
	for n := head.Last; ; n-- {
		a, rev, err := ApplyOf(snap, n)
		if err != nil || !a.Withdrawn || n <= head.Current {
			return a, rev, err
		}
	}
}

// maxRevisions bounds a page of Revisions.
const maxRevisions = 200

// Revisions lists applies, the latest first, at most 200, those before a number when it is not 0.
func (d *Revisions) Revisions(ctx context.Context, before uint64, limit int) ([]*Revision, error) {
	if limit <= 0 || limit > maxRevisions {
		limit = maxRevisions
	}
	rng := storage.Prefix(ledger.ApplyPrefix)
	rng.Reverse = true
	if before > 0 {
		rng.End = ledger.ApplyKey(before)
	}
	var out []*Revision
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
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

// Since lists the standing applies after the one of a base revision, the latest first: what somebody
// who planned against that base has not seen.
func Since(snap storage.Snapshot, head record.Head, base string) ([]*Revision, error) {
	var out []*Revision
	for n := head.Last; n > 0 && len(out) < maxRevisions; n-- {
		a, _, err := ApplyOf(snap, n)
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
