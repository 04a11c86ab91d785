// Package faultfs is a disk that fails on purpose: a file system in user space whose chosen writes, syncs and
// changes of size fail, and whose power goes. It keeps what was written apart from what was synced, so that a power
// cut can drop the difference. It is for tests on Linux with /dev/fuse and the right to mount.
//
// A process may not map files that it serves itself: it would wait for itself. So Mount starts the program of the
// test once more as a child that serves; the program must call Main first of all.
package faultfs

import "syscall"

// Op is what fails.
type Op string

// Ops. A head is one of the first two pages of a file, which bbolt writes last in a transaction.
const (
	AnyWrite  Op = "write"
	PageWrite Op = "write-page"
	HeadWrite Op = "write-head"
	AnySync   Op = "sync"
	PageSync  Op = "sync-page" // with pages other than the heads to be written
	HeadSync  Op = "sync-head" // with nothing but heads to be written
	Truncate  Op = "truncate"
)

// Effect is what a failed operation did nevertheless.
type Effect string

// Effects. What a failed sync drops is not on the disk and is written by no later sync, although readers may still
// see it: this is how Linux file systems treat pages that could not be written.
const (
	Nothing Effect = "nothing" // a write: none of it; a sync: the next one writes what it was to write
	Drops   Effect = "drops"   // a write: none of it; a sync: see above
	Part    Effect = "part"    // a write: its first half; a sync: some pages, the others are dropped
	All     Effect = "all"     // everything: only the answer is an error
	Short   Effect = "short"   // a write: its first half, and says so, without an error
	Power   Effect = "power"   // the power goes: see Disk.Cut
)

// Rule says which operations fail, and how.
type Rule struct {
	File   string // name; "" is every file
	Op     Op
	Skip   int // operations before the first that fails
	Count  int // that fail; below 0 is without end
	Errno  syscall.Errno
	Effect Effect
	Power  int // so many operations on any file after the last that fails the power goes; 0 is never
}
