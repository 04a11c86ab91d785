package roster

import (
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/i18n"
)

// Considered is one row of posts.csv that was considered for a post, and the reason why its person is or is not on
// duty.
type Considered struct {
	Holding
	For    PersonID // the person whom Person covers; empty for a row's own person
	OnCall bool     // the first row that is on duty
	Why    i18n.Text
}

// Consider is OnDuty with reasons: every row of the post by rank. The first row on duty provides the on-call person.
func (r *Roster) Consider(post PostID, at time.Time) []Considered {
	var out []Considered
	taken := false
	for _, h := range r.holdings[post] {
		c := Considered{Holding: h, Why: r.offDutyReason(h, at)}
		switch {
		case c.Why != i18n.Text{}:
		case taken:
			c.Why = i18n.F("rank %d: somebody before is on duty", "次序 %d：前一顺位已在岗", h.Rank)
		default:
			c.OnCall, taken = true, true
			c.Why = i18n.F("rank %d, on duty", "次序 %d，在岗", h.Rank)
			if h.Shift != "" {
				c.Why = r.onDutyReason(h, at)
			}
		}
		out = append(out, c)
		if in, ok := r.coverFor(h, at); ok {
			in.OnCall = !taken
			if taken {
				in.Why = i18n.F("rank %d: somebody before is on duty", "次序 %d：前一顺位已在岗", h.Rank)
			}
			taken = true
			out = append(out, in)
		}
	}
	return out
}

// onDutyReason says by which shift or rotation a person is on duty.
func (r *Roster) onDutyReason(h Holding, at time.Time) i18n.Text {
	if _, rotates := r.rotations[h.Shift]; rotates {
		at = at.In(r.loc)
		day := at
		if s := r.shiftOn(h.Shift, at); s == nil || timeOfDay(at) < s.From { // the shift of the evening before
			day = time.Date(at.Year(), at.Month(), at.Day()-1, 12, 0, 0, 0, r.loc)
		}
		text := r.shiftText(h.Shift, day)
		return i18n.F("rank %[1]d, on duty in rotation %[2]s", "次序 %[1]d，轮班在岗：%[3]s", h.Rank, text.En, text.Zh)
	}
	s := r.shifts[h.Shift]
	hours := s.hours()
	return i18n.F("rank %[1]d, on duty in shift %[2]s (%[3]s)", "次序 %[1]d，%[2]s 班在岗（%[4]s）", h.Rank, h.Shift, hours.En, hours.Zh)
}

// timeOfDay is the wall clock of an instant since midnight.
func timeOfDay(t time.Time) time.Duration {
	h, m, s := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
}

// coverFor returns the person who covers for an absent one; ok is false if nobody does.
func (r *Roster) coverFor(h Holding, at time.Time) (Considered, bool) {
	if !r.Active(h.Person, at) || !within(h.From, h.To, at) || !r.onShift(h.Shift, at) || !r.absent(h.Person, at) {
		return Considered{}, false
	}
	a, ok := r.covered(h.Person, at)
	if !ok {
		return Considered{}, false
	}
	absent := r.people[a.Person]
	h.Person = a.Cover
	until := r.stamp(a.To)
	return Considered{Holding: h, For: absent.ID, Why: i18n.F("rank %[1]d, covers for %[2]s %[3]s until %[4]s", "次序 %[1]d，代 %[3]s（%[2]s）至 %[4]s", h.Rank, absent.ID, absent.Name, until)}, true
}

// offDutyReason returns what keeps a person off a post, or zero.
func (r *Roster) offDutyReason(h Holding, at time.Time) i18n.Text {
	day := r.stamp
	p, ok := r.people[h.Person]
	switch {
	case !ok:
		return i18n.F("is not in people.csv", "不在 people.csv 中")
	case !p.ActiveFrom.IsZero() && at.Before(p.ActiveFrom):
		return i18n.F("begins on %s", "自 %s 起任职", day(p.ActiveFrom))
	case !p.ActiveTo.IsZero() && !at.Before(p.ActiveTo):
		return i18n.F("left on %s", "已于 %s 离任", day(p.ActiveTo))
	case !h.From.IsZero() && at.Before(h.From):
		return i18n.F("holds the post from %s on", "自 %s 起担任该岗位", day(h.From))
	case !h.To.IsZero() && !at.Before(h.To):
		return i18n.F("held the post until %s", "该岗位任期至 %s", day(h.To))
	}
	if !r.onShift(h.Shift, at) {
		if !r.HasShift(h.Shift) {
			return i18n.F("shift %s does not exist", "班次 %s 不存在", h.Shift)
		}
		if _, rotates := r.rotations[h.Shift]; rotates {
			text := r.shiftText(h.Shift, at)
			return i18n.F("off duty: rotation %[1]s", "不在班：轮班 %[2]s", text.En, text.Zh)
		}
		s := r.shifts[h.Shift]
		hours := s.hours()
		return i18n.F("off duty: shift %[1]s is %[2]s", "不在班：%[1]s 班为 %[3]s", h.Shift, hours.En, hours.Zh)
	}
	for _, a := range r.absences[h.Person] {
		if within(a.From, a.To, at) {
			if a.Reason == "" {
				return i18n.F("absent until %s", "缺勤至 %s", day(a.To))
			}
			return i18n.F("absent until %[1]s: %[2]s", "缺勤至 %[1]s：%[2]s", day(a.To), a.Reason)
		}
	}
	return i18n.Text{}
}

// stamp formats a date, with the time of day unless the date begins then.
func (r *Roster) stamp(t time.Time) string {
	t = t.In(r.loc)
	switch {
	case t.Equal(calendar.StartOfDay(t.Year(), t.Month(), t.Day(), r.loc)):
		return t.Format(time.DateOnly)
	case t.Second() == 0:
		return t.Format("2006-01-02 15:04")
	default:
		return t.Format(time.DateTime)
	}
}

// hours formats the duty hours of a shift. Example: 08:30-17:00.
func (s *Shift) hours() i18n.Text {
	if s.From == s.To {
		return i18n.F("%[1]s-%[1]s of the next day", "%[1]s-次日 %[1]s", clock(s.From))
	}
	return i18n.F("%s-%s", "%s-%s", clock(s.From), clock(s.To))
}

// clock formats a time of day. Example: 08:30.
func clock(d time.Duration) string {
	if d == 24*time.Hour {
		return "24:00"
	}
	return time.Time{}.Add(d).Format("15:04")
}
