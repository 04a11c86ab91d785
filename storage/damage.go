package storage

import (
	"fmt"
	"strings"
)

// DamageKind is a sort of damage. The text is stable: scripts name it.
type DamageKind string

// What can be wrong with a file of an engine.
const (
	FileEmpty     DamageKind = "file_empty"     // it has no bytes
	FileMissing   DamageKind = "file_missing"   // it is gone, but files that belong to it are there
	FileCut       DamageKind = "file_cut"       // it ends before its last page
	FileForeign   DamageKind = "file_foreign"   // it was not written by this engine
	HeadDamaged   DamageKind = "head_damaged"   // one of the two head pages: the last commit may be missing
	PageDamaged   DamageKind = "page_damaged"   // a page is not what its place in the file asks for
	RecordDamaged DamageKind = "record_damaged" // a batch of the feed does not match its checksum
	RecordMissing DamageKind = "record_missing" // the feed has a gap
	BlockDamaged  DamageKind = "block_damaged"  // a block of folded keys does not match its checksum
	ListDamaged   DamageKind = "list_damaged"   // the list of free pages names a page that is in use, or misses one
)

var damageWords = map[DamageKind]string{
	FileEmpty:     "is empty",
	FileMissing:   "is missing",
	FileCut:       "was cut",
	FileForeign:   "is not a store of this program",
	HeadDamaged:   "has a damaged head page",
	PageDamaged:   "has a damaged page",
	RecordDamaged: "has a damaged record",
	RecordMissing: "lacks a record",
	BlockDamaged:  "has a damaged block of keys",
	ListDamaged:   "has a damaged list of free pages",
}

// DamageError is a place in a file that does not hold what was written there. It Is ErrCorrupt, and ErrRebuilding while a
// running engine rebuilds the file.
type DamageError struct {
	Kind     DamageKind
	Path     string
	Offset   int64    // in bytes from the beginning of the file; -1 = not known
	Revision Revision // the first revision that the place should hold; 0 = not known, or none
	Detail   string   // what is wrong there, in technical words; may be empty
	Derived  bool     // the file is derived from another one, and is rebuilt at the next opening for writing
	Rebuild  Rebuild  // what a running engine does about a derived file
}

// Rebuild is the state of the rebuild of a damaged derived file.
type Rebuild uint8

// States of a rebuild.
const (
	RebuildAtStart Rebuild = iota // it is rebuilt at the next opening for writing
	RebuildRunning                // the engine is rebuilding the file; a later read succeeds
	RebuildFailed                 // the engine could not rebuild the file, and tries again at the next opening
)

func (e *DamageError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Path, damageWords[e.Kind])
	if e.Offset >= 0 {
		fmt.Fprintf(&b, " at byte %d", e.Offset)
	}
	if e.Revision != 0 {
		fmt.Fprintf(&b, ", revision %d", e.Revision)
	}
	if e.Detail != "" {
		fmt.Fprintf(&b, " (%s)", e.Detail)
	}
	fmt.Fprintf(&b, ": %v", ErrCorrupt)
	if e.Derived {
		b.WriteString("; it is derived and " + rebuildWords[e.Rebuild])
	}
	return b.String()
}

var rebuildWords = [...]string{
	RebuildAtStart: "is made anew at the next start",
	RebuildRunning: "is being made anew: try again in a moment",
	RebuildFailed:  "could not be made anew while the service ran: look at the disk, then start the service again",
}

// Is reports whether target is ErrCorrupt, or ErrRebuilding while the file is made anew.
func (e *DamageError) Is(target error) bool {
	return target == ErrCorrupt || target == ErrRebuilding && e.Derived && e.Rebuild == RebuildRunning
}

// Verified counts what a verification read.
type Verified struct {
	Pages   int // of all files
	Records int // batches in the feed
	Sealed  int // of those, with a checksum; older formats had none
	Blocks  int // of folded keys, all with a checksum
	Damaged int // places that were handed to found
}

// Verifier is an engine that can read its files page by page and compare every checksum.
type Verifier interface {
	// Verify hands each damage to found, which may end the verification by an error and must not use the
	// engine. It holds nothing for long, so that a working engine may be verified; commits that are made
	// meanwhile may be left out.
	Verify(found func(*DamageError) error) (Verified, error)
}
