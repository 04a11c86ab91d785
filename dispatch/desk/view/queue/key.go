package queue

import (
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

// A unit's index holds the cases that concern the unit. Further indexes, under kinds that no unit has, hold the cases
// on the ground of a section, of a department's sections and of a point, the cases that wait for a line of posts, and
// the cases of a handler while the owner must act.
const (
	onGround roster.UnitKind = 64 // and the kind
	AtPost   roster.UnitKind = 128
	inHands  roster.UnitKind = 129

	// The open cases that were dispatched to a platform, those that it dispatched again, and those that it dispatches late.
	ToPlatform       roster.UnitKind = 130
	SecondDispatched roster.UnitKind = 131
	SecondLate       roster.UnitKind = 132
)

// GroundOf is the unit of the indexes of what lies on the ground of a unit.
func GroundOf(u roster.Unit) roster.Unit { return roster.Unit{Kind: onGround + u.Kind, ID: u.ID} }

// addPlatforms adds a case to the indexes of the platforms to which it was dispatched, while these dispatches stand.
func (k *Queued) addPlatforms(cs *dispatch.Case) {
	for i := range cs.Chain {
		l := &cs.Chain[i]
		if !l.To.IsPlatform() || !l.Ended.IsZero() {
			continue
		}
		at := func(kind roster.UnitKind) { k.Add(None, roster.Unit{Kind: kind, ID: l.To.Unit.ID}) }
		at(ToPlatform)
		if !l.On.IsZero() {
			at(SecondDispatched)
		}
		if l.Missed || l.LateOn(cs.UpdatedAt) > 0 {
			at(SecondLate)
		}
	}
}

// HandledBy is the unit of the indexes of a handler.
func HandledBy(p roster.PersonID) roster.Unit { return roster.Unit{Kind: inHands, ID: string(p)} }

// Key names a list: the unit of the index, and the queue there; the zero queue is all that the index lists.
type Key struct {
	Unit  roster.Unit
	Queue Queue
}
