package tx

import (
	"bytes"
	"sync"

	"wangge/dispatch"
)

// Sketches hands the cases that this desk is committing to its board, which then need not decode
// them. It is only a shortcut: what isn't here is decoded.
type Sketches struct {
	mu    sync.Mutex
	Cases map[dispatch.CaseID]Sketch
}

type Sketch struct {
	value []byte
	cs    *dispatch.Case
}

func (s *Sketches) put(value []byte, cs *dispatch.Case) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.Cases) >= mostSketches {
		clear(s.Cases)
	}
	s.Cases[cs.ID] = Sketch{value, cs}
}

// mostSketches bounds what commits that failed may leave behind.
const mostSketches = 16 << 10

func (s *Sketches) Take(id dispatch.CaseID, value []byte) *dispatch.Case {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.Cases[id]; ok && bytes.Equal(k.value, value) {
		delete(s.Cases, id)
		return k.cs
	}
	return nil
}
