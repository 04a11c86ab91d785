//go:build !linux

package bolt

import "os"

// lock would take bbolt's lock. Without it no head is written before bbolt has opened the file.
func lock(*os.File) bool { return false }

// unlock would give it up. Without it the file can't be opened once more: folds fail until the next start.
func unlock(*os.File) {}

// forget would drop what the system holds of a file in memory.
func forget(*os.File) {}
