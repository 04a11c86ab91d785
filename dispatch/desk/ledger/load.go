package ledger

import (
	"errors"
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// Loaded is a case as the store holds it.
type Loaded struct {
	Indexed
	Rev storage.Revision
}

// Load reads a case. Errors: ErrNoCase; record.ErrCorrupt for one that can't be decoded; the snapshot's.
func Load(snap storage.Snapshot, id dispatch.CaseID) (Loaded, error) {
	it, err := snap.Get(CaseKey(id))
	if errors.Is(err, storage.ErrNotFound) {
		return Loaded{}, fmt.Errorf("%s: %w", id, ErrNoCase)
	}
	if err != nil {
		return Loaded{}, fmt.Errorf("read case %s: %w", id, err)
	}
	s, err := record.DecodeCase(id, it.Value)
	if err != nil {
		return Loaded{}, fmt.Errorf("read %w", err)
	}
	return Loaded{Indexed{s.Case, s.Scopes, s.Filing}, it.Revision}, nil
}

// MaxOps is where a shared batch is full: one more case stays below storage.MaxBatchOps.
const MaxOps = storage.MaxBatchOps - 1024
