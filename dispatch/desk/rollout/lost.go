package rollout

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/revise"
)

// LostCase is an open case that names something that a proposal removes.
type LostCase struct {
	Case dispatch.CaseID
	Why  []i18n.Text // one for each missing thing
}

// MaxLost bounds the lost cases that a plan lists; all are counted.
const MaxLost = 200

// Removal is a unit, a category or a person that open cases name and a proposal removes, or of which it removes the post or
// the condition.
type Removal struct {
	revise.Gone           // Why: that of the first case
	Name        i18n.Text // as last used
	Fix         i18n.Text // of a post without a holder, what to do; of a platform, what becomes of its cases; zero = it is removed
	Cases       int       // open cases that name it; 0 = the successor that is named decides nothing
	Undecided   int       // of these, the ones for which the proposal names no choice
}

// LostError refuses a proposal that leaves open cases without an owner, a handler or a category of the city, and names
// neither a policy nor a successor that decides what becomes of them. Nothing was changed.
type LostError struct {
	Cases []LostCase // at most MaxLost: what is undecided about each
	Count int        // all of them
}

// Error implements error.
func (e *LostError) Error() string {
	if e.Count == 1 {
		return "1 open case names what the revision no longer has; name successors, or move or reroute it"
	}
	return fmt.Sprintf("%d open cases name what the revision no longer has; name successors, or move or reroute them", e.Count)
}

// losses fills in the open cases that the proposal would leave without an owner, and adds a gap for each act that
// nobody could do on some of them. What a case has lacked already before the proposal does not count.
func (d *Rollouts) losses(ctx context.Context, p *Plan, was, is *city.City, from time.Time) error {
	if err := d.view.CaughtUp(ctx); err != nil {
		return err
	}
	idle, first := map[dispatch.Act]int{}, map[dispatch.Act]dispatch.CaseID{}
	err := d.eachOpen(ctx, 0, func() error { return nil }, func(cs *dispatch.Case) {
		cs = p.settled(was, cs, from)
		l := revise.LossOf(was, is, cs, from)
		l.Before(revise.LossOf(was, was, cs, from))
		if l.Any() {
			p.lose(cs, &l, from)
		}
		if act := lifecycle.BlockedAct(was, is, cs, from); act != "" {
			if idle[act]++; idle[act] == 1 {
				first[act] = cs.ID
			}
		}
	})
	p.idleSuccessors()
	for _, act := range slices.Sorted(maps.Keys(idle)) {
		name, cases := act.Text(), i18n.F("%d open {case|cases}", "%d 件未结案件", idle[act])
		p.Opened = append(p.Opened, Gap{
			Reason: LostAct,
			Text:   i18n.F("nobody could do %[1]q on %[2]s any more, the first %[3]s", "将无人可对 %[2]s执行「%[1]s」，首件为 %[3]s", name, cases, first[act]),
			Add:    i18n.F("keep a post of one of these roles at their area, their owner or the city: %s", "请在其区域、责任单位或全市保留以下角色之一的岗位：%s", lifecycle.RolesOf(act)),
		})
	}
	return err
}

// lose adds an open case that names what the proposal removes.
func (p *Plan) lose(cs *dispatch.Case, l *revise.Loss, at time.Time) {
	if p.LostCount++; len(p.Lost) < MaxLost {
		p.Lost = append(p.Lost, LostCase{cs.ID, l.Why()})
	}
	open := revise.Undecided(p.is, cs, l, p.heirs, p.kept, at)
	for i, g := range l.Gone {
		same := func(o revise.Gone) bool { return o.Same(&g) }
		if slices.ContainsFunc(l.Gone[:i], same) {
			continue // the case counts once
		}
		r := p.removal(g)
		r.Cases++
		if slices.ContainsFunc(open, same) {
			r.Undecided++
		}
	}
	if len(open) == 0 {
		return
	}
	if p.UndecidedCount++; len(p.Undecided) < MaxLost {
		u := LostCase{Case: cs.ID}
		for _, g := range open {
			u.Why = append(u.Why, g.Why)
		}
		p.Undecided = append(p.Undecided, u)
	}
}

// undecided says what neither policy nor successors decide about an open case.
func (p *Plan) undecided(was, is *city.City, cs *dispatch.Case, at time.Time) []i18n.Text {
	l := revise.LossOf(was, is, cs, at)
	l.Before(revise.LossOf(was, was, cs, at))
	var out []i18n.Text
	for _, g := range revise.Undecided(p.is, cs, &l, p.heirs, p.kept, at) {
		out = append(out, g.Why)
	}
	return out
}

// idleSuccessors adds a row without cases for each successor that decides nothing: no open case names what it succeeds.
func (p *Plan) idleSuccessors() {
	why := i18n.F("no open case names it: the successor decides nothing", "没有未结案件涉及，指定的承接者不起作用")
	for _, u := range slices.SortedFunc(maps.Keys(p.heirs.Units), compareUnits) {
		if !slices.ContainsFunc(p.Removed, func(r Removal) bool { return r.Unit == u }) {
			p.removal(revise.Gone{Unit: u, Why: why})
		}
	}
	for _, code := range slices.Sorted(maps.Keys(p.heirs.Categories)) {
		p.removal(revise.Gone{Category: code, Why: why})
	}
	for _, id := range slices.Sorted(maps.Keys(p.heirs.People)) {
		p.removal(revise.Gone{Person: id, Why: why})
	}
}

// removal is the row of something that is removed, made at its first case.
func (p *Plan) removal(g revise.Gone) *Removal {
	i := slices.IndexFunc(p.Removed, func(r Removal) bool { return r.Same(&g) })
	if i < 0 {
		r := Removal{Gone: g}
		switch {
		case g.Category != "":
			r.Name = p.was.CategoryName(g.Category)
		case g.Person != "":
			name := p.was.PersonName(g.Person)
			r.Name = i18n.Text{En: name, Zh: name}
		default:
			r.Name = p.was.UnitName(g.Unit)
			switch {
			case g.Arbiter:
				r.Fix = i18n.F("name the arbiter in its place with --successor; with --open-cases move or reroute the common superior rules, or the next unit above",
					"请用 --successor 指定接替的裁定单位；用 --open-cases move 或 reroute 则由共同上级或其上一级单位裁定")
			case g.Platform:
				r.Fix = i18n.F("its cases go to the next platform above", "其案件转由上一级平台办理")
			case g.Request:
				r.Fix = i18n.F("its request lapses, and the people who asked and who had to decide are told", "其申请失效，并通知申请人和审批人")
			case g.Sent:
				r.Fix = i18n.F("the nearest inspector of the place is sent instead", "改派现场就近的巡查人员")
			case g.Vacant:
				r.Fix = i18n.F("name a holder in posts.csv, or apply with --open-cases move or reroute", "请在 posts.csv 中为该岗位配备人员，或用 --open-cases move 或 reroute 启用")
			}
		}
		i, p.Removed = len(p.Removed), append(p.Removed, r)
	}
	return &p.Removed[i]
}

// checkSuccessors says what is wrong with the successors of a proposal: each takes the place of something that the proposal
// removes, and the proposed city has it.
func checkSuccessors(bad *ProposalError, was, is *city.City, s *city.Successors) {
	for _, u := range slices.SortedFunc(maps.Keys(s.Units), compareUnits) {
		next := s.Units[u]
		_, acts := is.OwnPost(u)
		_, acted := was.OwnPost(u)
		_, ready := is.OwnPost(next)
		ready = ready || revise.Rules(is, next)
		vacant := acted && !acts || revise.Rules(was, u) && !revise.Rules(is, u)
		bad.need(was.Exists(u), "successors", i18n.F("the city has no %s, of which a successor is named", "现有城市中没有 %s，无法为其指定承接单位", u))
		bad.need(!was.Exists(u) || !is.Exists(u) || vacant, "successors", i18n.F("%s stays in the proposed city, and needs no successor", "%s在新版本中仍保留，无需指定承接单位", is.Unit(u)))
		if was.Exists(u) && revise.Circle(s.Units, u) {
			bad.need(false, "successors", i18n.F("the successors of %s form a circle: name the unit that stays", "%s的承接关系形成循环，请指定保留的单位", was.Unit(u)))
			continue
		}
		bad.need(is.Exists(next), "successors", i18n.F("the proposed city has no %[2]s, the successor of %[1]s", "新版本中没有单位 %[2]s，不能承接%[1]s", was.Unit(u), next))
		bad.need(!is.Exists(next) || ready, "successors", i18n.F("nobody has a post that acts for %[2]s, the successor of %[1]s", "承接%[1]s的%[2]s没有负责岗位", was.Unit(u), is.Unit(next)))
	}
	for _, code := range slices.Sorted(maps.Keys(s.Categories)) {
		next := s.Categories[code]
		if revise.Circle(s.Categories, code) {
			bad.need(false, "successors", i18n.F("the successors of category %s form a circle: name the category that stays", "类别 %s 的承接关系形成循环，请指定保留的类别", code))
			continue
		}
		bad.need(was.Categories[code] != nil || was.Former.Categories[code].Zh != "", "successors", i18n.F("the city has no category %s, of which a successor is named", "现有分类表中没有类别 %s，无法为其指定承接类别", code))
		bad.need(is.Categories[code] == nil, "successors", i18n.F("category %s stays in the proposed city, and needs no successor", "类别 %s 在新版本中仍保留，无需指定承接类别", code))
		bad.need(is.Categories[next] != nil, "successors", i18n.F("the proposed city has no category %[2]s, the successor of %[1]s", "新版本中没有类别 %[2]s，不能承接 %[1]s", code, next))
	}
	for _, id := range slices.Sorted(maps.Keys(s.People)) {
		next := s.People[id]
		_, had := was.Roster.Person(id)
		if had && revise.Circle(s.People, id) {
			bad.need(false, "successors", i18n.F("the successors of %s form a circle: name the person who stays", "%s的接替关系形成循环，请指定留任的人员", was.Person(id)))
			continue
		}
		_, has := is.Roster.Person(next)
		bad.need(had, "successors", i18n.F("the city has no person %s, of whom a successor is named", "现有城市中没有人员 %s，无法为其指定接替人员", id))
		bad.need(has, "successors", i18n.F("the proposed city has no person %[2]s, the successor of %[1]s", "新版本中没有人员 %[2]s，不能接替%[1]s", was.Person(id), next))
	}
}

func compareUnits(a, b roster.Unit) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}
