package desk

// All keys, written once. Numbers are big endian, so that byte order is number order; text parts
// end in a zero byte. Times are unix nanoseconds; a case whose clock stands sorts last.
//
//	c/ id8                          the case, the fold of its events
//	e/ id8 seq4                     one event
//	r/ person 0 client id           which case a report became
//	q/ person 0 request id          what an act did
//	t/ due8 id8                     the armed timer: exactly one per case whose NextAt is set
//	o/ kind1 unit 0 deadline8 id8   open cases of a scope, nearest deadline first
//	s/ kind1 unit 0 id8             all cases of a scope in time order
//
// A case's scopes are the areas of its place, its owner and co-owners, and the parents of those.

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/roster"
	"wangge/storage"
)

// maxDepth bounds a walk up a tree of units.
const maxDepth = 16

var timerPrefix = []byte("t/")

func u64(b []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(b, n) }

func caseKey(id dispatch.CaseID) []byte { return u64([]byte("c/"), uint64(id)) }

func eventKey(id dispatch.CaseID, seq uint64) []byte {
	return binary.BigEndian.AppendUint32(u64([]byte("e/"), uint64(id)), uint32(seq))
}

func personKey(prefix string, person roster.PersonID, id string) []byte {
	return append(append(append([]byte(prefix), person...), 0), id...)
}

func reportKey(person roster.PersonID, clientID string) []byte {
	return personKey("r/", person, clientID)
}

func requestKey(person roster.PersonID, requestID string) []byte {
	return personKey("q/", person, requestID)
}

func scopeKey(prefix string, u roster.Unit) []byte {
	return append(append(append([]byte(prefix), byte(u.Kind)), u.ID...), 0)
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
	return u64(u64([]byte("t/"), sortTime(due)), uint64(id))
}

// tailID reads the case id that ends an index key.
func tailID(key []byte) dispatch.CaseID {
	return dispatch.CaseID(binary.BigEndian.Uint64(key[len(key)-8:]))
}

// scopesOf lists the units under which a case is found, sorted, each once.
func scopesOf(c *city.City, cs *dispatch.Case) []roster.Unit {
	var units []roster.Unit
	for _, a := range cs.Place.Areas {
		units = append(units, roster.Unit{Kind: roster.UnitArea, ID: string(a)})
	}
	for _, o := range append([]dispatch.Owner{cs.Owner}, cs.CoOwners...) {
		u, ok := o.Unit, o.Unit != (roster.Unit{})
		for n := 0; ok && n < maxDepth; n++ {
			units = append(units, u)
			u, ok = c.Parent(u)
		}
	}
	slices.SortFunc(units, func(a, b roster.Unit) int {
		if a.Kind != b.Kind {
			return int(a.Kind) - int(b.Kind)
		}
		return bytes.Compare([]byte(a.ID), []byte(b.ID))
	})
	return slices.Compact(units)
}

// indexed is a case with the scopes that its index entries stand under.
type indexed struct {
	cs     *dispatch.Case
	scopes []roster.Unit
}

// entries lists every index key of a case.
func (x indexed) entries() map[string]bool {
	keys := map[string]bool{}
	if x.cs == nil {
		return keys
	}
	id := uint64(x.cs.ID)
	if !x.cs.NextAt.IsZero() {
		keys[string(timerKey(x.cs.NextAt, x.cs.ID))] = true
	}
	for _, u := range x.scopes {
		keys[string(u64(scopeKey("s/", u), id))] = true
		if x.cs.Open() {
			keys[string(u64(u64(scopeKey("o/", u), sortTime(x.cs.Clock.Due)), id))] = true
		}
	}
	return keys
}

// diff returns what must be written so that the store, which holds before, holds after: the case,
// its new events, and only the index entries that came or went. before.cs is nil for a new case.
func diff(before, after indexed, events []dispatch.Event) ([]storage.Op, error) {
	val, err := record.EncodeCase(after.cs, after.scopes)
	if err != nil {
		return nil, err
	}
	ops := []storage.Op{{Key: caseKey(after.cs.ID), Value: val}}
	for i := range events {
		val, err := record.EncodeEvent(&events[i])
		if err != nil {
			return nil, fmt.Errorf("case %s: %w", after.cs.ID, err)
		}
		ops = append(ops, storage.Op{Key: eventKey(after.cs.ID, events[i].Seq), Value: val})
	}
	was, is := before.entries(), after.entries()
	for k := range was {
		if !is[k] {
			ops = append(ops, storage.Op{Key: []byte(k), Delete: true})
		}
	}
	for k := range is {
		if !was[k] {
			ops = append(ops, storage.Op{Key: []byte(k), Value: []byte{record.Version}})
		}
	}
	slices.SortFunc(ops, func(a, b storage.Op) int { return bytes.Compare(a.Key, b.Key) })
	return ops, nil
}
