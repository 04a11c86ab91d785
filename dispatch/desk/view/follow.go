package view

import (
	"context"

	"wangge/dispatch"
	"wangge/storage"
)

// CaughtUp waits until lists include every commit that this process has acknowledged.
func (d *View) CaughtUp(ctx context.Context) error {
	return d.board.waitFor(ctx, d.tx.Acked())
}

// WaitFor waits until lists include a revision of the store, under the city that was active there.
func (d *View) WaitFor(ctx context.Context, rev storage.Revision) error {
	return d.board.waitFor(ctx, rev)
}

// Stats counts the open cases.
func (d *View) Stats() Stats { return d.board.stats() }

// Damaged logs that a case cannot be read. Other cases are not affected.
func (d *View) Damaged(id dispatch.CaseID, err error) { d.board.damaged(id, err) }
