package view

import (
	"context"

	"wangge/dispatch"
	"wangge/storage"
)

// CaughtUp waits until the board shows everything that this process has acknowledged.
func (d *View) CaughtUp(ctx context.Context) error {
	return d.board.reach(ctx, d.tx.Acked())
}

// WaitFor waits until lists show a revision of the store, and the city is the one that decides there.
func (d *View) WaitFor(ctx context.Context, rev storage.Revision) error {
	return d.board.reach(ctx, rev)
}

// Stats counts the open cases.
func (d *View) Stats() Stats { return d.board.stats() }

// Damaged logs that a case can't be read: it stops nobody else.
func (d *View) Damaged(id dispatch.CaseID, err error) { d.board.damaged(id, err) }
