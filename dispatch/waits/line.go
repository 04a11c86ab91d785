package waits

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
)

// Line is the posts from which a wait may come, without the case: all that decides the people on duty for the wait at an instant.
// Many cases have the same line.
type Line struct {
	Unit   roster.Unit       // of the first post
	Posts  []roster.PostID   // the nearest first, each asked where nobody is on duty at those before; at least one, which may be ""
	Barred []roster.PersonID // who may not act on the wait, sorted
}

// LineOf is the line of a wait of For.
func LineOf(c *city.City, cs *dispatch.Case, w Wait) Line {
	if w.What == Work || w.What == Duty { // one post alone, and nobody is barred
		return Line{Unit: w.Unit, Posts: []roster.PostID{w.Post}}
	}
	l := Line{Unit: w.Unit, Barred: barred(cs, w)}
	for _, post := range Posts(c, cs, w) {
		if !slices.Contains(l.Posts, post) {
			l.Posts = append(l.Posts, post)
		}
	}
	if l.Posts == nil {
		l.Posts = []roster.PostID{w.Post}
	}
	return l
}

// barred lists the people who may not act on a wait, sorted: on a check who worked on the case, on a decision who asked for it or
// granted it already.
func barred(cs *dispatch.Case, w Wait) []roster.PersonID {
	var out []roster.PersonID
	//exhaustive:ignore
	switch w.What {
	case Check:
		out = cs.Workers()
	case Decision:
		out = []roster.PersonID{cs.Request.By, cs.Request.GrantedBy}
	default:
		return nil
	}
	out = slices.DeleteFunc(out, func(p roster.PersonID) bool { return p == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

// Answerers lists the people on duty for the wait of a line at an instant: at the first post with people on duty and not barred, and
// there of the first such rank; else the person whom a rule for off hours names for the unit. Empty: there is nobody.
func (l Line) Answerers(c *city.City, at time.Time) []escalation.Recipient {
	unit := l.Unit
	for i, post := range l.Posts {
		if i > 0 {
			unit = c.UnitOf(post)
		}
		var to []escalation.Recipient
		for _, p := range c.Roster.OnDutyBut(post, at, l.Bars) {
			to = append(to, escalation.Recipient{Unit: unit, Post: post, Person: p})
		}
		if to != nil {
			return to
		}
	}
	return slices.DeleteFunc(escalation.OnDuty(c, l.Unit, l.Posts[0], at), func(r escalation.Recipient) bool { return l.Bars(r.Person) })
}

// Bars reports whether a person may not act on the wait.
func (l Line) Bars(person roster.PersonID) bool { return slices.Contains(l.Barred, person) }

// Kept is the line without the barred people who hold no post of a role that the line asks: without an absence for which such a person
// is the cover, the answerers are the same, and more cases have the same line.
func (l Line) Kept(c *city.City) Line {
	if len(l.Barred) == 0 {
		return l
	}
	asked := func(h roster.Holding) bool {
		return slices.ContainsFunc(l.Posts, func(post roster.PostID) bool {
			of := c.Roster.Holdings(post)
			return len(of) > 0 && of[0].Role == h.Role
		})
	}
	l.Barred = slices.DeleteFunc(slices.Clone(l.Barred), func(p roster.PersonID) bool {
		return !slices.ContainsFunc(c.Roster.HeldBy(p), asked)
	})
	return l
}

// Append appends a text from which ParseLine reads the line.
func (l Line) Append(to []byte) []byte {
	to = append(to, l.Unit.String()...)
	for _, post := range l.Posts {
		to = append(append(to, '\n'), post...)
	}
	for _, p := range l.Barred {
		to = append(append(to, "\n!"...), p...)
	}
	return to
}

// ParseLine reads the text of a line.
func ParseLine(text string) Line {
	var l Line
	for i, part := range strings.Split(text, "\n") {
		switch person, barred := strings.CutPrefix(part, "!"); {
		case i == 0:
			l.Unit, _ = roster.ParseUnit(part)
		case barred:
			l.Barred = append(l.Barred, roster.PersonID(person))
		default:
			l.Posts = append(l.Posts, roster.PostID(part))
		}
	}
	return l
}
