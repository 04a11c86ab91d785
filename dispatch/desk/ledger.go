package desk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/record"
	"wangge/grid"
	"wangge/storage"
)

// maxDepth bounds a walk up a tree of units.
const maxDepth = 16

var (
	casePrefix     = []byte("c/")
	eventPrefix    = []byte("e/")
	reportPrefix   = []byte("r/")
	requestPrefix  = []byte("q/")
	timerPrefix    = []byte("t/")
	postingsPrefix = []byte("s/")
)

func u64(b []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(b, n) }

// keyOf begins a key that will be so long.
func keyOf(prefix string, size int) []byte { return append(make([]byte, 0, size), prefix...) }

func caseKey(id dispatch.CaseID) []byte { return u64(keyOf("c/", 10), uint64(id)) }

func eventKey(id dispatch.CaseID, seq uint64) []byte {
	return binary.BigEndian.AppendUint32(u64(keyOf("e/", 14), uint64(id)), uint32(seq))
}

func personKey(prefix string, person roster.PersonID, id string) []byte {
	return append(append(append(keyOf(prefix, len(prefix)+len(person)+1+len(id)), person...), 0), id...)
}

func reportKey(person roster.PersonID, clientID string) []byte {
	return personKey("r/", person, clientID)
}

func requestKey(person roster.PersonID, requestID string) []byte {
	return personKey("q/", person, requestID)
}

func postingPrefix(u roster.Unit) []byte {
	return append(append(append(keyOf("s/", 2+1+len(u.ID)+1+8), byte(u.Kind)), u.ID...), 0)
}

func postingKey(u roster.Unit, id dispatch.CaseID) []byte {
	return u64(postingPrefix(u), uint64(id))
}

// parsePosting reads an s/ key.
func parsePosting(key []byte) (u roster.Unit, id dispatch.CaseID, ok bool) {
	if len(key) < len("s/")+1+1+8 || string(key[:2]) != "s/" {
		return u, 0, false
	}
	return roster.Unit{Kind: roster.UnitKind(key[2]), ID: string(key[3 : len(key)-9])}, tailID(key), true
}

// sortTime is an instant as an ordered number: zero time sorts last, before 1970 sorts first.
func sortTime(t time.Time) uint64 {
	switch {
	case t.IsZero():
		return math.MaxUint64
	case t.UnixNano() < 0:
		return 0
	default:
		return uint64(t.UnixNano())
	}
}

func timerKey(due time.Time, id dispatch.CaseID) []byte {
	return u64(u64(keyOf("t/", 18), sortTime(due)), uint64(id))
}

// tailID reads the case id that ends an index key.
func tailID(key []byte) dispatch.CaseID {
	return dispatch.CaseID(binary.BigEndian.Uint64(key[len(key)-8:]))
}

// scopesOf lists every unit that a case concerns, each once: the areas of its place, its owner and
// co-owners, and the parents of those.
func scopesOf(c *city.City, cs *dispatch.Case) []roster.Unit {
	units := make([]roster.Unit, 0, 8)
	add := func(u roster.Unit) {
		if !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	for _, a := range cs.Place.Areas {
		add(roster.Unit{Kind: roster.UnitArea, ID: string(a)})
	}
	climb := func(u roster.Unit) {
		ok := u != (roster.Unit{})
		for n := 0; ok && n < maxDepth; n++ {
			add(u)
			u, ok = c.Parent(u)
		}
	}
	climb(cs.Owner.Unit)
	for _, o := range cs.CoOwners {
		climb(o.Unit)
	}
	return units
}

// postings lists the few units under which a case is kept in time order: its smallest area, its
// owner and co-owners, for a point also the unit above it, and of each the area just below the city. Any other unit's cases are those
// of the units under it; the city's are all.
func postings(c *city.City, cs *dispatch.Case) []roster.Unit {
	units := make([]roster.Unit, 0, 4)
	add := func(u roster.Unit) {
		if u == (roster.Unit{}) {
			return
		}
		if !slices.Contains(units, u) {
			units = append(units, u)
		}
		for a := c.Areas[grid.AreaID(u.ID)]; u.Kind == roster.UnitArea && a != nil && a.Parent != ""; a = c.Areas[a.Parent] {
			top := roster.Unit{Kind: roster.UnitArea, ID: string(a.ID)}
			if a.Parent == c.Root && !slices.Contains(units, top) {
				units = append(units, top)
			}
		}
	}
	if n := len(cs.Place.Areas); n > 0 {
		add(roster.Unit{Kind: roster.UnitArea, ID: string(cs.Place.Areas[n-1])})
	}
	owner := func(u roster.Unit) {
		add(u)
		if up, ok := c.Parent(u); ok && u.Kind == roster.UnitPoint {
			add(up)
		}
	}
	owner(cs.Owner.Unit)
	for _, o := range cs.CoOwners {
		owner(o.Unit)
	}
	return units
}

// indexed is a case with the units under which it stands in the store.
type indexed struct {
	cs       *dispatch.Case
	postings []roster.Unit
	filing   []dispatch.Event // all its events, while nobody has acted on it: it is stored as those
}

// timer is the key of an open case's timer; nil for a case that is not open.
func (x indexed) timer() []byte {
	if x.cs == nil || !x.cs.Open() {
		return nil
	}
	return timerKey(x.cs.NextAt, x.cs.ID)
}

// caseDiff returns what must be written so that the store, which holds before, holds after: the case,
// its new events, and only the index entries that came or went. before.cs is nil for a new case: that
// is written as its events alone, which the first act then puts beside the case.
func caseDiff(before, after indexed, events []dispatch.Event) ([]storage.Op, error) {
	id := after.cs.ID
	var val []byte
	var err error
	if after.filing != nil {
		val, err = record.EncodeFiling(after.filing, after.postings)
		events = nil
	} else {
		val, err = record.EncodeCase(after.cs, after.postings)
	}
	ops := append(make([]storage.Op, 0, 8), storage.Op{Key: caseKey(id), Value: val})
	for _, act := range [][]dispatch.Event{before.filing, events} {
		if len(act) > 0 && err == nil {
			val, err = record.EncodeEvents(act)
			ops = append(ops, storage.Op{Key: eventKey(id, act[0].Seq), Value: val})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", id, err)
	}
	was, is := before.timer(), after.timer()
	if was != nil && !bytes.Equal(was, is) {
		ops = append(ops, storage.Op{Key: was, Delete: true})
	}
	if is != nil && !bytes.Equal(was, is) {
		ops = append(ops, storage.Op{Key: is})
	}
	ops = diffLinks(ops, before.cs, after.cs)
	for _, u := range before.postings {
		if !slices.Contains(after.postings, u) {
			ops = append(ops, storage.Op{Key: postingKey(u, id), Delete: true})
		}
	}
	for _, u := range after.postings {
		if !slices.Contains(before.postings, u) {
			ops = append(ops, storage.Op{Key: postingKey(u, id)})
		}
	}
	return ops, nil
}
