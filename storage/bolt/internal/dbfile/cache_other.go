//go:build !linux

package dbfile

import "os"

// unlock does nothing: without it the file cannot be opened a second time, and flushes fail until the next start.
func unlock(*os.File) {}

// DropCache does nothing on this system.
func DropCache(*os.File) {}
