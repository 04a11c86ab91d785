package dbfile

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"wangge/storage"
)

// Full reports whether an error says that there is no room. bbolt keeps only the text of some.
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

// NoRoom adds ErrFull to an error that says so in the system's words.
func NoRoom(err error) error {
	if Full(err) && !errors.Is(err, storage.ErrFull) {
		return fmt.Errorf("%w: %w", storage.ErrFull, err)
	}
	return err
}
