package dbfile

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// statOf returns the identity and the length in bytes of the file that a path names. Error: *fs.PathError.
//
// It does not ask for the file's times. A file system with multigrain timestamps (Linux 6.13 and later: ext4, XFS, Btrfs)
// gives a file whose times were read a new time at its next write, and the next sync waits for that time to be written:
// asking twice a group made a lone commit on a disk a fifth slower.
func statOf(path string) (fileID, int64, error) {
	var is unix.Statx_t
	for {
		err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_SYNC_AS_STAT, unix.STATX_INO|unix.STATX_SIZE, &is)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fileID{}, 0, &fs.PathError{Op: "statx", Path: path, Err: err}
		}
		return fileID{unix.Mkdev(is.Dev_major, is.Dev_minor), is.Ino}, int64(is.Size), nil
	}
}
