package city

import (
	"strings"
	"time"

	"wangge/dispatch/city/roster"
)

// OffHours is a rule of city.yaml that names who answers for a unit while its post has no on-call person, so that no
// duty is ever unfilled. Example: {units: "department:*", answers: "duty_chief@area:230100"}.
type OffHours struct {
	Units   string // unit, KIND:* or *
	Answers string // a post, or "superior": the nearest superior on duty
}

// Fits reports whether the rule covers a unit.
func (o OffHours) Fits(u roster.Unit) bool {
	text := u.String()
	if all, ok := strings.CutSuffix(o.Units, "*"); ok {
		return strings.HasPrefix(text, all)
	}
	return o.Units == text
}

// OnCall is the person who answers for a post at an instant.
type OnCall struct {
	Unit     roster.Unit
	Post     roster.PostID // the person's post: the post asked for, or that of an off-hours rule
	Person   roster.PersonID
	OffHours string // the off-hours rule that chose the person; "" = on duty at the post. Example: "department:*"
}

// OnCall returns who answers for a unit's post at an instant: the on-call person of the post, else the person that
// the first fitting off-hours rule names. ok is false if there is nobody.
func (c *City) OnCall(u roster.Unit, post roster.PostID, at time.Time) (OnCall, bool) {
	if p, ok := c.Roster.OnDuty(post, at); ok {
		return OnCall{Unit: u, Post: post, Person: p}, true
	}
	for _, o := range c.OffHours {
		if !o.Fits(u) {
			continue
		}
		if o.Answers != Superior {
			p, ok := c.Roster.OnDuty(roster.PostID(o.Answers), at)
			return OnCall{Unit: c.UnitOf(roster.PostID(o.Answers)), Post: roster.PostID(o.Answers), Person: p, OffHours: o.Units}, ok
		}
		s, ok := c.Roster.Superior(u, 1, at)
		return OnCall{Unit: s.Unit, Post: s.Post, Person: s.Person, OffHours: o.Units}, ok
	}
	return OnCall{}, false
}

// Superior in an off-hours rule passes the unit's duty to the nearest superior.
const Superior = "superior"

// UnitOf returns the unit of a post.
func (c *City) UnitOf(post roster.PostID) roster.Unit {
	if hs := c.Roster.Holdings(post); len(hs) > 0 {
		return hs[0].Unit
	}
	return roster.Unit{}
}

// QuietHours is the time of each day in which the service disturbs nobody but for severity A. Both ends are lengths of time
// on the clock since midnight, in the city's zone; To may lie before From, then the quiet hours pass midnight. The zero
// QuietHours, and any with two equal ends, are none.
type QuietHours struct {
	From, To time.Duration
}

// DefaultQuietHours are those of a city that says nothing: from 22:00 to 06:30.
var DefaultQuietHours = QuietHours{From: 22 * time.Hour, To: 6*time.Hour + 30*time.Minute}

// QuietUntil is the end of the quiet hours within which an instant lies; zero when it lies outside of them. The end lies
// outside.
func (c *City) QuietUntil(at time.Time) time.Time {
	q := c.Quiet
	local := at.In(c.Location)
	of := sinceMidnight(local)
	day := 0
	switch {
	case q.From == q.To:
		return time.Time{}
	case q.From < q.To && (of < q.From || of >= q.To):
		return time.Time{}
	case q.From > q.To && of >= q.From:
		day = 1
	case q.From > q.To && of >= q.To:
		return time.Time{}
	}
	end := time.Date(local.Year(), local.Month(), local.Day()+day, int(q.To/time.Hour), int(q.To%time.Hour/time.Minute), 0, 0, c.Location)
	switch shown := sinceMidnight(end); { // clocks put forward skip the end: the change is the end
	case shown < q.To:
		_, end = end.ZoneBounds()
	case shown > q.To:
		end, _ = end.ZoneBounds()
	}
	for !end.After(at) { // clocks put back show the end twice
		end = end.Add(time.Hour)
	}
	if next := c.QuietUntil(end); !next.IsZero() { // the change skips all of the time between two nights
		return next
	}
	return end
}

// sinceMidnight is the time that a clock shows at an instant.
func sinceMidnight(at time.Time) time.Duration {
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
}
