package desk

import (
	"context"
	"errors"
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/rights"
	"wangge/storage"
)

// Linked lists the cases that refer to a case which the person may read, in order of time, beginning after the last
// one of the previous page. Errors: ErrNoCase.
func (d *Desk) Linked(
	ctx context.Context, person roster.PersonID, id dispatch.CaseID, kind ledger.LinkKind, after dispatch.CaseID, most int,
) ([]*dispatch.Case, error) {
	a := d.revisions.Active()
	var out []*dispatch.Case
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		if _, err := view.Readable(snap, a.City, person, id, a.Now()); err != nil {
			return err
		}
		ids, err := ledger.Referring(snap, id, kind, after, most)
		if err != nil {
			return err
		}
		for _, part := range ids {
			l, err := ledger.Load(snap, part)
			if err != nil {
				return fmt.Errorf("case that refers to %s: %w", id, err)
			}
			out = append(out, l.Cs)
		}
		return nil
	})
	return out, err
}

// loadOriginal reads the case that a report claims to repeat, and guards the case as read. loadOriginal returns nil if there is
// none, if the reporter may not read the case, or if the case cannot be read: a report is never lost for what it
// claims about another case.
func loadOriginal(t *tx.Txn, c *city.City, person roster.PersonID, r *dispatch.Report) (*dispatch.Case, error) {
	l, err := ledger.Load(t.Snap, r.Joins)
	switch {
	case errors.Is(err, ledger.ErrNoCase), ledger.IsDamage(err):
		return nil, nil
	case err != nil || !rights.MayRead(c, person, l.Cs, r.ReceivedAt):
		return nil, err
	}
	t.Guard(ledger.CaseKey(r.Joins), l.Rev)
	return l.Cs, nil
}
