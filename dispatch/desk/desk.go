// Package desk keeps the cases of one city: the façade that composes the rooms below, files reports, carries out
// acts, and reads. One act is one transaction: one snapshot and one commit under guards, repeated a bounded number of
// times when another writer wins the race. README.md describes the rooms, and package revision how a city changes.
package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"wangge/dispatch/city"
	"wangge/dispatch/desk/access"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/campaigns"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/migrate"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/timer"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view"
	"wangge/storage"
)

// Config configures a desk. Store is required. City is required if the store has kept no revision.
type Config struct {
	Store storage.Engine
	City  *city.City // decides until the store keeps a revision; may be nil if the store already does
	// Directory is the source of City. A store without revisions keeps Directory as its first. If nil, the store
	// stays without revisions, and no revision can be applied.
	Directory city.Directory
	Channels  []string     // channels of the notices to queue: see city.Channels; none = no notices
	Clock     tx.Clock     // nil = SystemClock
	Log       *slog.Logger // nil = slog.Default
}

// Desk keeps the cases of one city. A Desk is safe for concurrent use. Several desks, also of several processes, may
// share one store.
type Desk struct {
	tx        *tx.Store
	revisions *revision.Revisions
	view      *view.View
	rollouts  *rollout.Rollouts
	campaigns *campaigns.Campaigns
	timers    *timer.Scheduler
	outbox    *outbox.Outbox
	audit     *auditlog.Log
	fsck      *fsck.Checks
	access    *access.Log

	numbers allocator
	sends   inFlight
}

// Open returns a desk over a store, and reads all open cases of the store. The caller owns the store and closes it
// after the desk.
func Open(ctx context.Context, cfg Config) (*Desk, error) {
	if cfg.Store == nil {
		return nil, errors.New("desk: a store is required")
	}
	if cfg.Clock == nil {
		cfg.Clock = tx.SystemClock{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	store := tx.New(cfg.Store, cfg.Clock, cfg.Log, cfg.Channels)
	if cfg.City != nil {
		if err := migrate.Claim(ctx, store, cfg.City.Code); err != nil {
			return nil, err
		}
	}
	d, err := open(ctx, store, cfg)
	if err != nil {
		return nil, fmt.Errorf("open desk: %w", err)
	}
	return d, nil
}

func open(ctx context.Context, store *tx.Store, cfg Config) (*Desk, error) {
	layout, err := ledger.LayoutOf(ctx, cfg.Store)
	if err != nil {
		return nil, err
	}
	d := &Desk{tx: store, revisions: revision.New(store)}
	c, err := d.revisions.Start(ctx, cfg.City, cfg.Directory)
	if err != nil {
		return nil, err
	}
	if err := migrate.Upgrade(ctx, store, c, layout); err != nil {
		return nil, err
	}
	if d.view, err = view.Open(ctx, store, d.revisions); err != nil {
		return nil, err
	}
	d.rollouts = rollout.New(store, d.revisions, d.view)
	d.campaigns = campaigns.New(store, d.revisions, d.view)
	d.timers = timer.New(store, d.revisions, d.rollouts, d.campaigns)
	d.outbox = outbox.New(store, d.revisions)
	d.audit = auditlog.New(store, d.revisions)
	d.fsck = fsck.New(store, d.revisions)
	d.access = access.New(store)
	d.view.Follow(ctx, d.timers.Committed, d.timers.Lost)
	return d, nil
}

// Close stops the desk's background work. The store stays open.
func (d *Desk) Close() { d.view.Close() }
