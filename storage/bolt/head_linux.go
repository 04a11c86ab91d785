package bolt

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// lock takes the lock that bbolt takes on a file; false when somebody else has it.
func lock(f *os.File) bool { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil }

// unlock gives it up.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// forget asks the system to drop what it holds of a file in memory, so that the next read comes from the disk.
// Pages that somebody has mapped or that are still to be written stay.
func forget(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
