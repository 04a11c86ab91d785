package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"wangge/storage"
)

// place is the file that a path named when it was opened. A file that is removed or replaced while it is open
// goes on taking writes, and they are lost at the next start.
type place struct {
	path string
	file fileID       // what take found
	size atomic.Int64 // bytes that it had at the last look: a feed never gets shorter
}

// fileID tells one file of this machine from every other that is there at the same time.
type fileID struct{ device, inode uint64 }

func idOf(is *syscall.Stat_t) fileID { return fileID{uint64(is.Dev), is.Ino} } //nolint:unconvert // Dev is shorter on other systems

// take notes the file that the path names now.
func (p *place) take() error {
	id, size, err := statOf(p.path)
	if err == nil {
		p.file = id
		p.size.Store(size)
	}
	return err
}

// look says when the path no longer names the file, or when the file was cut. It costs one call of the system.
func (p *place) look() error {
	id, size, err := statOf(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s was removed or moved away while it was open; put the same file back, or stop the service and restore a backup", p.path)
	}
	if err != nil {
		return err
	}
	return p.compare(id, size)
}

// same says when a file is not the one that was opened, or was cut.
func (p *place) same(is os.FileInfo) error {
	at, ok := is.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("%s: the system does not say which file it is", p.path)
	}
	return p.compare(idOf(at), is.Size())
}

func (p *place) compare(id fileID, size int64) error {
	if id != p.file {
		return fmt.Errorf("%s was replaced by another file while it was open; put the same file back, or stop the service and look at both", p.path)
	}
	if had := p.size.Load(); size < had {
		d := &storage.DamageError{Kind: storage.FileCut, Path: p.path, Offset: size, Detail: fmt.Sprintf("it had %d bytes while it was open", had)}
		return fmt.Errorf("%w; stop the service and restore a backup", d)
	}
	p.size.Store(size)
	return nil
}
