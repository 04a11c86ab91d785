package revision

import (
	"context"
	"errors"
	"sync"
)

// flight runs one call for a key at a time; a caller that asks for the same key meanwhile gets the result of that call. Its
// mutex guards the map alone and is never held while a call runs.
type flight[K comparable, V any] struct {
	mu    sync.Mutex
	calls map[K]*call[V]
}

// call is under way until done is closed; then val and err are set.
type call[V any] struct {
	done chan struct{}
	val  V
	err  error
}

// errAbandoned is the result of a call that never returned.
var errAbandoned = errors.New("the call did not return")

// do returns the result of work for a key, in which the caller's own ctx is used. A caller whose ctx ends stops
// waiting; when it is the one that works whose ctx ends, another one that waits works anew.
func (f *flight[K, V]) do(ctx context.Context, key K, work func() (V, error)) (V, error) {
	for {
		f.mu.Lock()
		c := f.calls[key]
		if c == nil {
			c = &call[V]{done: make(chan struct{}), err: errAbandoned}
			if f.calls == nil {
				f.calls = map[K]*call[V]{}
			}
			f.calls[key] = c
			f.mu.Unlock()
			return f.run(key, c, work)
		}
		f.mu.Unlock()
		select {
		case <-c.done:
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
		if !errors.Is(c.err, context.Canceled) && !errors.Is(c.err, context.DeadlineExceeded) {
			return c.val, c.err
		}
		if ctx.Err() != nil {
			return c.val, ctx.Err()
		}
	}
}

func (f *flight[K, V]) run(key K, c *call[V], work func() (V, error)) (V, error) {
	defer func() {
		f.mu.Lock()
		delete(f.calls, key)
		f.mu.Unlock()
		close(c.done)
	}()
	c.val, c.err = work()
	return c.val, c.err
}
