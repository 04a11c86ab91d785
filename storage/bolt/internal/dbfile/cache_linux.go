package dbfile

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// unlock gives up the lock that bbolt has taken on a file.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// DropCache asks the system to drop what it holds of a file in memory, so that the next read comes from the disk.
// Pages that somebody has mapped or that are still to be written stay.
func DropCache(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
