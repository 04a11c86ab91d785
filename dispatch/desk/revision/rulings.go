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

// EditionOf reads the edition, which is the number of changes of the precedents, and the store revision of that number.
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

// rulings holds what a store keeps of a city beside its directory: the precedents of an edition, the names of what
// applies removed, and the runs of campaigns.
type rulings struct {
	edition uint64
	list    []city.Precedent
	former  city.Former
	changes uint64 // of the runs
	runs    []city.CampaignRun
}

// over returns a city with the rulings.
func (r *rulings) over(c *city.City) *city.City {
	return c.WithPrecedents(r.list, r.edition).WithFormer(r.former).WithRuns(r.runs, r.changes)
}

// rulingsOf reads the rulings of the present edition.
func rulingsOf(snap storage.Snapshot) (r rulings, err error) {
	if r.edition, _, err = EditionOf(snap); err != nil {
		return r, err
	}
	if r.list, err = PrecedentsOf(snap, r.edition); err != nil {
		return r, err
	}
	if r.former, err = formerOf(snap); err != nil {
		return r, err
	}
	if r.changes, _, err = CampaignChangesOf(snap); err != nil {
		return r, err
	}
	r.runs, err = RunsOf(snap, r.changes)
	return r, err
}

// PrecedentsOf folds the changes of the precedents up to an edition. Edition 0 has no precedents.
func PrecedentsOf(snap storage.Snapshot, edition uint64) ([]city.Precedent, error) {
	var list []city.Precedent
	if edition == 0 {
		return nil, nil
	}
	last := uint64(0)
	for it, err := range snap.Scan(storage.Range{Start: ledger.PrecedentKey(1), End: ledger.PrecedentKey(edition + 1)}) {
		if err != nil {
			return nil, err
		}
		ch, err := record.DecodePrecedent(it.Value)
		if err != nil {
			return nil, err
		}
		last = ledger.ParsePrecedent(it.Key)
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
		return nil, fmt.Errorf("precedents end at %d, not at %d: %w", last, edition, record.ErrCorrupt)
	}
	return list, nil
}
