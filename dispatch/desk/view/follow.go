package view

import (
	"context"

	"wangge/storage"
)

// CaughtUp waits until the board shows everything that this desk has told anybody of.
func (d *View) CaughtUp(ctx context.Context) error {
	return d.Board.Reach(ctx, storage.Revision(d.tx.Acked.Load()))
}

// Reach waits until lists show a revision of the store, and the city is the one that decides there.
func (d *View) Reach(ctx context.Context, rev storage.Revision) error { return d.Board.Reach(ctx, rev) }
