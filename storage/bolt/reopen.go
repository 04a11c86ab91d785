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
func (f *feedFile) reopen() (last storage.Revision, err error) {
	place := &f.place
	if f.now != nil {
		if err := f.now.failed(); err != nil {
			return 0, fmt.Errorf("%s can't be read through its mapping any more; stop the service and look at the file: %w", place.path, err)
		}
	}
	file, err := os.OpenFile(place.path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	taken := false
	defer func() {
		if !taken {
			err = errors.Join(err, file.Close())
		}
	}()
	is, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if err := place.same(is); err != nil {
		return 0, err
	}
	settled, err := settle(file)
	if err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.discard(); err != nil {
		return 0, err
	}
	forget(file)
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
	case l.header != f.header:
		err = p.damage(storage.FileForeign, -1, "it is of another store now")
	}
	if err != nil {
		return 0, errors.Join(err, p.Close())
	}
	taken = true
	f.now, err = openHandle(p, f.options.mapped, counts, file)
	return l.last, err
}
