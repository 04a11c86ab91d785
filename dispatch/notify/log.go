package notify

import (
	"context"
	"log/slog"
)

// Log writes each message to the service's log: for a city that has no other channel yet, and to see
// what the others say.
type Log struct{ Log *slog.Logger }

// Name implements Channel.
func (Log) Name() string { return "log" }

// Digests implements Channel.
func (Log) Digests() bool { return true }

// Send implements Channel.
func (l Log) Send(ctx context.Context, m Message) error {
	l.Log.InfoContext(ctx, "notice", "id", m.ID, "to", string(m.To.ID), "count", m.Count, "subject", m.Text.Subject)
	return nil
}
