// Package storage is the contract for keeping ordered byte keys: guarded
// batches, snapshots at one revision, and a feed of what was committed. It
// knows no domain words and promises nothing about the meaning of a key.
package storage

import (
	"bytes"
	"context"
	"iter"
)

// Revision numbers committed batches from 1, without gaps. 0 is never/absent.
type Revision uint64

// Guard says that Key was last put at Revision; 0 says Key is absent.
type Guard struct {
	Key      []byte
	Revision Revision
}

// Op puts Value at Key, or deletes Key. Deleting an absent key is no fault.
type Op struct {
	Key, Value []byte
	Delete     bool
}

// Batch is applied in full, when every guard holds, or not at all.
type Batch struct {
	Guards []Guard
	Ops    []Op
}

// Item is a key as a snapshot sees it. Its bytes belong to the caller.
type Item struct {
	Key, Value []byte
	Revision   Revision // that last put Key
}

// Range is the keys in [Start, End); a nil End is no bound.
type Range struct {
	Start, End []byte
	Reverse    bool
}

// Prefix returns the range of all keys that begin with p.
func Prefix(p []byte) Range {
	r := Range{Start: bytes.Clone(p)}
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] != 0xff {
			r.End = bytes.Clone(p[:i+1])
			r.End[i]++
			break
		}
	}
	return r
}

// Contains reports whether key lies in r.
func (r Range) Contains(key []byte) bool {
	return bytes.Compare(key, r.Start) >= 0 && (r.End == nil || bytes.Compare(key, r.End) < 0)
}

// Snapshot reads the state at one revision. It is safe for concurrent use.
// Hold it briefly and close it; after Close reads return ErrClosed. Bytes
// handed out are copies and belong to the caller.
type Snapshot interface {
	Revision() Revision
	// Get returns ErrNotFound when key is absent.
	Get(key []byte) (Item, error)
	// Scan yields items in key order, or backwards. An error ends it.
	Scan(r Range) iter.Seq2[Item, error]
	Close() error
}

// Committed is one entry of the feed. Its batch carries no guards, and its
// bytes are shared: they must not be changed.
type Committed struct {
	Revision Revision
	Batch    Batch
}

// Engine keeps keys. It is safe for concurrent use.
type Engine interface {
	// Commit applies b in full or not at all; on nil b is durable. It returns
	//
	//   - *ConflictError (Is ErrConflict) if a guard fails, ErrTooLarge, ErrReadOnly, ErrClosed, ErrBusy if the queue is full,
	//     ErrFull if the disk is full, ErrFailed while the engine does not write, ErrRebuilding while the key of a guard cannot
	//     be read: nothing of b is written, now or later;
	//   - ErrUncertain if a write or a sync of b failed and the engine could not find out what the disk holds, or ctx.Err() if
	//     ctx ends while b is queued: b may or may not be applied, at once or later.
	//
	// A revision is never given to two batches of which one was acknowledged or shown to a reader. The caller must not change
	// b's bytes until Commit returns.
	Commit(ctx context.Context, b Batch) (Revision, error)
	Snapshot(ctx context.Context) (Snapshot, error)
	// Watch yields each batch committed after a revision once, in order. It ends without an error when ctx ends, with ErrClosed
	// on Close, and with ErrCompacted if the feed no longer reaches back. A batch whose Commit returned ErrUncertain is yielded
	// only when it is known to be durable.
	Watch(ctx context.Context, after Revision) iter.Seq2[Committed, error]
	Close() error
}

// Healthy is an engine that can tell why it would refuse a commit.
type Healthy interface {
	// Health returns nil when the engine reads and writes as far as it knows, else what Commit would return at
	// present (ErrFailed, ErrFull, ErrClosed), or a *DamageError of a derived file while some keys can't be read
	// (ErrRebuilding while that file is made anew). It writes nothing.
	Health(ctx context.Context) error
}
