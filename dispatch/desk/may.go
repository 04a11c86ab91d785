package desk

import (
	"context"
	"errors"
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

// May reports whether a person may do an act on a case in its present state, whatever the act carries: nil, ErrNoCase,
// *dispatch.NotAllowedError when the person has no right to it at any stage, or *dispatch.RefusedError when the case
// does not take it now. It is asked before a request is refused for what it lacks, so that nobody is asked for the
// fields of an act that is not possible.
func (d *Desk) May(ctx context.Context, person roster.PersonID, id dispatch.CaseID, act dispatch.Act) error {
	a := d.revisions.Active()
	c, now := a.City, a.Now()
	return d.tx.Read(ctx, func(snap storage.Snapshot) error {
		l, err := ledger.Load(snap, id)
		if err != nil {
			return err
		}
		_, err = lifecycle.Authorize(c, person, act, l.Cs, now)
		switch {
		case err != nil && !lifecycle.MayRead(c, person, l.Cs, now):
			return fmt.Errorf("%s: %w", id, ledger.ErrNoCase)
		case err != nil:
			return err
		}
		return lifecycle.NarrowRefusal(lifecycle.Refusal(c, person, act, l.Cs, now), c, person, l.Cs, now)
	})
}

func isRefused(err error) bool {
	var refused *dispatch.RefusedError
	return errors.As(err, &refused)
}
