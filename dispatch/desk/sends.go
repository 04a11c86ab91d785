package desk

import (
	"context"
	"sync"
)

// sends are the ids under which something is being filed over this desk: whoever sends one of them again waits
// until it is known what became of the first, and takes no number.
type sends struct {
	mu   sync.Mutex
	held map[string]bool
	free chan struct{} // closed and replaced when ids are let go while somebody waits; nil: nobody waits
}

// hold waits until none of the ids is held, and holds them all until release. The error is ctx's.
func (s *sends) hold(ctx context.Context, ids ...string) (release func(), err error) {
	for {
		s.mu.Lock()
		busy := false
		for _, id := range ids {
			busy = busy || s.held[id]
		}
		if !busy {
			break
		}
		if s.free == nil {
			s.free = make(chan struct{})
		}
		free := s.free
		s.mu.Unlock()
		select {
		case <-free:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string]bool{}
	}
	for _, id := range ids {
		s.held[id] = true
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, id := range ids {
			delete(s.held, id)
		}
		if s.free != nil {
			close(s.free)
			s.free = nil
		}
	}, nil
}
