// Package access records who has seen the name and phone of a caller or reporter, and lists it.
package access

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

// What is kept: the newest MaxKept looks, of the last Kept. Between two counts the store may hold more.
const (
	MaxKept   = 100_000
	Kept      = 366 * 24 * time.Hour
	dropEvery = time.Hour // between two counts of Run
	dropBatch = 1000      // looks that are dropped in one commit
)

// hour is the time in which the looks of one person at one case are one.
const hour = time.Hour

// Log is the record of looks in a store. Safe for concurrent use.
type Log struct {
	tx   *tx.Store
	most int
}

// New returns the log of a store.
func New(store *tx.Store) *Log { return &Log{tx: store, most: MaxKept} }

// Directory stands in place of a case for the people of the city: a look at the phones of its directory.
const Directory dispatch.CaseID = 0

// Record writes that a person is about to see names and phones of cases, at most of a page of them, or of [Directory], in the
// answer of a method of the wire. When Record returns nil the look is in the store: the first of an hour costs a commit, the
// others a read. A caller that gets an error does not show them. Errors: those of tx.Store.Do.
func (l *Log) Record(ctx context.Context, person roster.PersonID, method string, ids ...dispatch.CaseID) error {
	now := l.tx.Now()
	val, err := record.EncodeAccess(record.Access{At: now, Method: method})
	if err != nil {
		return err
	}
	return l.tx.Do(ctx, "record a look", func(_ context.Context, t *tx.Txn) error {
		for _, id := range ids {
			key := ledger.AccessID{Hour: now.Truncate(hour), Case: id, Person: person}.Key()
			switch _, err := t.Snap.Get(key); {
			case err == nil:
				continue
			case !errors.Is(err, storage.ErrNotFound):
				return err
			}
			t.Private()
			t.Guard(key, 0)
			t.Put(key, val)
		}
		return nil
	})
}

// Run drops the oldest looks beyond the bounds, at once and then every hour, until ctx ends; its error is returned. A
// failure of the store is logged, and tried again after the next hour. No reader waits for it.
func (l *Log) Run(ctx context.Context) error {
	for {
		if err := l.drop(ctx, l.tx.Now()); err != nil && ctx.Err() == nil {
			l.tx.Log().WarnContext(ctx, "access: old looks were not dropped", "error", err)
		}
		if err := l.tx.Sleep(ctx, dropEvery, nil); err != nil {
			return err
		}
	}
}

// drop removes the oldest looks beyond the bounds.
func (l *Log) drop(ctx context.Context, now time.Time) error {
	for {
		var old []storage.Op
		err := l.tx.Read(ctx, func(snap storage.Snapshot) error {
			n := 0
			for _, err := range snap.Scan(storage.Prefix(ledger.AccessPrefix)) {
				if err != nil {
					return err
				}
				n++
			}
			for it, err := range snap.Scan(storage.Prefix(ledger.AccessPrefix)) {
				if err != nil {
					return err
				}
				a, ok := ledger.ParseAccess(it.Key)
				if len(old) == dropBatch || ok && n-len(old) <= l.most && now.Sub(a.Hour) < Kept {
					return nil
				}
				old = append(old, storage.Op{Key: it.Key, Delete: true})
			}
			return nil
		})
		if err != nil || len(old) == 0 {
			return err
		}
		if err := l.tx.Commit(ctx, storage.Batch{Ops: old}); err != nil {
			return err
		}
	}
}

// Look is one look.
type Look struct {
	ledger.AccessID
	record.Access
}

// Filter narrows a list: to a person, to a case; the zero Filter lists everything.
type Filter struct {
	Person roster.PersonID
	Case   dispatch.CaseID
}

// maxScanned bounds the looks that are read for one page, which ends with the hour in which they are reached.
const maxScanned = 10_000

// Cursor is the place of a look in a list; without At the end of its hour.
type Cursor struct {
	ledger.AccessID
	At time.Time
}

// List returns up to size looks, the latest first; at one instant by case and person from the last on. before is the next of the page
// before; nil begins. next is nil at the end. A page reads whole hours, and no further one after 10,000 looks: it may be shorter than size
// for it. Errors: those of the store; record.ErrCorrupt.
func (l *Log) List(ctx context.Context, f Filter, before *Cursor, size int) (looks []Look, next *Cursor, err error) {
	err = l.tx.Read(ctx, func(snap storage.Snapshot) error {
		r := storage.Prefix(ledger.AccessPrefix)
		r.Reverse = true
		if before != nil {
			end := ledger.AccessID{Hour: before.Hour}
			if !before.At.IsZero() { // in the midst of its hour
				end.Hour = end.Hour.Add(hour)
			}
			r.End = end.Key()
		}
		var last ledger.AccessID
		begun, read := 0, 0 // where the looks of the hour begin
		cut := false        // looks of the last hour are left for another page
		for it, err := range snap.Scan(r) {
			if err != nil {
				return err
			}
			id, ok := ledger.ParseAccess(it.Key)
			if !ok {
				return fmt.Errorf("access %q: %w", it.Key, record.ErrCorrupt)
			}
			if read > 0 && !id.Hour.Equal(last.Hour) {
				if looks = newest(looks, begun, size); len(looks) == size || read >= maxScanned {
					next = &Cursor{AccessID: last}
					if len(looks) == size {
						next = looks[size-1].cursor()
					}
					return nil
				}
				begun, cut = len(looks), false
			}
			read, last = read+1, id
			if f.Person != "" && id.Person != f.Person || f.Case != 0 && id.Case != f.Case {
				continue
			}
			val, err := record.DecodeAccess(it.Value)
			if err != nil {
				return err
			}
			look := Look{id, val}
			if before != nil && !before.At.IsZero() && look.compare(before) <= 0 {
				continue
			}
			if looks = append(looks, look); len(looks)-begun >= 2*size { // no hour is kept in whole
				looks, cut = newest(looks, begun, begun+size), true
			}
		}
		cut = cut || len(looks) > size
		if looks = newest(looks, begun, size); cut {
			next = looks[size-1].cursor()
		}
		return nil
	})
	return looks, next, err
}

// newest puts the looks from an index on into order, the latest first, and keeps at most size of all.
func newest(looks []Look, from, size int) []Look {
	slices.SortFunc(looks[from:], func(a, b Look) int { return a.compare(b.cursor()) })
	return looks[:min(len(looks), size)]
}

func (k *Look) cursor() *Cursor { return &Cursor{k.AccessID, k.At} }

// compare orders looks from the latest on.
func (k *Look) compare(c *Cursor) int {
	return cmp.Or(c.At.Compare(k.At), bytes.Compare(c.Key(), k.Key()))
}
