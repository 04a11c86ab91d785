package roster

import "time"

// Absent reports whether a person is off every post at an instant by a row of absences.csv.
func (r *Roster) Absent(person PersonID, at time.Time) bool { return r.absent(person, at) }
