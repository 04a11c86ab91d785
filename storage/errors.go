package storage

import (
	"errors"
	"fmt"
)

// What an engine may say. Test with errors.Is.
var (
	// ErrNotFound: the key is not there at the snapshot's revision.
	ErrNotFound = errors.New("key not found")
	// ErrConflict: a guard does not hold; read again and decide again.
	ErrConflict = errors.New("guard does not hold")
	// ErrClosed: the engine or the snapshot is closed.
	ErrClosed = errors.New("storage is closed")
	// ErrRebuilding: what a read or a guard needs stands in a derived file that is damaged and is being made anew.
	// Nothing of a batch that is refused with it is written. A later snapshot reads it, a later commit succeeds.
	ErrRebuilding = errors.New("a derived file is being made anew")
	// ErrTooLarge: a key, a value or a batch exceeds its limit.
	ErrTooLarge = errors.New("too large")
	// ErrCorrupt: what was read is not what was written.
	ErrCorrupt = errors.New("storage is corrupt")
	// ErrBusy: the commit queue is full; try again after a while.
	ErrBusy = errors.New("commit queue is full")
	// ErrFull: the disk has no room; nothing of the batch is written. Try again when it has.
	ErrFull = errors.New("no room on the disk")
	// ErrReadOnly: the engine was opened for reading only; nothing is written.
	ErrReadOnly = errors.New("storage is open for reading only")
	// ErrFailed: the engine does not write at present, because an earlier write or sync failed, or because its
	// file is gone; nothing of the batch is written. The engine tries by itself to write again.
	ErrFailed = errors.New("the store does not write at present")
	// ErrUncertain: a write or a sync of the batch failed, and the engine could not find out what the disk
	// holds. The batch is written in full or not at all; Snapshot and Watch show which as soon as the engine
	// knows. A batch whose guards make a second commit of it fail may be sent again.
	ErrUncertain = errors.New("it is not known whether the batch was written")
	// ErrCompacted: the feed no longer reaches back to the revision asked for.
	ErrCompacted = errors.New("feed no longer reaches back")
)

// ConflictError says which guard failed. It Is ErrConflict.
type ConflictError struct {
	Key        []byte
	Want, Have Revision
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("key %q: want revision %d, have %d", e.Key, e.Want, e.Have)
}

// Is reports whether target is ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }
