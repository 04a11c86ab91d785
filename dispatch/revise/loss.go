package revise

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
	"wangge/dispatch/waits"
	"wangge/grid"
)

// Loss is what an open case refers to and another revision of the city no longer has. Without repair nobody would be
// accountable for the case, find it, or be able to act on it.
type Loss struct {
	owner, place, judge, handler bool

	request, sent bool // the open request lapses; a milestone's inspector is gone

	platforms []roster.Unit // the one at which the case arrived, and those of its standing dispatches
	coOwners  []roster.Unit // those with an open duty

	Gone []Gone // each thing that is missing; nil = nothing
}

// Gone is one thing that a revision no longer has: a unit, a category or a person, whichever is set; of a unit or a category
// that stays, its post or the condition.
type Gone struct {
	Unit     roster.Unit
	Category catalog.Code
	Person   roster.PersonID
	Why      i18n.Text // for people

	Arbiter  bool // of a unit that is to rule on a case: gone, or nobody holds a post there that rules
	Platform bool // of a platform: the next one above takes its place under every policy
	Request  bool // of a unit that has asked for something: the request lapses under every policy
	Sent     bool // of an inspector who was sent to the place: the nearest one goes in their place under every policy
	Vacant   bool // of a unit that stays: its post has no holder
}

// decided reports whether it is decided under every policy what takes the place of the thing.
func (g *Gone) decided() bool { return g.Platform || g.Request || g.Sent }

// Any reports whether anything is missing.
func (l *Loss) Any() bool { return len(l.Gone) > 0 }

// Why says in words what is missing; nil = nothing.
func (l *Loss) Why() []i18n.Text {
	var out []i18n.Text
	for _, g := range l.Gone {
		out = append(out, g.Why)
	}
	return out
}

// LossOf finds what an open case would lose under another revision of the city at an instant: the owner's unit or
// post, the handler, the unit that rules, a co-owner with an open duty, an area of its place, its category or
// condition.
func LossOf(was, is *city.City, cs *dispatch.Case, at time.Time) Loss {
	l := Loss{}
	if !cs.Open() {
		return l
	}
	name := func(u roster.Unit) i18n.Text {
		n := was.UnitName(u)
		return i18n.F("%[2]s (%[1]s)", "%[2]s（%[1]s）", u, n)
	}
	unit := func(u roster.Unit, why i18n.Text) { l.Gone = append(l.Gone, Gone{Unit: u, Why: why}) }
	l.platforms = gonePlatforms(is, cs)
	for _, u := range l.platforms {
		n := name(u)
		l.Gone = append(l.Gone, Gone{Unit: u, Platform: true, Why: i18n.F("its platform %[1]s is gone", "所在平台%[1]s已撤销", n)})
	}
	if o := cs.Owner; o.IsPlatform() && slices.Contains(l.platforms, o.Unit) {
		l.owner = true
	} else if o.Unit != (roster.Unit{}) && !routing.HasPost(is, o) {
		l.owner = true
		n := name(o.Unit)
		if routing.HasUnit(is, o.Unit) {
			role, _, _ := strings.Cut(string(o.Post), "@")
			l.Gone = append(l.Gone, Gone{Unit: o.Unit, Vacant: true, Why: i18n.F("the post of %[1]s at %[2]s, its owner, has no holder",
				"责任单位%[2]s的%[1]s岗位无人任职", roster.Role(role).Words(), n)})
		} else {
			unit(o.Unit, i18n.F("its owner %[1]s is gone", "责任单位%[1]s已撤销", n))
		}
	}
	working := cs.Handler != "" && (cs.Stage == dispatch.Handling || cs.Stage == dispatch.Suspended)
	if !l.owner && working && !HoldsPost(is, cs, cs.Handler, at) {
		l.handler = true
		l.Gone = append(l.Gone, Gone{Person: cs.Handler, Why: i18n.F("its handler %[1]s holds no post at %[2]s or below", "处置人员%[1]s在%[2]s及其下级已无岗位",
			was.Person(cs.Handler), was.UnitName(cs.Owner.Unit))})
	}
	if u := cs.Arbiter; cs.Stage == dispatch.Arbitration && u != (roster.Unit{}) {
		g := Gone{Unit: u, Arbiter: true, Why: i18n.F("its arbiter %s is gone", "裁定单位%s已撤销", name(u))}
		if here := routing.HasUnit(is, u); here {
			g.Vacant, g.Why = true, i18n.F("its arbiter %s has no holder of a post that rules", "裁定单位%s的裁定岗位无人任职", name(u))
		}
		if l.judge = !g.Vacant || Rules(was, u) && !Rules(is, u); l.judge {
			l.Gone = append(l.Gone, g)
		}
	}
	for _, o := range cs.CoOwners {
		if unfinished(cs, &o) && !routing.HasPost(is, o.Owner) {
			l.coOwners = append(l.coOwners, o.Unit)
			n := name(o.Unit)
			if routing.HasUnit(is, o.Unit) {
				role, _, _ := strings.Cut(string(o.Post), "@")
				l.Gone = append(l.Gone, Gone{Unit: o.Unit, Vacant: true, Why: i18n.F("the post of %[1]s at %[2]s, its co-owner, has no holder",
					"协办单位%[2]s的%[1]s岗位无人任职", roster.Role(role).Words(), n)})
			} else {
				unit(o.Unit, i18n.F("its co-owner %s is gone", "协办单位%s已撤销", n))
			}
		}
	}
	l.ofParts(is, cs, name, at)
	for _, id := range cs.Place.Areas {
		if is.Areas[id] == nil {
			l.place = true
			u := roster.Unit{Kind: roster.UnitArea, ID: string(id)}
			n := name(u)
			unit(u, i18n.F("%s, in which it lies, is gone", "所在区域%s已撤销", n))
		}
	}
	if why := Unclassified(is, was, cs); why != (i18n.Text{}) {
		if is.Categories[cs.Category] == nil {
			n := was.CategoryName(cs.Category)
			why = i18n.F("category %[2]s (%[1]s) is gone from the table", "类别“%[2]s”（%[1]s）已从分类表中删除", cs.Category, n)
		}
		l.Gone = append(l.Gone, Gone{Category: cs.Category, Why: why})
	}
	return l
}

// ofParts adds the open request and the milestones of inspectors, as far as the case stays with its owner. Milestones of co-owners go with
// these.
func (l *Loss) ofParts(is *city.City, cs *dispatch.Case, name func(roster.Unit) i18n.Text, at time.Time) {
	if fateOf(is, cs, cs.Owner, cs.Rule, cs.Place, at) == lapses {
		l.request = true
		_, u, _ := askedFrom(cs.Request.Post)
		n := name(u)
		l.Gone = append(l.Gone, Gone{Unit: u, Request: true, Why: i18n.F("%s, which has asked for a decision, is gone or has the post no more",
			"提出申请的 %[2]s 已撤销或已无该岗位", n.En, n.Zh)})
	}
	for i := range cs.Milestones {
		if m := &cs.Milestones[i]; vacantMilestone(is, m) {
			l.sent = true
			n := name(m.Unit)
			l.Gone = append(l.Gone, Gone{Unit: m.Unit, Sent: true, Why: i18n.F("the inspector of %s, who was sent to the place, is gone",
				"派往现场的 %[2]s 巡查岗位已撤销", n.En, n.Zh)})
		}
	}
}

// Before removes from a loss what the case has lacked already under the revision before: no later revision took it away.
func (l *Loss) Before(earlier Loss) {
	l.Gone = slices.DeleteFunc(l.Gone, func(g Gone) bool {
		return slices.ContainsFunc(earlier.Gone, func(e Gone) bool {
			return e.Same(&g) && e.decided() == g.decided()
		})
	})
}

// Same reports whether two are the same thing, missing for the same part in a case: the arbiter, or another.
func (g *Gone) Same(o *Gone) bool {
	return g.Unit == o.Unit && g.Category == o.Category && g.Person == o.Person && g.Arbiter == o.Arbiter
}

// Rules reports whether somebody at a unit holds a post that rules in a dispute.
func Rules(c *city.City, u roster.Unit) bool {
	return slices.ContainsFunc(rights.Rulers, func(r roster.Role) bool {
		_, held := c.Roster.Post(u, r)
		return held
	})
}

// arbiter is the unit that rules in place of one that is gone or vacant, and whether a successor is named. Without a successor the unit
// is the one that stays, else the common superior of those who returned the case. Where nobody rules at the unit, the next one above with
// such a post does.
func arbiter(is *city.City, cs *dispatch.Case, s *city.Successors) (u roster.Unit, named bool) {
	if u, named = heir(is, s, cs.Arbiter); !named {
		if u = cs.Arbiter; !routing.HasUnit(is, u) {
			u = routing.CommonSuperior(is, cs.Refused)
		}
	}
	for up := range escalation.Upwards(is, u) {
		if Rules(is, up) {
			return up, named
		}
	}
	return u, named
}

// HoldsPost reports whether a person holds a post at the owner of a case or below, or stands in off hours at the owner's.
func HoldsPost(c *city.City, cs *dispatch.Case, person roster.PersonID, at time.Time) bool {
	_, holds := escalation.PostAtOwner(c, cs, person, at)
	return holds || slices.ContainsFunc(waits.StandsIn(c, cs, person, at), func(h roster.Holding) bool { return h.Unit == cs.Owner.Unit })
}

// Unclassified says that a city lacks the category or the condition of a case; none when it has both. before is a city
// that has a name for the category.
func Unclassified(c, before *city.City, cs *dispatch.Case) i18n.Text {
	if c.Categories[cs.Category] == nil {
		n := before.CategoryName(cs.Category)
		return i18n.F("category %[2]s (%[1]s) is gone from the table; reclassify the case", "类别“%[2]s”（%[1]s）已从分类表中删除，请先改类", cs.Category, n)
	}
	if _, err := sla.ConditionOf(c, cs.Category, cs.Condition); err != nil {
		return i18n.F("category %[3]s (%[1]s) has no condition %[2]q any more; reclassify the case", "类别“%[3]s”（%[1]s）已没有立案条件 %[2]q，请先改类", cs.Category, cs.Condition, c.CategoryName(cs.Category))
	}
	return i18n.Text{}
}

// repair replaces what is missing by the named successor. Without one: an area by redrawn ground, an owner by rule, a handler
// by the post, an arbiter by the common superior.
func (m *Move) repair(was, is *city.City, cs *dispatch.Case, l *Loss, s city.Successors, at time.Time) {
	for _, g := range l.Gone {
		if g.Unit != (roster.Unit{}) && !routing.HasUnit(is, g.Unit) && !slices.Contains(m.Gone, g.Unit) {
			m.Gone = append(m.Gone, g.Unit)
		}
	}
	m.lapses, m.sent = l.request, l.sent
	if l.place {
		m.Place = remainingPlace(is, cs)
	}
	if l.judge {
		if next, _ := arbiter(is, cs, &s); next != cs.Arbiter {
			m.Arbiter = next
		}
	}
	m.repairOwner(was, is, cs, l, s, at)
	after := *cs
	after.Owner = m.Is
	if next, named := personHeir(is, &after, &s, at); l.handler && named {
		m.Handler = next
		return
	}
	m.Freed = l.handler || l.owner && cs.Handler != "" && cs.Stage != dispatch.Checking
}

// takeOver gives the case to another owner in place of the one that is gone: the successor that is named, the post that acts for
// the owner's unit now, or the decision of the rules.
func (m *Move) takeOver(is *city.City, cs *dispatch.Case, s city.Successors, d routing.Decision) {
	if next, ok := successor(is, s, cs.Owner.Unit); ok {
		m.Is, m.Rule = next, dispatch.BySuccessor
		return
	}
	if cs.Owner.IsPlatform() {
		m.Is, m.Rule = d.Owner, d.Rule
		return
	}
	if routing.HasPost(is, m.Is) {
		return
	}
	if post, ok := routing.EffectivePost(is, cs.Owner.Unit); ok && routing.HasUnit(is, cs.Owner.Unit) {
		m.Is.Post = post
		return
	}
	if d.Owner.Unit != cs.Owner.Unit || routing.HasPost(is, d.Owner) {
		m.Is, m.Rule = d.Owner, d.Rule
	}
}

// classified is a case under the successor of its category, when the category is gone and the city has the one that is
// named. The condition is that of the same number, or the first one; the severity never becomes less.
func classified(is *city.City, cs *dispatch.Case, s city.Successors) *dispatch.Case {
	next, named := categoryHeir(is, &s, cs.Category)
	if is.Categories[cs.Category] != nil || !named {
		return cs
	}
	cond, err := sla.ConditionOf(is, next.Code, cs.Condition)
	if err != nil {
		cond, err = sla.ConditionOf(is, next.Code, "")
	}
	if err != nil {
		return cs
	}
	n := *cs
	n.Category, n.Condition = next.Code, cond.ID
	n.Severity = mostSevere(cs.Severity, cond.Severity)
	return &n
}

// mostSevere is the more severe of two; a severity that is not known is the least.
func mostSevere(a, b catalog.Severity) catalog.Severity {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
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
func Preserve(was, is *city.City, cs *dispatch.Case, s city.Successors, at time.Time) (Move, Loss) {
	l := LossOf(was, is, cs, at)
	n := classified(is, cs, s)
	m := unchanged(n)
	n = m.mend(was, is, n, s, at)
	m.classify(cs, n)
	m.Lost, m.repairOnly = l.Why(), true
	m.repair(was, is, n, &l, s, at)
	if k, ok := m.reclock(was, is, n); ok {
		m.DueIs = k.Due
	}
	return m, l
}

// Undecided returns the part of a loss that neither policy nor successors decide.
func Undecided(is *city.City, cs *dispatch.Case, l *Loss, s city.Successors, kept bool, at time.Time) []Gone {
	var out []Gone
	for _, g := range l.Gone {
		var named bool
		switch {
		case g.Category != "":
			named = classified(is, cs, s) != cs || !kept && is.Categories[g.Category] != nil
		case g.Person != "":
			_, named = personHeir(is, cs, &s, at)
			named = named || !kept
		case g.decided():
			named = true
		case g.Arbiter:
			_, named = arbiter(is, cs, &s)
			named = named || !kept
		default:
			_, named = successor(is, s, g.Unit)
			named = named || !kept
		}
		if !named {
			out = append(out, g)
		}
	}
	return out
}

// Repairs reports whether a move replaces anything that a case would lose. A category that is gone and has no successor
// changes nothing by itself: it stays on the case.
func (m *Move) Repairs(cs *dispatch.Case) bool {
	return m.Owner() || m.Freed || m.lapses || m.sent || m.Category != "" || m.Handler != "" || m.Arbiter != (roster.Unit{}) ||
		m.Chain != nil || m.Platform != nil ||
		!slices.Equal(m.Place.Areas, cs.Place.Areas) ||
		!slices.Equal(m.CoOwners, cs.CoOwners)
}
