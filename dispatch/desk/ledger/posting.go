package ledger

import (
	"iter"

	"wangge/dispatch"
	"wangge/storage"
)

// Posting walks the case ids under one key prefix.
type Posting struct {
	id   dispatch.CaseID // the present one; 0 at the end
	next func() (storage.Item, error, bool)
	Stop func() // ends the walk
}

// OpenPosting begins a walk. Its Stop must be called.
func OpenPosting(snap storage.Snapshot, r storage.Range) (*Posting, error) {
	p := &Posting{}
	p.next, p.Stop = iter.Pull2(snap.Scan(r))
	return p, p.step()
}

func (p *Posting) step() error {
	it, err, ok := p.next()
	p.id = 0
	if ok && err == nil {
		p.id = TailID(it.Key)
	}
	return err
}

// NextID takes the next id of all lists, each id once; 0 at the end.
func NextID(lists []*Posting, newest bool) (dispatch.CaseID, error) {
	var best dispatch.CaseID
	for _, p := range lists {
		if p.id != 0 && (best == 0 || (p.id < best) != newest) {
			best = p.id
		}
	}
	for _, p := range lists {
		if p.id == best && best != 0 {
			if err := p.step(); err != nil {
				return 0, err
			}
		}
	}
	return best, nil
}
