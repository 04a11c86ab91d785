package dbfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"

	"wangge/storage"
)

// Place remembers which file a path named when it was opened. Writes to a file that was since removed or replaced succeed,
// and are lost at the next start.
type Place struct {
	Path string       // to open and to name in errors
	file fileID       // set by Bind
	Size atomic.Int64 // length in bytes at the last check: the files of a store never shrink
}

// fileID identifies one of the files that exist on this machine at the same time.
type fileID struct{ device, inode uint64 }

func idOf(is *syscall.Stat_t) fileID { return fileID{uint64(is.Dev), is.Ino} } //nolint:unconvert // Dev is shorter on other systems

// Bind records the file that the path names now.
func (p *Place) Bind() error {
	id, size, err := statOf(p.Path)
	if err == nil {
		p.file = id
		p.Size.Store(size)
	}
	return err
}

// Check returns an error if the path names another file or none, or if the file shrank. It costs one system call.
func (p *Place) Check() error {
	id, size, err := statOf(p.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s was removed or moved away while it was open; put the same file back, or stop the service and restore a backup",
			p.Path)
	}
	if err != nil {
		return err
	}
	return p.compare(id, size)
}

// Same returns an error if is describes another file, or one that shrank.
func (p *Place) Same(is os.FileInfo) error {
	at, ok := is.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("%s: the system does not say which file it is", p.Path)
	}
	return p.compare(idOf(at), is.Size())
}

func (p *Place) compare(id fileID, size int64) error {
	if id != p.file {
		return fmt.Errorf("%s was replaced by another file while it was open; put the same file back, or stop the service and look at both",
			p.Path)
	}
	if had := p.Size.Load(); size < had {
		detail := fmt.Sprintf("it had %d bytes while it was open", had)
		d := &storage.DamageError{Kind: storage.FileCut, Path: p.Path, Offset: size, Detail: detail}
		return fmt.Errorf("%w; stop the service and restore a backup", d)
	}
	p.Size.Store(size)
	return nil
}
