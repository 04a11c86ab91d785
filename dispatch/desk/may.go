package desk

import (
	"context"
	"errors"
	"fmt"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/city"
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
		if _, err = authorize(d.City(), person, act, l.cs, now); isRefused(err) {
			return nil
		}
		return err
	})
}

// authorize is dispatch.Authorize for a caller who is never told of a case that the caller may not read.
func authorize(c *city.City, person roster.PersonID, act dispatch.Act, cs *dispatch.Case, at time.Time) (roster.PostID, error) {
	post, err := dispatch.Authorize(c, person, act, cs, at)
	if err != nil && !dispatch.MayRead(c, person, cs, at) {
		return "", fmt.Errorf("%s: %w", cs.ID, ErrNoCase)
	}
	return post, err
}

func isRefused(err error) bool {
	var refused *dispatch.RefusedError
	return errors.As(err, &refused)
}
