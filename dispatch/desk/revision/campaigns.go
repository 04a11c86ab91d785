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

// CampaignChangesOf reads the number of changes of the runs of campaigns, and the store revision of that number.
func CampaignChangesOf(snap storage.Snapshot) (uint64, storage.Revision, error) {
	it, err := snap.Get(ledger.CampaignsKey)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	if len(it.Value) != 8 {
		return 0, 0, fmt.Errorf("number of changes of campaigns: %w", record.ErrCorrupt)
	}
	return binary.BigEndian.Uint64(it.Value), it.Revision, nil
}

// RunsOf folds the changes of the runs of campaigns up to a number: the last run of each campaign, as it was left.
func RunsOf(snap storage.Snapshot, changes uint64) ([]city.CampaignRun, error) {
	if changes == 0 {
		return nil, nil
	}
	at := map[city.CampaignID]int{}
	var out []city.CampaignRun
	last := uint64(0)
	for it, err := range snap.Scan(storage.Range{Start: ledger.CampaignKey(1), End: ledger.CampaignKey(changes + 1)}) {
		if err != nil {
			return nil, err
		}
		r, err := record.DecodeCampaignRun(it.Value)
		if err != nil {
			return nil, err
		}
		last = r.Change
		if i, ok := at[r.ID]; ok {
			out[i] = r
			continue
		}
		at[r.ID] = len(out)
		out = append(out, r)
	}
	if last != changes {
		return nil, fmt.Errorf("changes of campaigns end at %d, not at %d: %w", last, changes, record.ErrCorrupt)
	}
	return out, nil
}
