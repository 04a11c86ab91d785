package lifecycle

import (
	"slices"
	"strings"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// withPlatform reports whether a case waits for a platform below the city's own: for its second dispatch, or filed or returned
// with the platform.
func withPlatform(cs *dispatch.Case) bool {
	return cs.AtPlatform() || (cs.Stage == dispatch.Filed || cs.Stage == dispatch.Returned) && cs.Office() != (roster.Unit{})
}

// dispatchOn is the second dispatch (二次派遣): a platform gives a case that was dispatched to it to a unit, by its own rules or
// by hand. The clock of the first dispatch continues, as for a new owner.
func dispatchOn(
	cs *dispatch.Case, cmd dispatch.Command, d routing.Decision, cond *catalog.Condition, c *city.City,
) ([]dispatch.Event, error) {
	by := cs.Office()
	if d.Owner.Unit == by && d.Owner.IsPlatform() {
		return nil, refuse(cs, cmd.Act, i18n.F("%s has it already", "已由%s负责", c.UnitName(by)))
	}
	k, was := cs.Clock, sla.OwnerCalendar(c, cs)
	k.Step = cs.NextStep
	if cs.Stage == dispatch.Returned {
		k = cs.Disposal
		was = c.CalendarOf(cs.Refused[len(cs.Refused)-1])
	}
	first := k.Since
	var err error
	if to := c.CalendarOf(d.Owner.Unit); to != was {
		step, fired := k.Step, k.Fired
		if k, err = sla.Project(sla.Advance(k, was, cmd.At), to); err != nil {
			return nil, err
		}
		k.Step, k.Fired = step, fired
	}
	e := dispatch.Event{
		Kind: dispatch.EventSecondDispatched, Owner: d.Owner, Rule: d.Rule, Clock: k,
		Chain: platform.Given(c, cs, by, d.Owner, d.Rule, cmd.Actor, cmd.At),
	}
	if cs.Stage == dispatch.Dispatched { // those of the first dispatch go on
		also := slices.DeleteFunc(slices.Clone(d.CoOwners), func(o dispatch.Owner) bool {
			return slices.ContainsFunc(cs.CoOwners, func(is dispatch.CoOwner) bool { return is.Unit == o.Unit })
		})
		_, added, _, err := sla.StartAll(c, &sla.Work{Place: &cs.Place, Owner: d.Owner, CoOwners: also, Condition: cond, Limit: k.Limit}, cmd.At)
		if err != nil {
			return nil, err
		}
		kept := slices.DeleteFunc(slices.Clone(cs.CoOwners), func(o dispatch.CoOwner) bool { return o.Unit == d.Owner.Unit })
		e.CoOwners = append(kept, added...)
		e.Milestones, err = sla.AddedMilestones(c, cs, cond, added, []roster.Unit{d.Owner.Unit}, cmd.At)
		return []dispatch.Event{e}, err
	}
	also, err := platform.CoOwnersAbove(c, cs, d.CoOwners, d.Owner.Unit, cmd.At)
	if err != nil {
		return nil, err
	}
	_, e.CoOwners, e.Milestones, err = sla.StartAll(c, &sla.Work{
		Place: &cs.Place, Owner: d.Owner, CoOwners: also, Condition: cond, Limit: k.Limit, Seen: cs.Report.Source == dispatch.SourceInspector,
	}, first)
	return []dispatch.Event{e}, err
}

// dispatchPart is the second dispatch of a co-owner's part: the platform gives the part to a unit, by its own rules or by hand.
// The clock of the duty continues; the milestones of a co-owner are those of the unit from now on.
func dispatchPart(
	cs *dispatch.Case, cmd dispatch.Command, part *dispatch.CoOwner, cond *catalog.Condition, c *city.City,
) ([]dispatch.Event, error) {
	d, err := routing.RouteFrom(c, part.Unit, cs.Place, cs.Category, cmd.At)
	if cmd.Owner != nil {
		o, wrong := byHand(c, cs, cmd)
		if wrong == nil {
			wrong = belowPlatform(cs, cmd, part.Unit, d, c)
		}
		if wrong != nil {
			return nil, wrong
		}
		d, err = routing.Decision{Owner: o, Rule: dispatch.ByHand}, nil
	}
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Unit == d.Owner.Unit && o.Duty != "" })
	if d.Owner.Unit == cs.Owner.Unit || at >= 0 && (d.Owner.Unit != part.Unit || d.Owner.Post == part.Post) {
		n := c.UnitName(d.Owner.Unit)
		return nil, refuse(cs, cmd.Act, i18n.F("%[1]s works on the case already; choose another unit of the area", "%[2]s 已在办理本案，请选择本区域的其他单位", n.En, n.Zh))
	}
	e := dispatch.Event{Kind: dispatch.EventPartDispatched, Party: part.Unit, Rule: d.Rule}
	co, i, err := platform.PartGiven(c, cs, part, d.Owner, cmd.At)
	if err != nil {
		return nil, err
	}
	e.CoOwners, e.Owner = co, co[i].Owner
	gone := []roster.Unit{part.Unit}
	if d.Owner.Unit == part.Unit {
		gone = nil
	}
	e.Milestones, err = sla.AddedMilestones(c, cs, cond, co[i:], gone, cmd.At)
	for k := range e.Milestones { // those that the platform's own people have to reach, no more its dispatcher
		if m := &e.Milestones[k]; m.Unit == d.Owner.Unit && m.Post == part.Post && m.Reached.IsZero() {
			m.Post = d.Owner.Post
		}
	}
	return []dispatch.Event{e}, err
}

// belowPlatform refuses a unit that a platform may not choose: one that neither works below the platform nor is named by a row
// of its rules for the category.
func belowPlatform(cs *dispatch.Case, cmd dispatch.Command, by roster.Unit, named routing.Decision, c *city.City) error {
	u := cmd.Owner.Unit
	rows := routing.NamedBy(c, by, cs.Place, cs.Category)
	if u != named.Owner.Unit && !c.Serves(by, u) && !slices.Contains(rows, u) {
		var en, zh []string
		for _, r := range rows {
			n := c.UnitName(r)
			en, zh = append(en, n.En), append(zh, n.Zh)
		}
		also := i18n.Text{}
		if len(rows) > 0 {
			also = i18n.Text{En: ", and by its rules " + strings.Join(en, ", "), Zh: "，以及该平台规则所列的" + strings.Join(zh, "、")}
		}
		return refuse(cs, cmd.Act, i18n.F("%[1]s does not work below the platform of %[2]s; possible: units of its area%[3]s; or return the case to the platform above",
			"%[1]s不属%[2]s平台管辖；可选：本区域的单位%[3]s；或回退上级平台", c.UnitName(u), c.UnitName(by), also))
	}
	if cmd.Note == "" {
		return refuse(cs, cmd.Act, i18n.F("a second dispatch by hand needs a reason in words", "人工二次派遣须填写理由"))
	}
	return nil
}

// passedUp gives a case that arrived at a platform, and which no unit of the platform has to do, to the platform above.
func passedUp(cs *dispatch.Case, cmd dispatch.Command, c *city.City) dispatch.Event {
	return dispatch.Event{
		Kind: dispatch.EventPassedUp, Reason: cmd.Reason, Party: c.PlatformAbove(cs.Platform),
		Clock: sla.StageClock(sla.Minutes(c.Defaults.DispatchMinutes), cmd.At),
	}
}

// superiorOf is the area from which a person takes a case out of the hands of a unit: that of the person's post, else the
// platform that dispatched the case last.
func superiorOf(cs *dispatch.Case, cmd dispatch.Command, c *city.City) roster.Unit {
	if u := c.UnitOf(cmd.Post); u.Kind == roster.UnitArea {
		return u
	}
	if cs.AtPlatform() {
		return cs.Owner.Unit
	}
	return platform.Dispatching(c, cs)
}
