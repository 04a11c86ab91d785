// Package view is the read model of open cases: lists, summaries and watches, kept in memory and derived from the store alone.
package view

import (
	"context"

	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view/attributes"
	"wangge/storage"
)

// Attributes holds the filterable fields of a case.
type Attributes = attributes.Attributes

// View answers queries over all cases: lists, summaries and watches. View is safe for concurrent use.
type View struct {
	tx        *tx.Store
	revisions *revision.Revisions

	board *board
	stop  context.CancelFunc
	done  chan struct{} // closed when the goroutine of Follow has ended
}

// Open reads the open cases. The view stays at that revision of the store until Follow.
func Open(ctx context.Context, store *tx.Store, revisions *revision.Revisions) (*View, error) {
	b, err := openBoard(ctx, revisions.City(), store)
	if err != nil {
		return nil, err
	}
	b.activate = revisions.Activate
	if err := b.rebuild(ctx); err != nil { // another city may have come to decide meanwhile
		return nil, err
	}
	return &View{tx: store, revisions: revisions, board: b}, nil
}

// Follow starts the goroutine that applies the store's feed to the view; Close ends it. committed is called with each
// commit, also of other processes, before lists show the commit. lost is called when the goroutine ends. Call Follow
// once, before the view is used by several goroutines.
func (d *View) Follow(ctx context.Context, committed func(storage.Batch), lost func()) {
	d.board.committed, d.done = committed, make(chan struct{})
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	go func() {
		defer close(d.done)
		d.board.follow(following)
		lost()
	}()
}

// Close ends the goroutine of Follow and waits for its end. The store stays open.
func (d *View) Close() {
	if d.stop != nil {
		d.stop()
		<-d.done
	}
}
