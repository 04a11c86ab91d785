package revise

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
	"wangge/grid"
)

// Loss is what an open case refers to and another revision of the city no longer has. Without repair nobody would be
// accountable for the case, find it, or be able to act on it.
type Loss struct {
	owner, place, judge, handler bool
	coOwners                     []roster.Unit // those with an open duty

	Why []i18n.Text // one for each thing that is missing; nil = nothing
}

// Any reports whether anything is missing.
func (l *Loss) Any() bool { return len(l.Why) > 0 }

// LossOf finds what an open case would lose under another revision of the city at an instant: the owner's unit or
// post, the handler, the unit that rules, a co-owner with an open duty, an area of its place, its category or
// condition.
func LossOf(was, is *city.City, cs *dispatch.Case, at time.Time) Loss {
	l := Loss{}
	if !cs.Open() {
		return l
	}
	gone := func(why i18n.Text) { l.Why = append(l.Why, why) }
	name := func(u roster.Unit) i18n.Text {
		n := was.UnitName(u)
		return i18n.F("%[1]s %[2]s", "%[1]s %[3]s", u, n.En, n.Zh)
	}
	if o := cs.Owner; o.Unit != (roster.Unit{}) && !routing.HasPost(is, o) {
		l.owner = true
		n := name(o.Unit)
		if routing.HasUnit(is, o.Unit) {
			gone(i18n.F("the post %[1]s of its owner %[2]s is gone", "责任单位 %[3]s 的岗位 %[1]s 已取消", o.Post, n.En, n.Zh))
		} else {
			gone(i18n.F("its owner %[1]s is gone", "责任单位 %[2]s 已撤销", n.En, n.Zh))
		}
	}
	working := cs.Handler != "" && (cs.Stage == dispatch.Handling || cs.Stage == dispatch.Suspended)
	if !l.owner && working && !HoldsPost(is, cs, cs.Handler, at) {
		l.handler = true
		gone(i18n.F("its handler %[1]s holds no post at %[2]s or below", "处置人员 %[1]s 在 %[2]s 及其下属已无岗位", cs.Handler, cs.Owner.Unit))
	}
	if cs.Stage == dispatch.Arbitration && cs.Arbiter != (roster.Unit{}) && !routing.HasUnit(is, cs.Arbiter) {
		l.judge = true
		n := name(cs.Arbiter)
		gone(i18n.F("%s, which was to rule on it, is gone", "负责裁定的 %[2]s 已撤销", n.En, n.Zh))
	}
	for _, o := range cs.CoOwners {
		if o.Done.IsZero() && !routing.HasPost(is, o.Owner) {
			l.coOwners = append(l.coOwners, o.Unit)
			n := name(o.Unit)
			gone(i18n.F("its co-owner %s is gone", "协办单位 %[2]s 已撤销", n.En, n.Zh))
		}
	}
	for _, id := range cs.Place.Areas {
		if is.Areas[id] == nil {
			l.place = true
			n := name(roster.Unit{Kind: roster.UnitArea, ID: string(id)})
			gone(i18n.F("%s, in which it lies, is gone", "所在区域 %[2]s 已撤销", n.En, n.Zh))
		}
	}
	if why := Unclassified(is, was, cs); why != (i18n.Text{}) {
		gone(why)
	}
	return l
}

// HoldsPost reports whether a person holds a post at the owner of a case or below.
func HoldsPost(c *city.City, cs *dispatch.Case, person roster.PersonID, at time.Time) bool {
	_, holds := escalation.PostAtOwner(c, cs, person, at)
	return holds
}

// Unclassified says that a city lacks the category or the condition of a case; none when it has both. before is a city
// that has a name for the category.
func Unclassified(c, before *city.City, cs *dispatch.Case) i18n.Text {
	if c.Categories[cs.Category] == nil {
		n := before.CategoryName(cs.Category)
		return i18n.F("category %[1]s %[2]s is gone from the table; reclassify the case", "类别 %[1]s %[3]s 已从分类表中删除，请先改类", cs.Category, n.En, n.Zh)
	}
	if _, err := sla.ConditionOf(c, cs.Category, cs.Condition); err != nil {
		return i18n.F("category %[1]s has no condition %[2]q any more; reclassify the case", "类别 %[1]s 已没有立案条件 %[2]q，请先改类", cs.Category, cs.Condition)
	}
	return i18n.Text{}
}

// repair replaces what a case would lose and leaves the rest of the move as it is: the place as the ground is drawn now,
// or the areas that remain; the owner that the rules name there, or the last rule when the category is gone; the post
// in place of the handler; the common superior in place of the unit that was to rule.
func (m *Move) repair(is *city.City, cs *dispatch.Case, l *Loss, at time.Time) {
	if l.place {
		m.Place = remainingPlace(is, cs)
	}
	if l.judge {
		m.Arbiter = routing.CommonSuperior(is, cs.Refused)
	}
	m.Freed = l.handler || l.owner && cs.Handler != "" && cs.Stage != dispatch.Checking
	if !l.owner && len(l.coOwners) == 0 {
		return
	}
	d, err := platform.Route(is, cs, m.Place, at)
	if err != nil {
		d = catchAll(is, m.Place)
	}
	if l.owner && !routing.HasPost(is, m.Is) {
		if post, ok := routing.EffectivePost(is, cs.Owner.Unit); ok && routing.HasUnit(is, cs.Owner.Unit) {
			m.Is.Post = post
		} else {
			m.Is, m.Rule = d.Owner, d.Rule
		}
	}
	var co []dispatch.CoOwner
	for _, o := range m.CoOwners {
		if !slices.Contains(l.coOwners, o.Unit) && o.Unit != m.Is.Unit {
			co = append(co, o)
		}
	}
	for _, o := range d.CoOwners {
		if o.Unit != m.Is.Unit && !slices.ContainsFunc(co, func(k dispatch.CoOwner) bool { return k.Unit == o.Unit }) {
			co = append(co, coOwnerUnder(is, cs, o))
		}
	}
	m.CoOwners = co
}

// remainingPlace is the place of a case as another revision draws the ground. A case outside of that ground lies in those
// of its areas that remain, at least in the city.
func remainingPlace(is *city.City, cs *dispatch.Case) dispatch.Place {
	p, err := routing.PlaceIn(is, cs)
	if err != nil {
		p = cs.Place
		p.Areas = []grid.AreaID{is.Root}
		for _, id := range cs.Place.Areas {
			if id != is.Root && is.Areas[id] != nil {
				p.Areas = append(p.Areas, id)
			}
		}
		p.Sections = slices.DeleteFunc(slices.Clone(p.Sections), func(id city.SectionID) bool { return is.Sections[id] == nil })
	}
	return p
}

// catchAll is the decision of the catch-all rule.
func catchAll(c *city.City, p dispatch.Place) routing.Decision {
	r := &c.Rules[len(c.Rules)-1]
	o, ok := routing.Resolve(c, r.Owner, routing.GroundOf(p), nil)
	if !ok {
		root := routing.Root(c)
		post, _ := routing.EffectivePost(c, root)
		o = dispatch.Owner{Kind: r.Owner.Kind, Unit: root, Post: post}
	}
	return routing.Decision{Owner: o, Rule: r.ID, Fallback: true}
}

// Preserve is the move of a case that changes only in what it would lose.
func Preserve(was, is *city.City, cs *dispatch.Case, at time.Time) (Move, Loss) {
	m := unchanged(cs)
	l := LossOf(was, is, cs, at)
	m.Lost, m.repairOnly = l.Why, true
	m.repair(is, cs, &l, at)
	if k, ok := m.reclock(was, is, cs); ok {
		m.DueIs = k.Due
	}
	return m, l
}

// Repairs reports whether a move replaces anything that a case would lose. A category that is gone changes nothing by
// itself: it stays on the case.
func (m *Move) Repairs(cs *dispatch.Case) bool {
	return m.Owner() || m.Freed || m.Arbiter != (roster.Unit{}) || !slices.Equal(m.Place.Areas, cs.Place.Areas) ||
		!slices.Equal(m.CoOwners, cs.CoOwners)
}
