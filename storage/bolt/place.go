package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
)

// place is the file that a path named when it was opened. A file that is removed or replaced while it is open
// goes on taking writes, and they are lost at the next start.
type place struct {
	path string
	file os.FileInfo
	size atomic.Int64 // bytes that it had at the last look: a feed never gets shorter
}

func (p *place) take(path string) (err error) {
	p.path = path
	if p.file, err = os.Stat(path); err == nil {
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
		return fmt.Errorf("%s was cut while it was open: it has %d bytes of %d; stop the service and restore a backup", p.path, is.Size(), size)
	}
	p.size.Store(is.Size())
	return nil
}
