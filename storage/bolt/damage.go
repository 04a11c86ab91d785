package bolt

import (
	"errors"
	"fmt"

	"wangge/storage"
)

// withAdvice adds what to do to the error of a damaged log.
func withAdvice(err error) error {
	if errors.Is(err, storage.ErrCorrupt) {
		return fmt.Errorf("%w; nothing was changed: put back a backup of this file, or look at the disk", err)
	}
	return err
}
