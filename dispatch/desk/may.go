package desk

import (
	"context"
	"errors"
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

// May reports whether a person may do an act on a case as it stands, whatever the act carries: nil, ErrNoCase,
// *dispatch.NotAllowedError when the person has no right to it at any stage, or *dispatch.RefusedError when the case
// does not take it now. It is asked before a request is refused for what it lacks, so that nobody is asked for the
// fields of an act that is not possible.
func (d *Desk) May(ctx context.Context, person roster.PersonID, id dispatch.CaseID, act dispatch.Act) error {
	now := d.now()
	return d.read(ctx, func(snap storage.Snapshot) error {
		l, err := load(snap, id)
		if err != nil {
			return err
		}
		_, err = lifecycle.Authorize(d.City(), person, act, l.cs, now)
		switch {
		case err != nil && !lifecycle.MayRead(d.City(), person, l.cs, now):
			return fmt.Errorf("%s: %w", id, ErrNoCase)
		case err != nil:
			return err
		}
		return lifecycle.Narrow(lifecycle.Refusal(d.City(), person, act, l.cs, now), d.City(), person, l.cs, now)
	})
}

func isRefused(err error) bool {
	var refused *dispatch.RefusedError
	return errors.As(err, &refused)
}
