package desk

import (
	"context"
	"sync"
)

// inFlight holds the client ids of the reports that this desk is filing now. A second request with one of these ids
// waits for the result of the first, and takes no number.
type inFlight struct {
	mu       sync.Mutex
	reserved map[string]bool
	free     chan struct{} // closed and replaced when ids are released; nil while nobody waits
}

// reserve waits until none of the ids is in use, and reserves them all until release is called. Errors: that of ctx.
func (s *inFlight) reserve(ctx context.Context, ids ...string) (release func(), err error) {
	for {
		s.mu.Lock()
		busy := false
		for _, id := range ids {
			busy = busy || s.reserved[id]
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
	if s.reserved == nil {
		s.reserved = map[string]bool{}
	}
	for _, id := range ids {
		s.reserved[id] = true
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, id := range ids {
			delete(s.reserved, id)
		}
		if s.free != nil {
			close(s.free)
			s.free = nil
		}
	}, nil
}
