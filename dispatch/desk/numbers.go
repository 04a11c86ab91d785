package desk

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

// allocator allocates the case numbers of each local day in order. A released number is allocated again while no
// later number is in use. A number released below one in use remains a gap, so that numbers keep the order of time.
// The mutex guards the maps alone.
type allocator struct {
	mu   sync.Mutex
	days map[uint64]*day
}

// day holds the numbers of one local day.
type day struct {
	last   uint64          // the last sequence allocated
	unused map[uint64]bool // released sequences below last
	stale  bool            // another process allocated a number: read the last one from the store
}

// take allocates the next case number of the local day of at for a transaction. The number is released if the
// transaction fails.
func (n *allocator) take(t *tx.Txn, c *city.City, at time.Time) (dispatch.CaseID, error) {
	first := dispatch.NewCaseID(at.In(c.Location), 0)
	id, known, err := n.next(first, at, 0, false)
	if err == nil && !known {
		var seq uint64
		if seq, err = lastOf(t.Snap, first); err == nil {
			id, _, err = n.next(first, at, seq, true)
		}
	}
	if err != nil {
		return 0, err
	}
	t.OnAbort(func(err error) {
		var lost *storage.ConflictError
		if errors.As(err, &lost) && bytes.Equal(lost.Key, ledger.CaseKey(id)) {
			n.observe(id)
		} else {
			n.release(id)
		}
	})
	return id, nil
}

// next allocates the next number of a day. known is false if the caller must first read the last number from the
// store and pass it as stored.
func (n *allocator) next(first dispatch.CaseID, at time.Time, stored uint64, read bool) (id dispatch.CaseID, known bool, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := n.days[uint64(first)]
	if (d == nil || d.stale) && !read {
		return 0, false, nil
	}
	if d == nil {
		if n.days == nil {
			n.days = map[uint64]*day{}
		}
		d = &day{last: stored, unused: map[uint64]bool{}}
		n.days[uint64(first)] = d
	}
	if d.stale {
		d.last, d.stale = max(d.last, stored), false
	}
	if d.last >= dispatch.MaxDaySequence-1 {
		return 0, true, fmt.Errorf("no case number is left for %s", at.Format(time.DateOnly))
	}
	d.last++
	return first + dispatch.CaseID(d.last), true, nil
}

// lastOf reads the last sequence of a day from the store.
func lastOf(snap storage.Snapshot, first dispatch.CaseID) (uint64, error) {
	for it, err := range snap.Scan(storage.Range{
		Start: ledger.CaseKey(first), End: ledger.CaseKey(first + dispatch.MaxDaySequence), Reverse: true,
	}) {
		if err != nil {
			return 0, err
		}
		return ledger.TailID(it.Key).Sequence(), nil
	}
	return 0, nil
}

// release returns a number to the allocator.
func (n *allocator) release(id dispatch.CaseID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := n.days[uint64(id)-id.Sequence()]
	d.unused[id.Sequence()] = true
	for d.unused[d.last] {
		delete(d.unused, d.last)
		d.last--
	}
}

// observe notes that another process has allocated a number of the day.
func (n *allocator) observe(id dispatch.CaseID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.days[uint64(id)-id.Sequence()].stale = true
}
