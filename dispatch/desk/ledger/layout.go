package ledger

import (
	"context"
	"errors"
	"fmt"

	"wangge/storage"
)

// Layout is the version of the table of keys in keys.go. Version 1 kept a timer only for cases
// that had one armed, open cases under o/, and every case under each of its units. Version 2 kept a
// new case beside its events; such cases are still read, and stay as they are until the next act. Version
// 3 kept what a point owns under the point alone, and not also under the unit above it. Version 4 kept no timer for a closed
// case with an open appeal. Version 5 kept no platforms, chains of dispatches, campaigns or parties of milestones: a program
// that knows no later version would lose them when it writes a case again.
const Layout = 6

// LayoutOf returns the layout of a store, or an error if this program does not know the layout.
func LayoutOf(ctx context.Context, store storage.Engine) (byte, error) {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return 0, err
	}
	defer snap.Close()
	it, err := snap.Get(LayoutKey)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return 1, nil
	case err != nil:
		return 0, err
	case len(it.Value) != 1 || it.Value[0] < 2 || it.Value[0] > Layout:
		return 0, fmt.Errorf("the store has layout %v, this program knows %d", it.Value, Layout)
	}
	return it.Value[0], nil
}
