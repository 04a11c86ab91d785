package lifecycle

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/platform"
	"wangge/dispatch/revise"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// decideDispatch gives a case to an owner, by rule or by hand. When the dispatcher gives it back to the owner who
// returned it last, that owner has lost the time: the clock continues from the first dispatch. Every other owner
// starts a new clock. A platform to which the case was dispatched gives it on: see dispatchOn.
func decideDispatch(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	cond, err := sla.ConditionOfCase(c, cs)
	if err != nil {
		return nil, err
	}
	if part := cs.PartAt(c.UnitOf(cmd.Post)); part != nil {
		return dispatchPart(cs, cmd, part, cond, c)
	}
	d, err := routing.RouteFrom(c, cs.Office(), cs.Place, cs.Category, cmd.At)
	if err != nil {
		return nil, err
	}
	second := cs.AtPlatform() || cs.FromAbove() != nil
	if cmd.Owner != nil {
		o, err := byHand(c, cs, cmd)
		if err != nil {
			return nil, err
		}
		if second {
			if err := belowPlatform(cs, cmd, cs.Office(), d, c); err != nil {
				return nil, err
			}
		}
		d = routing.Decision{Owner: o, CoOwners: d.CoOwnersOf(o.Unit), Rule: dispatch.ByHand}
	}
	if second {
		return dispatchOn(cs, cmd, d, cond, c)
	}
	at := cmd.At
	returnedIt := cs.Disposal.Running() && len(cs.Refused) > 0 && cs.Refused[len(cs.Refused)-1] == d.Owner.Unit
	if returnedIt {
		at = cs.Disposal.Since
	}
	e, err := dispatched(c, &cs.Place, &cs.Report, cs.Category, cond, d, at)
	if returnedIt {
		e.Clock, e.LimitRule, e.Campaign = cs.Disposal, cs.LimitRule, cs.Campaign
	}
	e.Chain = platform.Given(c, cs, cs.Office(), d.Owner, d.Rule, cmd.Actor, cmd.At)
	return []dispatch.Event{e}, err
}

// byHand is the owner that a person names.
func byHand(c *city.City, cs *dispatch.Case, cmd dispatch.Command) (dispatch.Owner, error) {
	o := *cmd.Owner
	if _, ok := c.Parent(o.Unit); !ok && o.Unit != routing.Root(c) {
		return dispatch.Owner{}, refuse(cs, cmd.Act, i18n.F("there is no unit %s", "没有单位 %s", o.Unit))
	}
	acting, ok := platform.Owner(c, o.Unit)
	if !ok {
		return dispatch.Owner{}, refuse(cs, cmd.Act, i18n.F("%s has no owner, handler or leader post", "%s没有责任人、处置人员或领导岗位", c.UnitName(o.Unit)))
	}
	return acting, nil
}

// decideReroute gives a case to another owner while its clock continues: the matter has waited just as long, under
// whichever owner. Time used stays as counted on the first owner's calendar; the rest runs on the second's.
func decideReroute(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	o, err := byHand(c, cs, cmd)
	if err != nil {
		return nil, err
	}
	if o.Unit == cs.Owner.Unit && o.Post == cs.Owner.Post {
		return nil, refuse(cs, cmd.Act, i18n.F("%s has it already", "已由%s负责", c.UnitName(o.Unit)))
	}
	k := cs.Clock
	if to := c.CalendarOf(o.Unit); to != sla.OwnerCalendar(c, cs) {
		if k, err = sla.Project(sla.Advance(k, sla.OwnerCalendar(c, cs), cmd.At), to); err != nil {
			return nil, err
		}
	}
	k.Step = cs.NextStep
	under, by := platform.Under(c, cs, superiorOf(cs, cmd, c), cmd.At)
	return []dispatch.Event{{
		Kind: dispatch.EventRerouted, Owner: o, Rule: dispatch.ByHand, Clock: k,
		Chain: platform.Given(c, under, by, o, dispatch.ByHand, cmd.Actor, cmd.At),
	}}, nil
}

// decideReturn hands a case back with a reason to the platform that dispatched it. The second time, its dispatcher no longer
// chooses: the platform above the units that returned it, or their common superior, rules. A platform to which the case was
// returned may itself return it to the platform above.
func decideReturn(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	unit := cs.Owner.Unit
	if cs.Stage != dispatch.Dispatched {
		given := cs.FromAbove()
		if given == nil {
			return []dispatch.Event{passedUp(cs, cmd, c)}, nil
		}
		unit = given.To.Unit
	}
	back := dispatch.Event{
		Kind: dispatch.EventReturned, Reason: cmd.Reason, Party: unit, Chain: platform.Ended(cs, unit, cmd.At),
		Clock: sla.StageClock(sla.Minutes(c.Defaults.DispatchMinutes), cmd.At),
	}
	n := dispatch.Fold(cs, back)
	if refused := platform.Refusals(n); len(refused) > 1 || len(n.Chain) == 0 && cs.Returns > 0 {
		return []dispatch.Event{back, referred(c, n, cmd.At)}, nil
	}
	return []dispatch.Event{back}, nil
}

func decideRefer(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	return []dispatch.Event{referred(c, cs, cmd.At)}, nil
}

// referred asks the superior of the units that returned a case which of them is accountable. When an arbiter has ruled on the
// case before, and the unit of the ruling contests it, the city's joint meeting rules. The limit counts on the calendar of the
// unit that rules.
func referred(c *city.City, cs *dispatch.Case, at time.Time) dispatch.Event {
	party, limit := platform.Arbiter(c, cs, platform.Refusals(cs)), c.Defaults.Arbitrate
	if j := c.Defaults.JointMeeting; cs.Rulings > 0 && j.Unit != "" {
		if u, err := roster.ParseUnit(j.Unit); err == nil && c.Exists(u) {
			party = u
			if j.Limit.N > 0 {
				limit = j.Limit
			}
		}
	}
	clock := sla.StageClock(sla.Hours(c.Defaults.ArbitrateHours), at)
	if limit.N > 0 {
		if due, _, err := sla.DueOf(c, party, at, limit); err == nil {
			clock.Due = due
		}
	}
	return dispatch.Event{Kind: dispatch.EventReferred, Party: party, Clock: clock}
}

// rulingM is the radius of a ruling that names none: about one cell.
const rulingM = 100

// decideArbitrate rules which unit is accountable, here and from now on. The owner starts a new clock. On a case
// without a position the ruling holds for that case alone: a precedent needs a place.
func decideArbitrate(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	cond, err := sla.ConditionOfCase(c, cs)
	if err != nil {
		return nil, err
	}
	o, err := byHand(c, cs, cmd)
	if err != nil {
		return nil, err
	}
	under, by := platform.Under(c, cs, cs.Arbiter, cmd.At)
	d, err := routing.RouteFrom(c, by, cs.Place, cs.Category, cmd.At)
	if err != nil {
		return nil, err
	}
	also, err := platform.CoOwnersAbove(c, under, d.CoOwnersOf(o.Unit), o.Unit, cmd.At)
	if err != nil {
		return nil, err
	}
	d = routing.Decision{Owner: o, CoOwners: also, Rule: dispatch.ByHand}
	if !cs.Place.Located() {
		if len(cmd.Patterns) > 0 || cmd.RadiusM != 0 || !cmd.Until.IsZero() {
			return nil, refuse(cs, cmd.Act, i18n.F("the case has no position: the ruling holds for this case alone; leave out radius, categories and end", "案件没有位置：裁定只对本案有效，请勿填写半径、类别和截止时间"))
		}
		e, err := dispatched(c, &cs.Place, &cs.Report, cs.Category, cond, d, cmd.At)
		e.Chain = platform.Given(c, under, by, o, d.Rule, cmd.Actor, cmd.At)
		return []dispatch.Event{{Kind: dispatch.EventArbitrated, Owner: o}, e}, err
	}
	ruled := dispatch.Event{
		Kind: dispatch.EventArbitrated, Owner: o, At: cmd.At, Actor: cmd.Actor, Note: cmd.Note,
		Ruling: &dispatch.Ruling{Categories: cmd.Patterns, RadiusM: cmd.RadiusM, Until: cmd.Until},
	}
	if len(cmd.Patterns) == 0 {
		ruled.Ruling.Categories = []string{string(cs.Category)}
	}
	if cmd.RadiusM == 0 {
		ruled.Ruling.RadiusM = rulingM
	}
	p, _ := ruled.Precedent(cs)
	if wrong := c.CheckPrecedent(&p); len(wrong) > 0 {
		return nil, refuse(cs, cmd.Act, dispatch.JoinTexts(i18n.F("the ruling can't be kept: ", "裁定无法保存："), wrong))
	}
	d.Rule = routing.PrecedentRule(p.ID)
	e, err := dispatched(c, &cs.Place, &cs.Report, cs.Category, cond, d, cmd.At)
	e.Chain = platform.Given(c, under, by, o, d.Rule, cmd.Actor, cmd.At)
	return []dispatch.Event{ruled, e}, err
}

func decideStart(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	handler := cmd.Handler
	if handler == "" {
		handler = cmd.Actor
	}
	if !revise.HoldsPost(c, cs, handler, cmd.At) {
		return nil, refuse(cs, cmd.Act, notAtOwner(c, cs, handler))
	}
	return []dispatch.Event{{Kind: dispatch.EventStarted, Handler: handler}}, nil
}
