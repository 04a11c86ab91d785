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
}

// answering lists the roles that answer for a unit, in order; commanding lists the roles that are superior to the
// units below.
var (
	answering  = [...]Role{Owner, Handler, Leader}
	commanding = [...]Role{Leader, Owner}
)

// Superiors lists the superiors of a unit at an instant, the nearest first, to the top. Each is the person on duty as
// patron of the unit below (包保), else as leader of the unit above, else as its owner. Units without such a person are
// skipped. Nobody is listed twice, and nobody who answers for the unit is listed, so that no case goes round in a
// circle.
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
		posts := [...]PostID{PostAt(unit, Patron), PostAt(up, commanding[0]), PostAt(up, commanding[1])}
		unit = up
		for _, post := range posts {
			if p, ok := r.OnDuty(post, at); ok && !slices.Contains(taken, p) {
				out = append(out, Superior{up, post, p})
				taken = append(taken, p)
				break
			}
		}
	}
	return out
}

// Superior returns the n-th of Superiors; a large n gives the top. ok is false if there is no superior on duty.
func (r *Roster) Superior(unit Unit, n int, at time.Time) (Unit, PostID, PersonID, bool) {
	all := r.Superiors(unit, at)
	if len(all) == 0 || n <= 0 {
		return Unit{}, "", "", false
	}
	s := all[min(n, len(all))-1]
	return s.Unit, s.Post, s.Person, true
}
