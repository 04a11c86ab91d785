package revision

import (
	"encoding/binary"
	"errors"
	"fmt"

	"wangge/dispatch/city"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// EditionOf reads how many changes the precedents have seen, and the revision of that number.
func EditionOf(snap storage.Snapshot) (uint64, storage.Revision, error) {
	it, err := snap.Get(ledger.PrecedentsKey)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	if len(it.Value) != 8 {
		return 0, 0, fmt.Errorf("edition of the precedents: %w", record.ErrCorrupt)
	}
	return binary.BigEndian.Uint64(it.Value), it.Revision, nil
}

// PrecedentsOf folds the changes up to an edition; the present one when it is 0 and there is any.
func PrecedentsOf(snap storage.Snapshot, edition uint64) ([]city.Precedent, uint64, error) {
	var list []city.Precedent
	if edition == 0 {
		return nil, 0, nil
	}
	last := uint64(0)
	for it, err := range snap.Scan(storage.Range{Start: ledger.PrecedentKey(1), End: ledger.PrecedentKey(edition + 1)}) {
		if err != nil {
			return nil, 0, err
		}
		ch, err := record.DecodePrecedent(it.Value)
		if err != nil {
			return nil, 0, err
		}
		last = binary.BigEndian.Uint64(it.Key[len(it.Key)-8:])
		if ch.Ruling != nil {
			list = append(list, *ch.Ruling)
			continue
		}
		for i := range list {
			if list[i].ID == ch.ID {
				list[i].RevokedAt, list[i].RevokedBy, list[i].Revoked = ch.At, ch.Person, ch.Why
			}
		}
	}
	if last != edition {
		return nil, 0, fmt.Errorf("precedents end at %d, not at %d: %w", last, edition, record.ErrCorrupt)
	}
	return list, edition, nil
}
