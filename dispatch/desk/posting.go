package desk

import (
	"iter"
	"wangge/dispatch"
	"wangge/storage"
)

// posting walks the case ids under one key prefix.
type posting struct {
	id   dispatch.CaseID // the present one; 0 at the end
	next func() (storage.Item, error, bool)
	stop func()
}

func openPosting(snap storage.Snapshot, r storage.Range) (*posting, error) {
	p := &posting{}
	p.next, p.stop = iter.Pull2(snap.Scan(r))
	return p, p.step()
}

func (p *posting) step() error {
	it, err, ok := p.next()
	p.id = 0
	if ok && err == nil {
		p.id = tailID(it.Key)
	}
	return err
}

// nextID takes the next id of all lists, each id once; 0 at the end.
func nextID(lists []*posting, newest bool) (dispatch.CaseID, error) {
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
