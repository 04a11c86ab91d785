package faultinject

import (
	"context"
	"fmt"
	"sync/atomic"

	"wangge/storage"
)

// Disk is an engine over a disk that may be full. While Full holds true, Commit writes nothing and answers
// storage.ErrFull; reads go on. Safe for concurrent use.
type Disk struct {
	storage.Engine
	Full atomic.Bool
}

// Commit implements storage.Engine.
func (d *Disk) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if d.Full.Load() {
		return 0, fmt.Errorf("commit: %w", storage.ErrFull)
	}
	return d.Engine.Commit(ctx, b)
}
