package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"wangge/storage"
)

// place is the file that a path named when it was opened. A file that is removed or replaced while it is open
// goes on taking writes, and they are lost at the next start.
type place struct {
	path string
	file os.FileInfo  // what take found
	size atomic.Int64 // bytes that it had at the last look: a feed never gets shorter
}

// take notes the file that the path names now.
func (p *place) take() (err error) {
	if p.file, err = os.Stat(p.path); err == nil {
		p.size.Store(p.file.Size())
	}
	return err
}

// look says when the path no longer names the file, or when the file was cut. It costs one call of the system.
func (p *place) look() error {
	is, err := os.Stat(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s was removed or moved away while it was open; put the same file back, or stop the service and restore a backup", p.path)
	}
	if err != nil {
		return err
	}
	return p.same(is)
}

// same says when a file is not the one that was opened, or was cut.
func (p *place) same(is os.FileInfo) error {
	if !os.SameFile(is, p.file) {
		return fmt.Errorf("%s was replaced by another file while it was open; put the same file back, or stop the service and look at both", p.path)
	}
	if size := p.size.Load(); is.Size() < size {
		d := &storage.DamageError{Kind: storage.FileCut, Path: p.path, Offset: is.Size(), Detail: fmt.Sprintf("it had %d bytes while it was open", size)}
		return fmt.Errorf("%w; stop the service and restore a backup", d)
	}
	p.size.Store(is.Size())
	return nil
}
