package roster

import (
	"slices"
	"time"
)

// MaxTreeDepth bounds the depth of the tree of units, and so every walk up the tree: five block levels and some levels of
// departments.
const MaxTreeDepth = 16

// Superior is one level above a unit, with the person on duty there.
type Superior struct {
	Unit   Unit
	Post   PostID
	Person PersonID
	Below  Unit // the unit of the chain directly below
}

// answering lists the roles that answer for a unit, in order; commanding lists the roles that are superior to the
// units below.
var (
	answering  = [...]Role{Owner, Handler, Leader}
	commanding = [...]Role{Leader, Owner}
)

// Superiors lists the superiors of a unit at an instant, the nearest first, to the top. Each is the person on duty as
// leader of the unit above, else as its owner, else as patron (包保) of the unit below: a patron answers beside the leader,
// and in place of the leader only while there is none. Units without such a person are skipped. Nobody is listed twice,
// and nobody who answers for the unit is listed, so that no case goes round in a circle.
func (r *Roster) Superiors(unit Unit, at time.Time) []Superior {
	var out []Superior
	taken := make([]PersonID, 0, 8)
	for _, role := range answering {
		if post, ok := r.Post(unit, role); ok {
			if p, ok := r.OnDuty(post, at); ok {
				taken = append(taken, p)
			}
			break
		}
	}
	for range MaxTreeDepth {
		up, ok := r.parent(unit)
		if !ok {
			break
		}
		below, posts := unit, [...]PostID{PostAt(up, commanding[0]), PostAt(up, commanding[1]), PostAt(unit, Patron)}
		unit = up
		for _, post := range posts {
			if p, ok := r.OnDuty(post, at); ok && !slices.Contains(taken, p) {
				out = append(out, Superior{up, post, p, below})
				taken = append(taken, p)
				break
			}
		}
	}
	return out
}

// Superior returns the n-th of Superiors; a large n gives the top. ok is false if there is no superior on duty.
func (r *Roster) Superior(unit Unit, n int, at time.Time) (s Superior, ok bool) {
	all := r.Superiors(unit, at)
	if len(all) == 0 || n <= 0 {
		return Superior{}, false
	}
	return all[min(n, len(all))-1], true
}
