package revision

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

// passage is from one revision of the city to the next, for the open cases that it finds.
type passage struct {
	by      *Revision
	was, is *city.City
	policy  Policy
	later   []turned // applies that have taken effect since

	overtaken bool // another city than that of the apply decides now
}

// turned is a revision that has taken effect, by the commit of which revision of the store.
type turned struct {
	base string
	at   storage.Revision
}

// PassageOf reads the passage of an apply to the city that decides now. A revision that a later one has
// overtaken moves nothing, it only leaves cases on its ladder: the later one's own passage moves them,
// from there.
func (d *Revisions) PassageOf(ctx context.Context, a *Revision, now *city.City) (*passage, error) {
	p := &passage{by: a, is: now, policy: a.Policy}
	err := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		p.later, err = appliesAfter(snap, a.Number)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.was, err = d.BaseCity(ctx, a.Against); err != nil {
		return nil, err
	}
	if now.Base() != a.Base {
		p.overtaken = true
		if p.is, err = d.BaseCity(ctx, a.Base); err != nil {
			return nil, err
		}
		p.is = p.is.WithPrecedents(now.Precedents, 0)
	}
	p.was = p.was.WithPrecedents(now.Precedents, 0)
	return p, nil
}

// appliesAfter lists the applies after one that have taken effect: they do so in the order of their numbers.
// The sweep of each is yet to come, while that of the one is under way: the key that says so was written by
// the commit of its turn.
func appliesAfter(snap storage.Snapshot, number uint64) ([]turned, error) {
	head, _, _, err := HeadOf(snap)
	if err != nil {
		return nil, err
	}
	var out []turned
	for n := number + 1; n <= head.Current; n++ {
		a, _, err := ApplyOf(snap, n)
		if err != nil {
			return nil, err
		}
		if a.EffectiveAt.IsZero() {
			continue
		}
		it, err := snap.Get(ledger.SweepKey(n))
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		out = append(out, turned{a.Base, it.Revision})
	}
	return out, nil
}

// sweepsOf lists the applies whose sweeps are under way, the first first.
func sweepsOf(snap storage.Snapshot) ([]*Revision, error) {
	var out []*Revision
	for it, err := range snap.Scan(storage.Prefix(ledger.SweepPrefix)) {
		if err != nil {
			return nil, err
		}
		a, _, err := ApplyOf(snap, ledger.WaitNumber(it.Key))
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// Passages are those of the sweeps under way, by the numbers of their applies, to the city in force.
type Passages struct {
	mu   sync.Mutex
	to   *InForce
	read map[uint64]*passage // nil: it can't be read
}

// get finds a passage; false when it was not read.
func (m *Passages) get(to *InForce, number uint64) (*passage, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.read[number]
	return p, ok && m.to == to
}

// Ready lets the city decide that does so in the store now, and reads the passages of the sweeps under way,
// outside any snapshot of the caller's. It does not wait for the lists of a large city to be set up anew. A
// passage that can't be read is logged: cases are then decided as they stand, rather than not at all.
func (d *Revisions) Ready(ctx context.Context) error {
	var head storage.Revision
	var sweeps []*Revision
	err := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if _, head, _, err = HeadOf(snap); err == nil || unreadable(err) {
			sweeps, err = sweepsOf(snap)
		}
		return err
	})
	if err != nil {
		return err
	}
	if d.InForce().head != head {
		if err := d.turnTo(ctx, head); err != nil {
			return err
		}
	}
	d.passages.mu.Lock()
	defer d.passages.mu.Unlock()
	force := d.InForce()
	if d.passages.to != force {
		d.passages.to, d.passages.read = force, map[uint64]*passage{}
	}
	for _, a := range sweeps {
		if d.passages.read[a.Number] != nil {
			continue
		}
		p, err := d.PassageOf(ctx, a, force.City)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			d.tx.Log.Error("cases are decided on before they were looked at: a revision can't be read", "revision", a.Base, "against", a.Against, "error", err)
		}
		d.passages.read[a.Number] = p
	}
	return nil
}

// Look finds what the passage does to one open case, and counts it; false when that is nothing. A case
// on which was decided since, or that somebody's act has looked at, stands on the new ladder already. rev is
// the revision of the store that wrote it: what is decided by a city, looks apart, comes after its turn and
// before the next.
func (p *passage) Look(cs *dispatch.Case, rev storage.Revision, n *Counts, now time.Time) (e dispatch.Event, moved bool) {
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
	m, moves := lifecycle.Compare(was, p.is, cs, now)
	carries := p.policy == Reroute && moves && m.Stuck.En == ""
	if len(m.Lost) > 0 { // whatever the policy, nothing is left to nobody
		if p.policy != Reroute {
			m, _ = lifecycle.Keep(was, p.is, cs, now)
		}
		carries = m.Mends(cs) || m.Deadline() || m.Chain
	}
	carries = carries && !p.overtaken
	switch {
	case carries:
		n.Moved++
		return lifecycle.Revise(was, p.is, cs, m, p.by.Person, p.by.Post, p.by.Note, now), true
	case moves && m.Stuck.En != "":
		n.Stuck++
	case moves:
		n.Kept++
	}
	return lifecycle.Reladder(was, p.is, cs, p.by.Person, p.by.Post, p.by.Note, now)
}

// Counts is what became of the cases that were looked at.
type Counts struct{ Moved, Kept, Stuck int }

// decidedBy reports whether the last that was decided of a case was decided under a city, whatever its
// precedents: then it stands on that city's ladder.
func decidedBy(cs *dispatch.Case, c *city.City) bool { return basedOn(cs, c.Base()) }

func basedOn(cs *dispatch.Case, base string) bool {
	was, _, _ := strings.Cut(cs.CityRevision, "+")
	return was == base
}

// Current is an open case as it is once every revision that has taken effect has looked at it, and the
// events of the looks that the sweeps have not come to: a decision on the case commits them with
// its own events, so that nothing is decided on a ladder that is gone. Error: errBehind, when the passages to the
// city of the caller are not read.
func (d *Revisions) Current(snap storage.Snapshot, force *InForce, l ledger.Loaded, now time.Time) (*dispatch.Case, []dispatch.Event, error) {
	cs := l.Cs
	if decidedBy(cs, force.City) || !cs.Open() {
		return cs, nil, nil
	}
	sweeps, err := sweepsOf(snap)
	if err != nil {
		return nil, nil, err
	}
	var events []dispatch.Event
	for _, a := range sweeps {
		if a.Sweep.Done || uint64(cs.ID) <= a.Sweep.After {
			continue
		}
		p, read := d.passages.get(force, a.Number)
		if !read {
			return nil, nil, tx.ErrBehind
		}
		if p == nil {
			continue
		}
		if e, moved := p.Look(cs, l.Rev, &Counts{}, now); moved {
			events = append(events, e)
			cs = dispatch.Fold(cs, e)
		}
	}
	return cs, events, nil
}
