package desk

import (
	"context"
	"errors"
	"fmt"
	"wangge/dispatch"
	"wangge/dispatch/roster"
	"wangge/storage"
)

// May reports whether a person has a right to an act on a case, now or at another stage: nil, ErrNoCase or
// *dispatch.NotAllowedError. It is for whoever has to refuse a request for another reason, so that a
// person without the right is told so first.
func (d *Desk) May(ctx context.Context, person roster.PersonID, id dispatch.CaseID, act dispatch.Act) error {
	now := d.now()
	return d.read(ctx, func(snap storage.Snapshot) error {
		l, err := load(snap, id)
		if err != nil {
			return err
		}
		_, err = dispatch.Authorize(d.City(), person, act, l.cs, now)
		switch {
		case err != nil && !dispatch.MayRead(d.City(), person, l.cs, now):
			return fmt.Errorf("%s: %w", id, ErrNoCase)
		case isRefused(err):
			return nil
		}
		return err
	})
}

func isRefused(err error) bool {
	var refused *dispatch.RefusedError
	return errors.As(err, &refused)
}
