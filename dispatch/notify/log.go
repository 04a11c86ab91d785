package notify

import (
	"context"
	"log/slog"
)

// Log is the channel that writes each message to the log of the service: for a city without another channel, and to
// compare with the other channels.
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
