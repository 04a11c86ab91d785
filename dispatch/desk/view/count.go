package view

import (
	"context"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view/queue"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
	"wangge/storage"
)

// QueueCount counts one queue: as many cases as List lists, and of these as many as Overdue lists.
type QueueCount struct {
	Queue          Queue
	Cases, Overdue int
}

// QueueCounts counts every queue, in order, as of a revision.
type QueueCounts struct {
	Revision storage.Revision
	Queues   []QueueCount
}

// CountQueues counts the queues of a unit or, when person is not "", of a person. The cost does not depend on the number of
// cases. Of another person than the reader, only the cases that the reader may read are counted, one by one. Errors:
// ErrNoCase, as for List.
func (d *View) CountQueues(ctx context.Context, reader roster.PersonID, scope roster.Unit, person roster.PersonID) (QueueCounts, error) {
	a := d.revisions.Active()
	c, now := a.City, a.Now()
	if person == "" && !rights.MayReadScope(c, reader, scope, now) {
		return QueueCounts{}, fmt.Errorf("scope %s: %w", scope, ledger.ErrNoScope)
	}
	if err := d.CaughtUp(ctx); err != nil {
		return QueueCounts{}, err
	}
	due, b := ledger.SortTime(now), d.board
	out := QueueCounts{Queues: make([]QueueCount, 0, queue.Count-1)}
	for q := NoQueue + 1; q < queue.Count; q++ {
		indexes, also := b.indexesFor(c, reader, Query{Scope: scope, Person: person, Queue: q}, now)
		n := QueueCount{Queue: q}
		b.mu.RLock()
		rev, present := b.rev, indexes[:0]
		for _, k := range indexes {
			if x := b.indexes[k.Unit]; x != nil && x.Has(k.Queue) {
				present = append(present, k)
			}
		}
		// What waits for somebody is that person's to read, but perhaps what a rule for off hours gives to a post elsewhere.
		one := also == nil || person == reader && (!twice(q) || len(present) < 2) && !strange(c, person, present, now)
		for _, k := range present {
			if one {
				n.Cases += b.count(k, true, 0)
				n.Overdue += b.count(k, false, due)
			}
		}
		b.mu.RUnlock()
		if !one && len(present) > 0 {
			for s := range b.sliced(present, false, nil, rev) {
				if also(b.rows[s.ID].Attributes) {
					if n.Cases++; s.Due < due {
						n.Overdue++
					}
				}
			}
		}
		out.Revision, out.Queues = rev, append(out.Queues, n)
	}
	return out, nil
}

// twice reports whether a case may wait twice in a queue for the same person, in two indexes: when a closing by force is asked for
// in a dispute, when owner and co-owner owe a receipt, when two platforms have to give something on, when the handler holds
// the owner's post, and when a person holds the posts of two co-owners.
func twice(q Queue) bool {
	return q == ToDecide || q == ToSign || q == ToDispatch || q == Supervised || q == Rework || q == ToAssist || q == ToReach
}

// strange reports whether some of the indexes of what waits for a person are of a line at no post of the person, and of a unit that
// none of these posts is above.
func strange(c *city.City, person roster.PersonID, of []queue.Key, now time.Time) bool {
	a := queue.AwaitedBy(c, person, now)
	return slices.ContainsFunc(of, func(k queue.Key) bool {
		if k.Unit.Kind != queue.AtPost {
			return false
		}
		l := queue.ParseLine(k.Unit.ID)
		return !slices.ContainsFunc(l.Posts, a.Holds) &&
			!slices.ContainsFunc(a.Held, func(h roster.Holding) bool { return routing.Above(c, h.Unit, l.Unit) })
	})
}
