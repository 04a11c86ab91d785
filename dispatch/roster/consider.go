package roster

import (
	"time"
	"wangge/dispatch/say"
)

// Considered is one row of posts.csv that was looked at for a post, and why its person does or does
// not stand there.
type Considered struct {
	Holding
	Stands bool
	Why    say.Text
}

// Consider is OnDuty with its reasons: every row of the post by rank. The first that stands is who is
// on duty.
func (r *Roster) Consider(post PostID, at time.Time) []Considered {
	var out []Considered
	taken := false
	for _, h := range r.holdings[post] {
		c := Considered{Holding: h, Why: r.why(h, at)}
		switch {
		case c.Why != say.Text{}:
		case taken:
			c.Why = say.F("rank %d: somebody before is on duty", "次序 %d：前一顺位已在岗", h.Rank)
		default:
			c.Stands, taken = true, true
			c.Why = say.F("rank %d, on duty", "次序 %d，在岗", h.Rank)
			if h.Shift != "" {
				s := r.shifts[h.Shift]
				c.Why = say.F("rank %[1]d, on duty in shift %[2]s (%[3]s-%[4]s)", "次序 %[1]d，%[2]s 班在岗（%[3]s-%[4]s）", h.Rank, h.Shift, clock(s.From), clock(s.To))
			}
		}
		out = append(out, c)
	}
	return out
}

// why says what keeps a person from a post; zero when nothing does.
func (r *Roster) why(h Holding, at time.Time) say.Text {
	day := func(t time.Time) string { return t.In(r.loc).Format(time.DateOnly) }
	p, ok := r.people[h.Person]
	switch {
	case !ok:
		return say.F("is not in people.csv", "不在 people.csv 中")
	case !p.ActiveFrom.IsZero() && at.Before(p.ActiveFrom):
		return say.F("begins on %s", "自 %s 起任职", day(p.ActiveFrom))
	case !p.ActiveTo.IsZero() && !at.Before(p.ActiveTo):
		return say.F("left on %s", "已于 %s 离任", day(p.ActiveTo))
	case !h.From.IsZero() && at.Before(h.From):
		return say.F("holds the post from %s on", "自 %s 起担任该岗位", day(h.From))
	case !h.To.IsZero() && !at.Before(h.To):
		return say.F("held the post until %s", "该岗位任期至 %s", day(h.To))
	}
	if !r.onShift(h.Shift, at) {
		s, ok := r.shifts[h.Shift]
		if !ok {
			return say.F("shift %s does not exist", "班次 %s 不存在", h.Shift)
		}
		return say.F("off duty: shift %[1]s is %[2]s-%[3]s", "不在班：%[1]s 班为 %[2]s-%[3]s", h.Shift, clock(s.From), clock(s.To))
	}
	for _, a := range r.absences[h.Person] {
		if within(a.From, a.To, at) {
			return say.F("absent until %[1]s: %[2]s", "缺勤至 %[1]s：%[2]s", day(a.To), a.Reason)
		}
	}
	return say.Text{}
}

// clock is a time of day. Example: 08:30.
func clock(d time.Duration) string {
	if d == 24*time.Hour {
		return "24:00"
	}
	return time.Time{}.Add(d).Format("15:04")
}
