package tx

import (
	"log/slog"
	"sync/atomic"
	"time"

	"wangge/dispatch"
	"wangge/storage"
)

// Store is the engine as the rooms of the desk share it: one clock, one log, one note of whether it takes writes.
// It is safe for concurrent use.
type Store struct {
	Store    storage.Engine
	Clock    Clock
	Log      *slog.Logger
	Known    Sketches
	Channels []string                                 // by which notices are queued; none = nobody is told
	Hooks    []func(b storage.Batch, timer time.Time) // called after each attempt to commit, before Commit returns
	Acked    atomic.Uint64                            // the last revision that somebody was told of
	trouble  Trouble
}

// New returns a store over an engine. Hooks are added before the first commit.
func New(engine storage.Engine, clock Clock, log *slog.Logger, channels []string) *Store {
	return &Store{Store: engine, Clock: clock, Log: log, Channels: channels, Known: Sketches{Cases: map[dispatch.CaseID]Sketch{}}}
}
