package bolt

import (
	"errors"
	"fmt"

	"wangge/storage"
)

// withAdvice adds to damage of the feed what to do about it.
func withAdvice(err error) error {
	if errors.Is(err, storage.ErrCorrupt) {
		return fmt.Errorf("%w; nothing was changed: put back a backup of this file, or look at the disk", err)
	}
	return err
}
