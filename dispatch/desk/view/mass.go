package view

import (
	"context"
	"errors"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

// massEvents knows the main cases of mass events: those that have a part. A part is open, or was closed. A part that is void,
// rejected or merged is none, and neither is one that was detached.
type massEvents struct {
	open   map[dispatch.CaseID]int      // by main case: its open parts
	closed map[dispatch.CaseID]struct{} // open main cases with a part that was closed
}

func newMassEvents() massEvents {
	return massEvents{map[dispatch.CaseID]int{}, map[dispatch.CaseID]struct{}{}}
}

// has reports whether a case has a part.
func (m *massEvents) has(id dispatch.CaseID) bool {
	_, closed := m.closed[id]
	return closed || m.open[id] > 0
}

// add counts a row as a part of its main case, n times.
func (m *massEvents) add(c *row, n int) {
	main := c.Course().Group
	if c.closed || main == 0 {
		return
	}
	if m.open[main] += n; m.open[main] == 0 {
		delete(m.open, main)
	}
}

// fillMassEvents finds the main cases among the rows of a snapshot whose parts were closed: open parts have been counted.
func (b *board) fillMassEvents(snap storage.Snapshot) error {
	isOpen := func(id dispatch.CaseID) bool { c := b.rows[id]; return c != nil && !c.closed }
	for id, c := range b.rows {
		if c.closed {
			continue
		}
		done, err := ledger.ClosedPart(snap, id, isOpen)
		if err != nil {
			return err
		}
		if done {
			b.mass.closed[id] = struct{}{}
		}
		b.placeMain(id)
	}
	return nil
}

// placeMain puts an open case into the queue of mass events, or takes it out, after its parts have changed. It reports whether
// the case moved.
func (b *board) placeMain(id dispatch.CaseID) bool {
	c := b.rows[id]
	if c == nil || c.closed {
		return false
	}
	is := c.Course().Group != 0 || b.mass.has(id)
	if is == c.queued.Set.Has(MassEvents) {
		return false
	}
	b.unindex(c)
	n := *c // readers of the row that was may still use its queues
	n.queued = c.queued.With(MassEvents, is)
	b.rows[id] = &n
	b.index(&n)
	return true
}

// main is an open case whose parts a commit may have changed, or that is open again.
type main struct {
	id    dispatch.CaseID
	cs    *dispatch.Case // nil: the commit changes the case itself, or the case can't be read
	again bool           // open again: its closed parts are not known
	done  bool           // again: one of its parts was closed
}

// mainsOf lists the main cases that a commit concerns, before the commit is applied. It reads the store where the board does not
// know enough, at a revision that may be ahead of the commit: what follows is applied in turn.
func (b *board) mainsOf(ctx context.Context, m changeSet) ([]main, error) {
	out, read := b.mainsInMemory(m)
	if !read {
		return out, nil
	}
	look := func(snap storage.Snapshot) error {
		for i := range out {
			n := &out[i]
			switch {
			case n.again:
				var err error
				if n.done, err = ledger.ClosedPart(snap, n.id, func(dispatch.CaseID) bool { return false }); err != nil {
					return err
				}
			case n.cs == nil && !m.changes.of(n.id):
				l, err := ledger.Load(snap, n.id)
				switch {
				case errors.Is(err, storage.ErrCorrupt):
					return err
				case err != nil:
					b.damaged(n.id, err)
				default:
					n.cs = l.Cs
				}
			}
		}
		return nil
	}
	err := b.store.Read(ctx, look)
	for ; errors.Is(err, storage.ErrRebuilding); err = b.store.Read(ctx, look) {
		if err := b.store.Sleep(ctx, tx.StoreRetry, nil); err != nil { // the damaged file is being rebuilt
			return nil, err
		}
	}
	return out, err
}

// mainsInMemory is mainsOf as far as the board knows; read reports whether the store must be asked.
func (b *board) mainsInMemory(m changeSet) (out []main, read bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range m.changes {
		ch := &m.changes[i]
		old := b.rows[ch.cs.ID]
		was := old != nil && !old.closed
		if ch.cs.Open() && !was && !ch.fresh {
			out, read = append(out, main{id: ch.cs.ID, again: true}), true
		}
		var before dispatch.CaseID
		if was {
			before = old.Course().Group
		}
		if before == ch.cs.Group && was == ch.cs.Open() {
			continue
		}
		for _, id := range []dispatch.CaseID{before, ch.cs.Group} {
			c := b.rows[id]
			if id == 0 || c == nil || c.closed || slices.ContainsFunc(out, func(n main) bool { return n.id == id }) {
				continue
			}
			n := main{id: id}
			if !m.changes.of(id) {
				if n.cs = c.cs; n.cs == nil {
					read = true
				}
			}
			out = append(out, n)
		}
	}
	return out, read
}

// placeMains brings the main cases up to date after a commit was applied, and adds those that moved to the changes.
func (b *board) placeMains(m *changeSet, mains []main) {
	for _, n := range mains {
		if n.done {
			b.mass.closed[n.id] = struct{}{}
		}
		was := b.queuesOf(n.id)
		if !b.placeMain(n.id) {
			continue
		}
		for i := range m.changes {
			if ch := &m.changes[i]; ch.cs.ID == n.id {
				ch.is = b.queuesOf(n.id)
			}
		}
		if n.cs != nil {
			m.changes = append(m.changes, change{
				cs: n.cs, scopes: ledger.ScopesOf(b.city, n.cs), was: was, is: b.queuesOf(n.id), ofParts: true,
			})
		}
	}
}

// isMain reports whether an open case is the main case of a mass event.
func (b *board) isMain(id dispatch.CaseID) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.mass.has(id)
}

// mainsInStore lists, for a watch of mass events that reads the store, the main cases of the parts that a commit changes, as they
// are now.
func (d *View) mainsInStore(ctx context.Context, m changeSet) (out changes, err error) {
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for i := range m.changes {
			ch := &m.changes[i]
			for _, id := range append(ch.parted, ch.cs.Group) {
				if id == 0 || m.changes.of(id) || out.of(id) {
					continue
				}
				l, err := ledger.Load(snap, id)
				if err != nil {
					d.board.damaged(id, err)
					continue
				}
				out = append(out, change{cs: l.Cs, scopes: ledger.ScopesOf(d.revisions.City(), l.Cs), ofParts: true})
			}
		}
		return nil
	})
	return out, err
}

// of reports whether the changes have one of a case.
func (l changes) of(id dispatch.CaseID) bool {
	return slices.ContainsFunc(l, func(ch change) bool { return ch.cs.ID == id })
}

// concerns reports whether a watch tells a change that only the parts of a case have made.
func (w watched) concerns(ch *change) bool { return !ch.ofParts || w.queue == MassEvents }
