package dbfile

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"wangge/storage"
)

// Full reports whether an error means that the disk or the quota is full. bbolt keeps only the text of some errors.
func Full(err error) bool {
	if err == nil {
		return false
	}
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, no) || strings.HasSuffix(err.Error(), no.Error()) {
			return true
		}
	}
	return false
}

// NoRoom adds storage.ErrFull to an error that means the same in the system's words.
func NoRoom(err error) error {
	if Full(err) && !errors.Is(err, storage.ErrFull) {
		return fmt.Errorf("%w: %w", storage.ErrFull, err)
	}
	return err
}
