package mem

import (
	"context"
	"strings"
	"testing"

	"wangge/storage"
	"wangge/storage/storagetest"
)

// kept survives Close: the reference engine has no disk, so a restart hands the same data on.
type kept struct {
	storage.Engine
	closed bool
}

func (k *kept) Close() error { k.closed = true; return nil }

func (k *kept) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if k.closed {
		return 0, storage.ErrClosed
	}
	return k.Engine.Commit(ctx, b)
}

func (k *kept) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	if k.closed {
		return nil, storage.ErrClosed
	}
	return k.Engine.Snapshot(ctx)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(*testing.T) storagetest.Opener {
		e := Open()
		return func() (storage.Engine, error) { return &kept{Engine: e}, nil }
	})
}

// careless drops every guard.
type careless struct{ storage.Engine }

func (c careless) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	b.Guards = nil
	return c.Engine.Commit(ctx, b)
}

// The suite must catch engines that are broken on purpose.
func TestSuite_BrokenEngines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fresh func() storagetest.Opener
		fails string
	}{
		{"drops guards", func() storagetest.Opener {
			return func() (storage.Engine, error) { return careless{Open()}, nil }
		}, "a guard on an absent key"},
		{"forgets on restart", func() storagetest.Opener {
			return func() (storage.Engine, error) { return Open(), nil }
		}, "what was acknowledged survives a restart"},
	} {
		caught := []string{}
		for _, c := range storagetest.Checks() {
			if c.Name != "the feed has each batch once, in order, from the middle" && c.Run(t.Context(), tt.fresh()) != nil {
				caught = append(caught, c.Name)
			}
		}
		if !strings.Contains(strings.Join(caught, "\n"), tt.fails) {
			t.Errorf("engine that %s: the suite failed only %q, want %q among them", tt.name, caught, tt.fails)
		}
	}
}
