package tx

import (
	"bytes"
	"sync"

	"wangge/dispatch"
)

// decodeCache passes the cases that this desk commits to its view, which then need not decode them. A case that is not in
// the cache is decoded.
type decodeCache struct {
	mu    sync.Mutex
	cases map[dispatch.CaseID]decoded
}

type decoded struct {
	value []byte
	cs    *dispatch.Case
}

// maxDecoded bounds the cases that failed commits leave in the cache.
const maxDecoded = 16 << 10

func (c *decodeCache) put(value []byte, cs *dispatch.Case) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.cases) >= maxDecoded {
		clear(c.cases)
	}
	c.cases[cs.ID] = decoded{value, cs}
}

// Decoded returns the case that this desk committed as a value, and removes it from the cache; nil if it is not there.
func (s *Store) Decoded(id dispatch.CaseID, value []byte) *dispatch.Case {
	c := &s.decoded
	c.mu.Lock()
	defer c.mu.Unlock()
	if k, ok := c.cases[id]; ok && bytes.Equal(k.value, value) {
		delete(c.cases, id)
		return k.cs
	}
	return nil
}
