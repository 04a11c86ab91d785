package revision

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/revise"
	"wangge/storage"
)

// Backfill moves the open cases that were decided before a rollout from one city to the next, under the policy of the
// apply. A Backfill is immutable.
type Backfill struct {
	by      *Revision
	was, is *city.City
	policy  Policy
	heirs   city.Successors // of this apply, and of the earlier ones that had not moved all cases when this one took effect
	later   []activation    // applies that have taken effect since

	overtaken bool // a later apply has taken effect, which may have the same city
}

// activation is a revision that has taken effect, and the revision of the store at which it did.
type activation struct {
	base string
	at   storage.Revision
}

// backfills holds the Backfill of each rollout in progress to one active city, by the number of the apply. The value is
// immutable once it is published.
type backfills struct {
	to *Active
	by map[uint64]loaded
}

// loaded is a backfill, or the error why it cannot be read.
type loaded struct {
	*Backfill
	err error
}

// loadBackfills loads the backfills to the active city that are not loaded yet. A backfill that cannot be read is logged
// once for each active city; its cases are then decided without being moved, rather than not at all. Errors: that of ctx.
func (d *Revisions) loadBackfills(ctx context.Context, rollouts []*Revision) error {
	for {
		was := d.backfills.Load() // read before the active city, so that was.to is never a later Active
		active := d.Active()
		next := &backfills{to: active, by: map[uint64]loaded{}}
		fresh := was == nil || was.to != active
		if !fresh {
			maps.Copy(next.by, was.by)
		}
		for _, a := range rollouts {
			had, tried := next.by[a.Number]
			if tried && had.err == nil {
				continue
			}
			b, err := d.backfillOf(ctx, a, active.City)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil && !tried {
				d.tx.Log().ErrorContext(ctx, "cases are decided without the backfill of a rollout: a revision can't be read", "revision", a.Base, "against", a.Against, "error", err)
			}
			next.by[a.Number], fresh = loaded{b, err}, true
		}
		if !fresh || d.backfills.CompareAndSwap(was, next) {
			return nil
		}
	}
}

// Backfill returns the backfill of apply number to an active city. Errors: tx.ErrStale if it is not loaded for that city
// (see CatchUp); otherwise the error why it cannot be read.
func (d *Revisions) Backfill(to *Active, number uint64) (*Backfill, error) {
	b := d.backfills.Load()
	if b == nil || b.to != to {
		return nil, tx.ErrStale
	}
	l, ok := b.by[number]
	if !ok {
		return nil, tx.ErrStale
	}
	return l.Backfill, l.err
}

// backfillOf reads the backfill of an apply to the active city. The backfill of an overtaken apply moves no case to
// another owner: it puts cases on the escalation policy of its own city, from where the later backfill moves them.
func (d *Revisions) backfillOf(ctx context.Context, a *Revision, now *city.City) (*Backfill, error) {
	p := &Backfill{by: a, is: now, policy: a.Policy}
	err := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if p.later, err = appliesAfter(snap, a.Number); err == nil {
			p.heirs, err = heirsOf(snap, a)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.was, err = d.BaseCity(ctx, a.Against); err != nil {
		return nil, err
	}
	p.overtaken = len(p.later) > 0
	if now.Base() != a.Base {
		if p.is, err = d.BaseCity(ctx, a.Base); err != nil {
			return nil, err
		}
		p.is = p.is.WithPrecedents(now.Precedents, 0)
	}
	p.was = p.was.WithPrecedents(now.Precedents, 0)
	return p, nil
}

// appliesAfter lists the applies after number that have taken effect, in the order of their numbers, which is the order
// in which they took effect. While the backfill of number is in progress, the backfill of each later apply has not begun,
// so that its key still has the revision of the commit that activated the apply.
func appliesAfter(snap storage.Snapshot, number uint64) ([]activation, error) {
	head, _, _, err := HeadOf(snap)
	if err != nil {
		return nil, err
	}
	var out []activation
	for n := number + 1; n <= head.Current; n++ {
		a, _, err := ApplyOf(snap, n)
		if err != nil {
			return nil, err
		}
		if a.EffectiveAt.IsZero() {
			continue
		}
		it, err := snap.Get(ledger.BackfillKey(n))
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		out = append(out, activation{a.Base, it.Revision})
	}
	return out, nil
}

// heirsOf returns the successors by which the backfill of an apply moves cases: those of the apply itself, behind those of earlier
// applies that had not moved all cases when this apply took effect. An earlier backfill moves nothing to an owner from then on,
// and the choice made for that apply must not be lost. The last commit of a backfill writes its apply, and the commit that activates
// an apply writes the key of its backfill: the store revisions of the two tell which came first.
func heirsOf(snap storage.Snapshot, a *Revision) (city.Successors, error) {
	it, err := snap.Get(ledger.BackfillKey(a.Number))
	if errors.Is(err, storage.ErrNotFound) { // its backfill is done
		return a.Successors, nil
	}
	if err != nil {
		return city.Successors{}, err
	}
	var h heirs
	h.before(a)
	return h.earlier(snap, a.Number, func(e *Revision, wrote storage.Revision) bool {
		return e.Backfill.Done && wrote < it.Revision
	})
}

// PendingHeirs are the successors of the applies that have yet to move open cases to the last apply, which wait for their instant or
// whose backfill is in progress; pending is false when there is none.
func PendingHeirs(snap storage.Snapshot, head record.Head) (s city.Successors, pending bool, err error) {
	var h heirs
	s, err = h.earlier(snap, head.Last+1, func(e *Revision, _ storage.Revision) bool {
		pending = pending || !e.Backfill.Done
		return e.Backfill.Done
	})
	return s, pending, err
}

// HeirsSince are the successors of the applies that have taken effect since a decision at an instant under a revision: for a case that
// none of them has moved.
func HeirsSince(snap storage.Snapshot, under string, at time.Time) (s city.Successors, err error) {
	base, _, _ := strings.Cut(under, "+")
	head, _, _, err := HeadOf(snap)
	if err != nil {
		return s, err
	}
	var h heirs
	return h.earlier(snap, head.Current+1, func(a *Revision, _ storage.Revision) bool {
		return a.EffectiveAt.Before(at) || a.EffectiveAt.Equal(at) && a.Base == base
	})
}

// heirs are the successors of some applies in turn, put together from the latest apply backwards.
type heirs struct {
	city.Successors
	removed city.Former // by these applies
}

// before puts the successors of an apply in front. A choice for what the apply removed and a later one has removed again, because the city
// had gone back meanwhile, holds no more: the later apply decides.
func (h *heirs) before(a *Revision) {
	h.Successors = revise.Chained(city.Successors{
		Units:      standing(a.Successors.Units, a.Former.Units, h.removed.Units),
		Categories: standing(a.Successors.Categories, a.Former.Categories, h.removed.Categories),
		People:     standing(a.Successors.People, a.Former.People, h.removed.People),
	}, h.Successors)
	h.removed.Add(a.Former)
}

func standing[K comparable, V any](named map[K]K, removed, again map[K]V) map[K]K {
	out := maps.Clone(named)
	maps.DeleteFunc(out, func(gone, _ K) bool {
		_, was := removed[gone]
		_, is := again[gone]
		return was && is
	})
	return out
}

// earlier puts the successors of the applies before a number in front, the latest apply first, until an apply is settled: that apply and
// those before have moved their cases.
func (h *heirs) earlier(
	snap storage.Snapshot, number uint64, settled func(a *Revision, wrote storage.Revision) bool,
) (city.Successors, error) {
	for n := number - 1; n > 0; n-- {
		a, wrote, err := ApplyOf(snap, n)
		if err != nil {
			return city.Successors{}, err
		}
		if a.Withdrawn {
			continue
		}
		if settled(a, wrote) {
			break
		}
		h.before(a)
	}
	return h.Successors, nil
}

// rolloutsOf lists the applies whose backfill is in progress, the earliest first.
func rolloutsOf(snap storage.Snapshot) ([]*Revision, error) {
	var out []*Revision
	for it, err := range snap.Scan(storage.Prefix(ledger.BackfillPrefix)) {
		if err != nil {
			return nil, err
		}
		number, _ := ledger.ParseBackfill(it.Key)
		a, _, err := ApplyOf(snap, number)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// Case returns the event that moves one open case to the active revision, and counts the case in n. ok is false if
// nothing changes: the case was decided under the active revision, or an act moved the case before the backfill reached
// it. rev is the revision of the store that last wrote the case: a decision of a city, backfills excepted, is written
// after the commit that activated the city and before the commit that activated the next one.
func (p *Backfill) Case(cs *dispatch.Case, rev storage.Revision, n *Counts, now time.Time) (e dispatch.Event, ok bool) {
	if now.Before(cs.UpdatedAt) { // the time of a case never goes back
		now = cs.UpdatedAt
	}
	was := p.was
	for _, a := range p.later {
		if basedOn(cs, a.base) && rev > a.at && p.is.Base() != a.base {
			return e, false
		}
	}
	if decidedBy(cs, p.is) {
		was = p.is
	}
	e, effect, ok := revise.Carry(was, p.is, cs, &revise.Order{
		Reroute: p.policy == Reroute, Successors: p.heirs, Overtaken: p.overtaken, Person: p.by.Person, Post: p.by.Post, Note: p.by.Note,
	}, now)
	switch effect {
	case revise.Moved:
		n.Moved++
	case revise.Stuck:
		n.Stuck++
	case revise.Kept:
		n.Kept++
	case revise.Unchanged:
	}
	return e, ok
}

// Counts counts the cases of a backfill by what became of them.
type Counts struct{ Moved, Kept, Stuck int }

// decidedBy reports whether the last decision on a case was made under the directory of a city, with any precedents. The
// case is then on the city's escalation policy.
func decidedBy(cs *dispatch.Case, c *city.City) bool { return basedOn(cs, c.Base()) }

func basedOn(cs *dispatch.Case, base string) bool {
	was, _, _ := strings.Cut(cs.CityRevision, "+")
	return was == base
}

// Current returns an open case as the backfills in progress will leave it, and the events that bring the case there. A
// decision on the case commits these events before its own, so that no decision uses an escalation policy that is gone.
// Errors: tx.ErrStale if the backfills to the caller's city are not loaded.
func (d *Revisions) Current(snap storage.Snapshot, to *Active, l ledger.Loaded, now time.Time) (*dispatch.Case, []dispatch.Event, error) {
	cs := l.Cs
	if decidedBy(cs, to.City) || !cs.Open() {
		return cs, nil, nil
	}
	rollouts, err := rolloutsOf(snap)
	if err != nil {
		return nil, nil, err
	}
	var events []dispatch.Event
	for _, a := range rollouts {
		if a.Backfill.Done || uint64(cs.ID) <= a.Backfill.After {
			continue
		}
		b, err := d.Backfill(to, a.Number)
		if errors.Is(err, tx.ErrStale) {
			return nil, nil, err
		}
		if err != nil { // logged when the backfill was loaded
			continue
		}
		if e, moved := b.Case(cs, l.Rev, &Counts{}, now); moved {
			events = append(events, e)
			cs = dispatch.Fold(cs, e)
		}
	}
	return cs, events, nil
}
