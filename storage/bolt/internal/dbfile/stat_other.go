//go:build !linux

package dbfile

import (
	"errors"
	"io/fs"
	"syscall"
)

// statOf returns the identity and the length in bytes of the file that a path names. Error: *fs.PathError.
func statOf(path string) (fileID, int64, error) {
	var is syscall.Stat_t
	for {
		err := syscall.Stat(path, &is)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return fileID{}, 0, &fs.PathError{Op: "stat", Path: path, Err: err}
		}
		return idOf(&is), is.Size, nil
	}
}
