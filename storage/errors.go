package storage

import (
	"errors"
	"fmt"
)

var (
	ErrNotFound  = errors.New("key not found")
	ErrConflict  = errors.New("guard does not hold")
	ErrClosed    = errors.New("storage is closed")
	ErrTooLarge  = errors.New("too large")
	ErrCorrupt   = errors.New("storage is corrupt")
	ErrBusy      = errors.New("commit queue is full")
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
