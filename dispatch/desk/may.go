package desk

import (
	"context"
	"errors"
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/rights"
	"wangge/storage"
)

// May reports whether a person may do an act on a case in its present state, apart from the arguments of the act. May
// returns nil, ErrNoCase, *dispatch.NotAllowedError if the person never has the right, or *dispatch.RefusedError if
// the case does not take the act now. Callers ask May before they check arguments, so that nobody is asked for the
// fields of an impossible act.
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
		case err != nil && !rights.MayRead(c, person, l.Cs, now):
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
