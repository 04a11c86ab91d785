package storage

import (
	"errors"
	"fmt"
)

// Errors of an engine. Test with errors.Is.
var (
	// ErrNotFound: the key is absent at the snapshot's revision.
	ErrNotFound = errors.New("key not found")
	// ErrConflict: a guard does not hold; read again and decide again.
	ErrConflict = errors.New("guard does not hold")
	// ErrClosed: the engine or the snapshot is closed.
	ErrClosed = errors.New("storage is closed")
	// ErrRebuilding: a read or a guard needs a derived file that is damaged and is being rebuilt. Nothing of a batch that is
	// refused with it is written. A later snapshot or commit succeeds.
	ErrRebuilding = errors.New("a derived file is being made anew")
	// ErrTooLarge: a key, a value or a batch exceeds its limit.
	ErrTooLarge = errors.New("too large")
	// ErrCorrupt: the bytes read are not the bytes written.
	ErrCorrupt = errors.New("storage is corrupt")
	// ErrBusy: the commit queue is full; try again after a while.
	ErrBusy = errors.New("commit queue is full")
	// ErrFull: the disk is full; nothing of the batch is written. Try again when it has space.
	ErrFull = errors.New("no room on the disk")
	// ErrReadOnly: the engine was opened for reading only; nothing is written.
	ErrReadOnly = errors.New("storage is open for reading only")
	// ErrFailed: the engine does not write now, because an earlier write or sync failed or because its file is gone; nothing of
	// the batch is written. The engine tries by itself to resume.
	ErrFailed = errors.New("the store does not write at present")
	// ErrUncertain: a write or a sync of the batch failed, and the engine could not find out what the disk holds. The batch is
	// written in full or not at all; Snapshot and Watch show which as soon as the engine knows. A batch may be sent again if
	// its guards make a second commit of it fail.
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
