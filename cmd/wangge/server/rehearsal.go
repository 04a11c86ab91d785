package server

import (
	"context"
	"errors"

	"wangge/dispatch/city"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/migrate"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"
)

// rehearsal takes past records over in memory, some 3 KB a record. Records that the store has already are recognised there; the store is
// only read.
type rehearsal struct {
	d     *desk.Desk
	store *bolt.Engine // nil: the data directory has none yet
}

// newRehearsal opens the store of a data directory for reading, if there is one.
func newRehearsal(ctx context.Context, c *city.City, data string) (*rehearsal, error) {
	there, err := storeExists(data)
	if err != nil {
		return nil, err
	}
	r := &rehearsal{}
	if there {
		if r.store, err = openReadOnly(data); err == nil {
			err = migrate.CheckCityOf(ctx, r.store, c.Code)
		}
	} else {
		err = refuseOrphans(data)
	}
	if err == nil {
		r.d, err = desk.Open(ctx, desk.Config{Store: mem.Open(), City: c})
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close closes what newRehearsal opened.
func (r *rehearsal) Close() error {
	if r.d != nil {
		r.d.Close()
	}
	if r.store == nil {
		return nil
	}
	return r.store.Close()
}

// ImportBatch implements records.Taker.
func (r *rehearsal) ImportBatch(ctx context.Context, recs []desk.ImportRecord) ([]desk.ImportResult, error) {
	out := make([]desk.ImportResult, len(recs))
	var fresh []desk.ImportRecord
	var at []int // index of each fresh record in recs
	for i, rec := range recs {
		if r.store != nil {
			known, err := desk.ImportedBefore(ctx, storage.Engine(r.store), rec)
			var reused *ledger.ReusedIDError
			if known != nil || errors.As(err, &reused) {
				out[i] = desk.ImportResult{Case: known, Err: err}
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		fresh, at = append(fresh, rec), append(at, i)
	}
	results, err := r.d.ImportBatch(ctx, fresh)
	for k, res := range results {
		out[at[k]] = res
	}
	return out, err
}
