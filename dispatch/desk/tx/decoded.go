package tx

import (
	"bytes"
	"sync"

	"wangge/dispatch"
)

// decodeCache hands the cases that this desk commits to its view, which then need not decode them. It is only a
// shortcut: a case that is not here is decoded.
type decodeCache struct {
	mu    sync.Mutex
	cases map[dispatch.CaseID]decoded
}

type decoded struct {
	value []byte
	cs    *dispatch.Case
}

// maxDecoded bounds what commits that failed may leave behind.
const maxDecoded = 16 << 10

func (c *decodeCache) put(value []byte, cs *dispatch.Case) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.cases) >= maxDecoded {
		clear(c.cases)
	}
	c.cases[cs.ID] = decoded{value, cs}
}

// Decoded takes the case that this desk committed as a value; nil when it is not at hand. Each is handed out once.
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
