package view

import (
	"context"

	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

// View answers what is asked of all cases: lists, summaries and watches. It is safe for concurrent use.
type View struct {
	tx        *tx.Store
	revisions *revision.Revisions

	Board *Board
	stop  context.CancelFunc
	done  chan struct{} // closed when the board follows no more
}

// Open reads the open cases, and follows the store until Close. armed is told of each commit of the store, also of
// other processes; lost is called when the board follows no more.
func Open(ctx context.Context, store *tx.Store, revisions *revision.Revisions, armed func(storage.Batch), lost func()) (*View, error) {
	b, err := OpenBoard(ctx, revisions.City(), store.Store, store.Log)
	if err != nil {
		return nil, err
	}
	b.Turn, b.Armed = revisions.Turn, armed
	if err := b.Restage(ctx, store.Store); err != nil { // another city may have come to decide meanwhile
		return nil, err
	}
	v := &View{tx: store, revisions: revisions, Board: b, done: make(chan struct{})}
	var following context.Context
	following, v.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(v.done)
		b.Follow(following, store.Store, &store.Known)
		lost()
	}()
	return v, nil
}

// Close ends the following. The store stays open.
func (d *View) Close() {
	d.stop()
	<-d.done
}
