package pages

import "wangge/storage"

// Usage is a bit for each page of a file that is in use. A nil Usage counts nothing.
type Usage []uint64

// NewUsage returns the usage of a file of which only the head pages are in use.
func NewUsage(h Head) Usage {
	u := make(Usage, h.High/64+1)
	u.Add(0, 2) // the head pages
	return u
}

// Add marks n pages. It returns false if one of them was already marked.
func (u Usage) Add(id, n uint64) bool {
	fresh := true
	for ; n > 0; id, n = id+1, n-1 {
		bit := uint64(1) << (id % 64)
		fresh = fresh && u[id/64]&bit == 0
		u[id/64] |= bit
	}
	return fresh
}

// Take marks the pages of a node. A node that is reachable twice is damage.
func (u Usage) Take(p *File, n Node) error {
	if u != nil && n.ID != 0 && !u.Add(n.ID, n.Pages) {
		return p.Damage(storage.PageDamaged, n.At, "page %d is in use twice", n.ID)
	}
	return nil
}
