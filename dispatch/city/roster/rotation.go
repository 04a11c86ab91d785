package roster

import (
	"time"

	"wangge/dispatch/i18n"
)

// Rotation is a cycle of days that a team goes through, as in four teams on three shifts (四班三倒). Each day of the cycle is
// the duty of a shift, or a day off. Posts name a rotation as they name a shift. Example: "early early late late night night
// - -" from 2026-01-01 on; the second team has the same cycle from 2026-01-03 on.
type Rotation struct {
	ID     string
	Anchor time.Time // midnight UTC of a date on which the cycle begins; the cycle goes on in both directions
	Days   []string  // shift of each day; "" = a day off
}

// WithRotations returns a roster whose posts may name these rotations; r itself does not change.
func (r *Roster) WithRotations(list []Rotation) *Roster {
	n := *r
	n.rotations = make(map[string]*Rotation, len(list))
	for i := range list {
		n.rotations[list[i].ID] = &list[i]
	}
	return &n
}

// MaxRotationDays bounds a cycle.
const MaxRotationDays = 366

// shiftAt returns the shift of the cycle's day that the date of t is, in the location of t; "" on a day off.
func (x *Rotation) shiftAt(t time.Time) string {
	y, m, d := t.Date()
	days := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(x.Anchor) / (24 * time.Hour))
	n := len(x.Days)
	return x.Days[(days%n+n)%n]
}

// shiftOn returns the shift that begins on the date of t, in the location of t, for whom is on duty by a shift or rotation;
// nil if none begins.
func (r *Roster) shiftOn(id string, t time.Time) *Shift {
	if x, ok := r.rotations[id]; ok {
		id = x.shiftAt(t)
	}
	if s, ok := r.shifts[id]; ok && s.on(t) {
		return &s
	}
	return nil
}

// shiftText names what a rotation is on the date of an instant. Example: "team-1, night (22:00-06:00)".
func (r *Roster) shiftText(id string, at time.Time) i18n.Text {
	day := r.rotations[id].shiftAt(at.In(r.loc))
	s, ok := r.shifts[day]
	if !ok {
		return i18n.F("%s, off on this day", "%s，当日轮休", id)
	}
	hours := s.hours()
	return i18n.F("%[1]s, %[2]s (%[3]s)", "%[1]s，%[2]s（%[4]s）", id, day, hours.En, hours.Zh)
}
