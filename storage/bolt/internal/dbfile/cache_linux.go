package dbfile

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// unlock releases the lock that bbolt holds on a file.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// DropCache asks the kernel to evict a file from the page cache, so that the next read comes from the disk. Pages that are
// mapped or dirty stay.
func DropCache(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
