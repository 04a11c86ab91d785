package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/storage"
)

// errBehind says that another process has let another city decide, which this desk has not read yet.
var errBehind = fmt.Errorf("another revision of the city decides: %w", storage.ErrConflict)

// passage is from one revision of the city to the next, for the open cases that it finds.
type passage struct {
	by       *Revision
	was, is  *city.City
	policy   Policy
	overtook *city.City // decides now, when that is not is
}

// passageOf reads the passage of an apply. A revision that a later one has overtaken moves nothing, it only
// leaves cases on its ladder: the later one's own passage moves them, from there.
func (d *Desk) passageOf(ctx context.Context, a *Revision) (*passage, error) {
	p := &passage{by: a, is: d.City(), policy: a.Policy}
	var err error
	if p.was, err = d.baseCity(ctx, a.Against); err != nil {
		return nil, err
	}
	if p.is.Base() != a.Base {
		p.overtook, p.policy = p.is, Keep
		if p.is, err = d.baseCity(ctx, a.Base); err != nil {
			return nil, err
		}
		p.is = p.is.WithPrecedents(p.overtook.Precedents, 0)
	}
	p.was = p.was.WithPrecedents(p.is.Precedents, 0)
	return p, nil
}

// look finds what the passage does to one open case, and counts it; false when that is nothing. A case
// on which was decided since, or that somebody's act has looked at, stands on the new ladder already.
func (p *passage) look(cs *dispatch.Case, n *counts, now time.Time) (e dispatch.Event, moved bool) {
	was := p.was
	switch {
	case p.overtook != nil && decidedBy(cs, p.overtook):
		return e, false
	case decidedBy(cs, p.is):
		was = p.is
	}
	m, moves := dispatch.Compare(was, p.is, cs, now)
	switch {
	case moves && m.Stuck.En == "" && p.policy == Reroute:
		n.moved++
		return dispatch.Revise(was, p.is, cs, m, p.by.Person, p.by.Post, p.by.Note, now), true
	case moves && m.Stuck.En != "":
		n.stuck++
	case moves:
		n.kept++
	}
	return dispatch.Reladder(was, p.is, cs, p.by.Person, p.by.Post, p.by.Note, now)
}

// counts is what became of the cases that were looked at.
type counts struct{ moved, kept, stuck int }

// decidedBy reports whether the last that was decided of a case was decided under a city, whatever its
// precedents: then it stands on that city's ladder.
func decidedBy(cs *dispatch.Case, c *city.City) bool {
	base, _, _ := strings.Cut(cs.CityRevision, "+")
	return base == c.Base()
}

// current is an open case as it is once every revision that has taken effect has looked at it, and the
// events of the looks that the sweeps have not come to: whoever decides on a case commits them with his
// own, so that nothing is decided on a ladder that is gone. Error: errBehind, when the city of the caller
// is not the store's.
func (d *Desk) current(ctx context.Context, snap storage.Snapshot, c *city.City, cs *dispatch.Case, now time.Time) (*dispatch.Case, []dispatch.Event, error) {
	if decidedBy(cs, c) || !cs.Open() {
		return cs, nil, nil
	}
	head, _, known, err := headOf(snap)
	if err != nil || !known {
		return cs, nil, err
	}
	if head.Base != c.Base() {
		return nil, nil, errBehind
	}
	if now.Before(cs.UpdatedAt) {
		now = cs.UpdatedAt
	}
	var events []dispatch.Event
	for it, err := range snap.Scan(storage.Prefix(sweepPrefix)) {
		if err != nil {
			return nil, nil, err
		}
		a, _, err := applyOf(snap, waitNumber(it.Key))
		if err != nil {
			return nil, nil, err
		}
		if a.Sweep.Done || uint64(cs.ID) <= a.Sweep.After {
			continue
		}
		p, err := d.passageOf(ctx, a)
		if err != nil {
			return nil, nil, err
		}
		if e, moved := p.look(cs, &counts{}, now); moved {
			events = append(events, e)
			cs = dispatch.Fold(cs, e)
		}
	}
	return cs, events, nil
}

// isBehind reports that the caller must wait for the latest before he tries again.
func isBehind(err error) bool { return errors.Is(err, errBehind) }

// latest waits until this desk has read all that stands in the store now.
func (d *Desk) latest(ctx context.Context) error {
	var rev storage.Revision
	err := d.read(ctx, func(snap storage.Snapshot) error {
		rev = snap.Revision()
		return nil
	})
	if err != nil {
		return err
	}
	return d.board.reach(ctx, rev)
}
