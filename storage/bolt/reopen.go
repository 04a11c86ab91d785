package bolt

import (
	"errors"
	"fmt"
	"os"
	"wangge/storage"
)

// reopen finds out what the feed's file holds after a write or a sync of it failed, and opens it again. First
// what the file shows is made durable, while readers go on; then the file is closed, what the system holds of it
// in memory is dropped, and it is looked at and opened anew. Readers of values in the feed wait meanwhile. reopen
// returns the last revision. Only the writer calls it.
func (e *Engine) reopen() (last storage.Revision, err error) {
	place := &e.feed.place
	if e.feed.now != nil && e.feed.now.dead.Load() != nil {
		return 0, fmt.Errorf("%s can't be read through its mapping any more; stop the service and look at the file: %w", place.path, *e.feed.now.dead.Load())
	}
	f, err := os.OpenFile(place.path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	taken := false
	defer func() {
		if !taken {
			err = errors.Join(err, f.Close())
		}
	}()
	is, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if err := place.same(is); err != nil {
		return 0, err
	}
	settled, err := settle(f)
	if err != nil {
		return 0, err
	}
	e.feed.mu.Lock()
	defer e.feed.mu.Unlock()
	if err := e.feed.close(); err != nil {
		return 0, err
	}
	forget(f)
	p, err := openPages(place.path, false)
	if err != nil {
		return 0, err
	}
	var l feedLook
	counts, err := p.look(l.look)
	switch {
	case err != nil:
	case counts.txid != settled.txid: // of what it says now it is not known that it is durable
		err = fmt.Errorf("%s: transaction %d counts, %d was made durable", place.path, counts.txid, settled.txid)
	case l.header != e.feed.header:
		err = p.damage(storage.FileForeign, -1, "it is of another store now")
	}
	if err != nil {
		return 0, errors.Join(err, p.Close())
	}
	taken = true
	e.feed.now, err = openHandle(p, e.mapped, counts, f)
	return l.last, err
}
