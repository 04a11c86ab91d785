package desk

import (
	"context"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view"
	"wangge/storage"
)

// maxEvents bounds a page of Events.
const maxEvents = 1000

// Case returns a case that the person may read, or ErrNoCase.
func (d *Desk) Case(ctx context.Context, person roster.PersonID, id dispatch.CaseID) (*dispatch.Case, error) {
	cs, _, err := d.CaseWithMain(ctx, person, id)
	return cs, err
}

// CaseWithMain is Case, with the case into which the case was merged, directly or through others; nil = it is not merged. The
// person may not be permitted to read that one.
func (d *Desk) CaseWithMain(ctx context.Context, person roster.PersonID, id dispatch.CaseID) (cs, main *dispatch.Case, err error) {
	a := d.revisions.Active()
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		l, into, err := view.WithMain(snap, a.City, person, id, a.Now())
		cs, main = l.Cs, into
		return err
	})
	return cs, main, err
}

// Events returns up to limit events of a case, in order, beginning after the number after. A limit of 0 or above 1000
// means 1000. Errors: ErrNoCase, as for Case.
func (d *Desk) Events(ctx context.Context, person roster.PersonID, id dispatch.CaseID, after uint64, limit int) ([]dispatch.Event, error) {
	if limit <= 0 || limit > maxEvents {
		limit = maxEvents
	}
	a := d.revisions.Active()
	var events []dispatch.Event
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		l, err := view.Readable(snap, a.City, person, id, a.Now())
		if err != nil || after >= l.Cs.Seq {
			return err
		}
		events = make([]dispatch.Event, 0, min(uint64(limit), l.Cs.Seq-after))
		for group, err := range ledger.EventsFrom(snap, l, after+1) {
			if err != nil {
				return err
			}
			for i := range group {
				if group[i].Seq > after && len(events) < limit {
					events = append(events, group[i])
				}
			}
			if len(events) == limit {
				break
			}
		}
		return nil
	})
	return events, err
}
