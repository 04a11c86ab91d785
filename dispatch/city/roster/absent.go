package roster

import "time"

// Absent reports whether absences.csv takes a person off every post at an instant.
func (r *Roster) Absent(person PersonID, at time.Time) bool { return r.absent(person, at) }
