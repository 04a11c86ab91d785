package lifecycle

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle/guard"
	"wangge/dispatch/rights"
	"wangge/dispatch/waits"
)

// Authorize returns the post from which a person may do an act on a case. Filing needs any post; every other act needs
// one of the roles of its row, at a unit within the row's scope. Rights follow the dates of a holding, not the shifts:
// a person who returns to the desk in the evening may still act. The handler of a case may always resolve it. While nobody is on duty
// at the post for which the case waits, the person whom a rule for off hours names acts for the post: see waits.Held.
//
// Errors: *dispatch.NotAllowedError, which names the roles, when the person may not do the act at any stage of the
// case; *dispatch.RefusedError when nobody may do it to the case as it is now, and the person may at another stage.
func Authorize(c *city.City, person roster.PersonID, act dispatch.Act, cs *dispatch.Case, at time.Time) (roster.PostID, error) {
	held := waits.Held(c, cs, person, at)
	if act == dispatch.ActFile {
		if len(held) > 0 {
			return held[0].Post, nil
		}
		return "", &dispatch.NotAllowedError{Person: person, Act: act, Why: rights.NoPost(person)}
	}
	row, ok := rowOf(act)
	if !ok {
		return "", &dispatch.NotAllowedError{Person: person, Act: act, Why: i18n.F("%s is not an act of a person", "%s 不是人员可执行的操作", act)}
	}
	if post, ok := permitted(c, held, person, row, cs, at); ok {
		return post, nil
	}
	if mayLater(c, held, row, cs) {
		if err := notYet(c, person, row, cs, at); err != nil {
			return "", err
		}
	}
	roles := row.power(cs).Roles
	if len(roles) == 0 {
		return "", &dispatch.NotAllowedError{Person: person, Act: act, Why: i18n.F("the case is not yours to see", "无权查看本案")}
	}
	if act == dispatch.ActDispatch && cs.AtPlatform() {
		reroute, _ := rowOf(dispatch.ActReroute)
		if _, ok := holds(c, held, reroute, cs); ok {
			return "", &dispatch.NotAllowedError{
				Person: person, Act: act, Roles: roles,
				Why: i18n.F("the case is at the platform of %[1]s, which must dispatch it again; to take it back, reroute it", "案件已在%[1]s平台，由该平台二次派遣；要收回请改派", c.UnitName(cs.Owner.Unit)),
			}
		}
	}
	if row.scope == rights.ScopeWork {
		return "", &dispatch.NotAllowedError{
			Person: person, Act: act, Roles: roles,
			Why: i18n.F("it needs one of the roles %[1]s at the very unit that was given the work; a unit above can't sign for its people", "须由接受任务的单位本身的以下岗位之一签收，上级单位不能代签：%[2]s", roster.RoleWords(roles).En, roster.RoleWords(roles).Zh),
		}
	}
	return "", &dispatch.NotAllowedError{
		Person: person, Act: act, Roles: roles,
		Why: i18n.F("it needs one of the roles %[1]s at a unit that reaches the case", "需要具有以下角色之一且管辖该案件的岗位：%[2]s", roster.RoleWords(roles).En, roster.RoleWords(roles).Zh),
	}
}

// fileForOthers may file what a caller, a newspaper, a leader or a camera reports.
var fileForOthers = []roster.Role{roster.Acceptor, roster.Dispatcher, roster.DutyChief, roster.GridOffice, roster.Leader}

// AuthorizeReport returns the post from which a person files a report at a place: any post for what the person has seen. A
// report of another source than an inspector, one with a caller and one with the number of another system need one of
// the roles acceptor, dispatcher, duty_chief, grid_office and leader at an area around the place. Errors:
// *dispatch.NotAllowedError.
func AuthorizeReport(c *city.City, r *dispatch.Report, place *dispatch.Place, at time.Time) (roster.PostID, error) {
	post, err := Authorize(c, r.Reporter, dispatch.ActFile, nil, at)
	if err != nil || r.Source == dispatch.SourceInspector && r.Caller == (dispatch.Caller{}) && r.ExternalID == "" {
		return post, err
	}
	for _, h := range c.Roster.PostsOf(r.Reporter, at) {
		if rights.HoldsAround([]roster.Holding{h}, fileForOthers, place) {
			return h.Post, nil
		}
	}
	roles := roster.RoleWords(fileForOthers)
	return "", &dispatch.NotAllowedError{
		Person: r.Reporter, Act: dispatch.ActFile, Roles: fileForOthers,
		Why: i18n.F("a report of the source %[1]s, with a caller or an external number is filed by one of the roles %[2]s of an area around the place; report what you have seen yourself with the source inspector, without these",
			"来源为%[3]s、带来电人或外部编号的上报，须由事发地所属区域的下列岗位之一录入：%[4]s；本人发现的问题请以来源“监督员”上报，不填上述内容",
			r.Source, roles.En, r.Source.Text().Zh, roles.Zh),
	}
}

// mayLater reports whether one of the posts gives the right to an act at another stage of the case. While a case has
// no owner, no arbiter, no open co-owner or no running milestone, posts above its place count as posts of the unit to come.
func mayLater(c *city.City, held []roster.Holding, row *transition, cs *dispatch.Case) bool {
	ofPart := func(h roster.Holding) bool {
		return len(row.part) > 0 && slices.Contains(rights.SecondDispatchers, h.Role) && cs.PartAt(h.Unit) != nil
	}
	if slices.ContainsFunc(held, ofPart) {
		return true
	}
	for _, p := range row.powers(c) {
		r := p.Scope
		switch {
		case r == rights.ScopeOwner && cs.Owner.Unit == (roster.Unit{}),
			r == rights.ScopeArbiter && cs.Arbiter == (roster.Unit{}),
			r == rights.ScopeMilestone && !slices.ContainsFunc(cs.Milestones, func(m dispatch.Milestone) bool { return cs.UnderWay(&m) }),
			r == rights.ScopeCoOwner && !slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Open() }):
			r = rights.ScopePlace
		}
		for _, h := range held {
			if slices.Contains(p.Roles, h.Role) && rights.Within(c, h.Unit, r, cs) {
				return true
			}
		}
	}
	return false
}

// notYet says why nobody can do an act on a case as it is now; nil when somebody can.
func notYet(c *city.City, person roster.PersonID, row *transition, cs *dispatch.Case, at time.Time) error {
	if !row.startsWhole(cs) {
		return refuseStage(c, cs, row.act, Acts(c, person, cs, at))
	}
	if why := row.possible(c, cs, "", at); why != guard.None {
		return NarrowRefusal(refuseGuard(c, cs, row.act, why), c, person, cs, at)
	}
	return nil
}

// permitted finds the post from which a person may do the act of a row.
func permitted(
	c *city.City, held []roster.Holding, person roster.PersonID, row *transition, cs *dispatch.Case, at time.Time,
) (roster.PostID, bool) {
	if len(held) == 0 {
		return "", false
	}
	if row.handler && cs.Handler == person || row.scope == rights.ScopeReader && rights.MayRead(c, person, cs, at) {
		return held[0].Post, true
	}
	return holds(c, held, row, cs)
}

// holds finds the first of some holdings whose role and unit give the right to the act of a row.
func holds(c *city.City, held []roster.Holding, row *transition, cs *dispatch.Case) (roster.PostID, bool) {
	p, partAlone := row.power(cs), !row.startsWhole(cs) && row.startsOn(cs)
	for _, h := range held {
		if row.ofPart(cs, h.Unit, h.Role) || !partAlone && slices.Contains(p.Roles, h.Role) && rights.Within(c, h.Unit, p.Scope, cs) {
			return h.Post, true
		}
	}
	return "", false
}

// PostMay reports whether a post of a role at a unit gives the right to an act on a case as it is now. False for an act that
// is none of a person on a case.
func PostMay(c *city.City, u roster.Unit, role roster.Role, act dispatch.Act, cs *dispatch.Case) bool {
	row, ok := rowOf(act)
	if !ok {
		return false
	}
	p := row.power(cs)
	return row.ofPart(cs, u, role) || slices.Contains(p.Roles, role) && rights.Within(c, u, p.Scope, cs)
}

// Offer is an act that a person may do now, with what it must and may be given.
type Offer struct {
	Act        dispatch.Act
	Needs, May []dispatch.Need
	Choices    []Choices // of needs with a list of values
}

// Offers lists what a person may do to a case now, in the order of a case's way.
func Offers(c *city.City, person roster.PersonID, cs *dispatch.Case, at time.Time) []Offer {
	var out []Offer
	held := waits.Held(c, cs, person, at)
	for i := range transitions {
		row := &transitions[i]
		if !row.startsOn(cs) {
			continue
		}
		if _, ok := permitted(c, held, person, row, cs, at); ok && row.possible(c, cs, person, at) == guard.None {
			must, may := row.in(c, cs)
			choices := row.choices(c, cs)
			if row.act == dispatch.ActCompleteMilestone {
				choices = []Choices{{dispatch.NeedMilestone, guard.MilestoneChoices(c, cs, person, at), true}}
			}
			out = append(out, Offer{row.act, must, may, choices})
		}
	}
	return out
}

// Acts lists the acts of Offers.
func Acts(c *city.City, person roster.PersonID, cs *dispatch.Case, at time.Time) []dispatch.Act {
	var acts []dispatch.Act
	for _, o := range Offers(c, person, cs, at) {
		acts = append(acts, o.Act)
	}
	return acts
}

// possible asks the guards of an act.
func (t *transition) possible(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text {
	for _, g := range t.guards {
		if why := g(c, cs, actor, at); why != guard.None {
			return why
		}
	}
	return guard.None
}
