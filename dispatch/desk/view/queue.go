package view

import (
	"cmp"
	"slices"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view/queue"
)

// Queue is a list of the cases that wait for one kind of act: see queue.Queue.
type Queue = queue.Queue

// The queues; NoQueue is none.
const (
	NoQueue    = queue.None
	ToVerify   = queue.ToVerify
	ToCheck    = queue.ToCheck
	ToDecide   = queue.ToDecide
	ToAccept   = queue.ToAccept
	ToFile     = queue.ToFile
	ToDispatch = queue.ToDispatch
	ToClose    = queue.ToClose
	Supervised = queue.Supervised
	Returned   = queue.Returned
	Disputed   = queue.Disputed
	Rework     = queue.Rework
	MassEvents = queue.MassEvents
	MyWork     = queue.MyWork
	ToSign     = queue.ToSign
	ToStart    = queue.ToStart
	ToAssist   = queue.ToAssist
	ToReach    = queue.ToReach
)

// keysOf lists the indexes of what waits for a person, in one queue or, for NoQueue, in any. It looks at the lines for which
// something waits, which are as many as the posts that have work and not as the cases, and at the roster
// for those that may come to the person.
func (b *board) keysOf(c *city.City, person roster.PersonID, q Queue, now time.Time) []queue.Key {
	a := queue.AwaitedBy(c, person, now)
	var out []queue.Key
	for _, q := range queue.HandlersQueues(q) {
		out = append(out, queue.Key{Unit: queue.HandledBy(person), Queue: q})
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, q := range queue.LinesQueues(q) {
		from := len(out)
		for _, l := range b.lines {
			if at := (roster.Unit{Kind: queue.AtPost, ID: l.ID}); b.indexes[at].Has(q) && a.Is(q, l) {
				out = append(out, queue.Key{Unit: at, Queue: q})
			}
		}
		slices.SortFunc(out[from:], func(x, y queue.Key) int { return cmp.Compare(x.Unit.ID, y.Unit.ID) })
	}
	return out
}
