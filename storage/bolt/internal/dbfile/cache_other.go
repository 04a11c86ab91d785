//go:build !linux

package dbfile

import "os"

// unlock would give up bbolt's lock. Without it the file can't be opened once more: folds fail until the next start.
func unlock(*os.File) {}

// DropCache would drop what the system holds of a file in memory.
func DropCache(*os.File) {}
