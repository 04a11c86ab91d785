package roster

import "time"

// Absent reports whether absences.csv takes a person off every post at an instant.
func (r *Roster) Absent(person PersonID, at time.Time) bool { return r.absent(person, at) }

// Holds reports whether a row of a post is in force at an instant, whatever the shift: its person is active, and the
// instant lies within its dates.
func (r *Roster) Holds(h Holding, at time.Time) bool {
	return r.Active(h.Person, at) && within(h.From, h.To, at)
}
