// Package ledger defines every key of the store (keys.go), loads a case, and computes the writes that bring a case from one
// state to the next.
package ledger

import (
	"bytes"
	"fmt"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/record"
	"wangge/grid"
	"wangge/storage"
)

// ScopesOf lists every unit that a case concerns, each once: the areas of its place, its owner and co-owners, the
// platforms elsewhere that have to do with it, the parents of these, and removed units that had the case.
func ScopesOf(c *city.City, cs *dispatch.Case) []roster.Unit {
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
		for n := 0; ok && n < roster.MaxTreeDepth; n++ {
			add(u)
			u, ok = c.Parent(u)
		}
	}
	climb(cs.Owner.Unit)
	for _, o := range cs.CoOwners {
		climb(o.Unit)
	}
	for _, u := range cs.PlatformsElsewhere() {
		climb(u)
	}
	for _, u := range cs.GoneUnits {
		add(u)
	}
	return units
}

// Postings lists the units that have a posting of the case: its smallest area, its owner and co-owners, the unit above a
// point, the platforms elsewhere that have to do with it, removed units that had it, and for each of these the area
// directly below the city. A list of any other unit merges the postings of the units under it; the list of the city is
// that of all cases.
func Postings(c *city.City, cs *dispatch.Case) []roster.Unit {
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
	for _, u := range cs.PlatformsElsewhere() {
		add(u)
	}
	for _, u := range cs.GoneUnits {
		add(u)
	}
	return units
}

// Indexed is a case with the units under which the store lists it.
type Indexed struct {
	Cs       *dispatch.Case
	Postings []roster.Unit
	Filing   []dispatch.Event // all events of a case on which nobody has acted yet: its stored form
}

// Timer is the key of the timer of a case that waits for somebody: see dispatch.Case.Waits; nil for any other.
func (x Indexed) Timer() []byte {
	if x.Cs == nil || !x.Cs.Waits() {
		return nil
	}
	return TimerKey(x.Cs.NextAt, x.Cs.ID)
}

// CaseDiff returns the writes that replace before by after: the case, its new events, and the index entries that were
// added or removed. before.Cs is nil for a new case. A new case is written as its events alone; the first act moves these
// events to keys of their own.
func CaseDiff(before, after Indexed, events []dispatch.Event) ([]storage.Op, error) {
	id := after.Cs.ID
	var val []byte
	var err error
	if after.Filing != nil {
		val, err = record.EncodeFiling(after.Filing, after.Postings)
		events = nil
	} else {
		val, err = record.EncodeCase(after.Cs, after.Postings)
	}
	ops := append(make([]storage.Op, 0, 8), storage.Op{Key: CaseKey(id), Value: val})
	for _, act := range [][]dispatch.Event{before.Filing, events} {
		if len(act) > 0 && err == nil {
			val, err = record.EncodeEvents(act)
			ops = append(ops, storage.Op{Key: EventKey(id, act[0].Seq), Value: val})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", id, err)
	}
	was, is := before.Timer(), after.Timer()
	if was != nil && !bytes.Equal(was, is) {
		ops = append(ops, storage.Op{Key: was, Delete: true})
	}
	if is != nil && !bytes.Equal(was, is) {
		ops = append(ops, storage.Op{Key: is})
	}
	ops = diffLinks(ops, before.Cs, after.Cs)
	for _, u := range before.Postings {
		if !slices.Contains(after.Postings, u) {
			ops = append(ops, storage.Op{Key: PostingKey(u, id), Delete: true})
		}
	}
	for _, u := range after.Postings {
		if !slices.Contains(before.Postings, u) {
			ops = append(ops, storage.Op{Key: PostingKey(u, id)})
		}
	}
	return ops, nil
}
