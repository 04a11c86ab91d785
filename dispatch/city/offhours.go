package city

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// OffHours is a declared rule of city.yaml on who answers when nobody stands at the post of a unit,
// so that an empty desk is never silent. Example: {units: "department:*", answers: "duty_chief@area:230100"}.
type OffHours struct {
	Units   string // unit, KIND:* or *
	Answers string // a post, or "superior": the nearest one above who is on duty
}

// Fits reports whether the rule is about a unit.
func (o OffHours) Fits(u roster.Unit) bool {
	text := u.String()
	if all, ok := strings.CutSuffix(o.Units, "*"); ok {
		return strings.HasPrefix(text, all)
	}
	return o.Units == text
}

// Standing is who answers for a post at an instant.
type Standing struct {
	Unit     roster.Unit
	Post     roster.PostID // where the person stands: the post asked for, or the one of an off-hours rule
	Person   roster.PersonID
	OffHours string // the rule that put the person there; "" = on duty at the post. Example: "department:*"
}

// Standing names who answers for a unit's post at an instant: who is on duty there, or whom the first
// fitting off-hours rule names. False: nobody does.
func (c *City) Standing(u roster.Unit, post roster.PostID, at time.Time) (Standing, bool) {
	if p, ok := c.Roster.OnDuty(post, at); ok {
		return Standing{Unit: u, Post: post, Person: p}, true
	}
	for _, o := range c.OffHours {
		if !o.Fits(u) {
			continue
		}
		if o.Answers != Superior {
			p, ok := c.Roster.OnDuty(roster.PostID(o.Answers), at)
			return Standing{Unit: c.UnitOf(roster.PostID(o.Answers)), Post: roster.PostID(o.Answers), Person: p, OffHours: o.Units}, ok
		}
		unit, post, p, ok := c.Roster.Superior(u, 1, at)
		return Standing{Unit: unit, Post: post, Person: p, OffHours: o.Units}, ok
	}
	return Standing{}, false
}

// Superior in an off-hours rule hands the unit's duty to the nearest one above.
const Superior = "superior"

// UnitOf is the unit of a post.
func (c *City) UnitOf(post roster.PostID) roster.Unit {
	if hs := c.Roster.Holdings(post); len(hs) > 0 {
		return hs[0].Unit
	}
	return roster.Unit{}
}

// offHours checks the rules of city.yaml.
func (l *loader) offHours() {
	const file = "city.yaml"
	for i, o := range l.c.OffHours {
		kind, id, _ := strings.Cut(o.Units, ":")
		u, err := roster.ParseUnit(o.Units)
		if o.Units != "*" && !(id == "*" && slices.Contains([]string{"area", "department", "section", "point"}, kind)) && (err != nil || !l.c.exists(u)) {
			l.Add(file, 0, i18n.F("off_hours %[1]d: units %[2]q name nothing", "off_hours 第 %[1]d 条：units %[2]q 不存在", i+1, o.Units), i18n.F(`write "department:*", "area:*", "*" or one unit`, `请写 "department:*"、"area:*"、"*" 或某个单位`))
		}
		if o.Answers != Superior && l.c.UnitOf(roster.PostID(o.Answers)) == (roster.Unit{}) {
			l.Add(file, 0, i18n.F("off_hours %[1]d: nobody holds the post %[2]q", "off_hours 第 %[1]d 条：岗位 %[2]q 无人担任", i+1, o.Answers), i18n.F("write superior, or a post of posts.csv: duty_chief@area:%s", "请写 superior，或 posts.csv 中的岗位：duty_chief@area:%s", l.c.Root))
		}
	}
}
