package desk

import (
	"context"
	"sync"
)

// inFlight holds the client ids of the reports that this desk is filing now. A second request with one of these ids
// waits for the result of the first, and takes no number.
type inFlight struct {
	mu   sync.Mutex
	held map[string]bool
	free chan struct{} // closed and replaced when ids are released; nil while nobody waits
}

// hold waits until none of the ids is in use, and reserves them all until release is called. The error is that of
// ctx.
func (s *inFlight) hold(ctx context.Context, ids ...string) (release func(), err error) {
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
