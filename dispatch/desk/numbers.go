package desk

import (
	"context"
	"fmt"
	"sync"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// numbers gives out the case numbers of each local day in order. A number that comes back unused is given out
// again while no later one is in use; below one in use it stays a gap, so that numbers keep the order of time.
type numbers struct {
	mu   sync.Mutex
	last map[uint64]uint64          // local day -> last sequence given out
	back map[uint64]map[uint64]bool // local day -> sequences that came back below the last
}

func newNumbers() numbers {
	return numbers{last: map[uint64]uint64{}, back: map[uint64]map[uint64]bool{}}
}

// nextID gives out the next case number of the local day of t. A day is read from the store once.
func (d *Desk) nextID(ctx context.Context, t time.Time) (dispatch.CaseID, error) {
	first := dispatch.NewCaseID(t.In(d.revisions.City().Location), 0)
	day := uint64(first)
	n := &d.numbers
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.last[day]; !ok {
		seq, err := d.lastOf(ctx, first)
		if err != nil {
			return 0, err
		}
		n.last[day] = seq
	}
	if n.last[day] >= dispatch.MaxDaySequence-1 {
		return 0, fmt.Errorf("no case number is left for %s", t.Format(time.DateOnly))
	}
	n.last[day]++
	return first + dispatch.CaseID(n.last[day]), nil
}

// lastOf reads the last sequence of a day from the store.
func (d *Desk) lastOf(ctx context.Context, first dispatch.CaseID) (seq uint64, err error) {
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for it, err := range snap.Scan(storage.Range{Start: ledger.CaseKey(first), End: ledger.CaseKey(first + dispatch.MaxDaySequence), Reverse: true}) {
			if err != nil {
				return err
			}
			seq = ledger.TailID(it.Key).Sequence()
			break
		}
		return nil
	})
	return seq, err
}

// unused takes a number back.
func (d *Desk) unused(id dispatch.CaseID) {
	day := uint64(id) - id.Sequence()
	n := &d.numbers
	n.mu.Lock()
	defer n.mu.Unlock()
	back := n.back[day]
	if back == nil {
		back = map[uint64]bool{}
		n.back[day] = back
	}
	back[id.Sequence()] = true
	for back[n.last[day]] {
		delete(back, n.last[day])
		n.last[day]--
	}
	if len(back) == 0 {
		delete(n.back, day)
	}
}

// taken says that another desk gave out a number: go on after what the store holds.
func (d *Desk) taken(ctx context.Context, id dispatch.CaseID) error {
	first := id - dispatch.CaseID(id.Sequence())
	seq, err := d.lastOf(ctx, first)
	if err != nil {
		return err
	}
	n := &d.numbers
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last[uint64(first)] = max(n.last[uint64(first)], seq)
	return nil
}

// sends are the ids under which something is being filed over this desk: who sends one of them again waits
// until it is known what became of the first, and takes no number.
type sends struct {
	mu   sync.Mutex
	held map[string]bool
	free chan struct{} // closed and replaced when ids are let go while somebody waits; nil: nobody waits
}

// hold waits until none of the ids is held, and holds them all until release. The error is ctx's.
func (s *sends) hold(ctx context.Context, ids ...string) (release func(), err error) {
	for {
		s.mu.Lock()
		busy := false
		for _, id := range ids {
			busy = busy || s.held[id]
		}
		if !busy {
			break
		}
		if s.free == nil {
			s.free = make(chan struct{})
		}
		free := s.free
		s.mu.Unlock()
		select {
		case <-free:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string]bool{}
	}
	for _, id := range ids {
		s.held[id] = true
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, id := range ids {
			delete(s.held, id)
		}
		if s.free != nil {
			close(s.free)
			s.free = nil
		}
	}, nil
}
