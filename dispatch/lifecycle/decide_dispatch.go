package lifecycle

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// decideDispatch gives a case to its owner, by rule or by hand. An owner who handed a case back that the
// dispatcher gives to the same owner again has lost the time: the clock goes on from the first dispatch.
// Anybody else begins a new one (domain §4.4, rows 9 and 10).
func decideDispatch(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	cond, err := sla.ConditionOf(c, cs.Category, cs.Condition)
	if err != nil {
		return nil, err
	}
	d, err := routing.Route(c, cs.Place, cs.Category, cmd.At)
	if err != nil {
		return nil, err
	}
	if cmd.Owner != nil {
		o, err := byHand(c, cs, cmd)
		if err != nil {
			return nil, err
		}
		d = routing.Decision{Owner: o, CoOwners: without(d.CoOwners, o.Unit), Rule: ByHand}
	}
	at := cmd.At
	his := cs.Disposal.Running() && len(cs.Refused) > 0 && cs.Refused[len(cs.Refused)-1] == d.Owner.Unit
	if his {
		at = cs.Disposal.Since
	}
	e, err := dispatched(c, cs.Place, cs.Category, cond, d, at)
	if his {
		e.Clock, e.LimitRule = cs.Disposal, cs.LimitRule
	}
	return []dispatch.Event{e}, err
}

// byHand is the owner that a person names.
func byHand(c *city.City, cs *dispatch.Case, cmd dispatch.Command) (dispatch.Owner, error) {
	o := *cmd.Owner
	if _, ok := c.Parent(o.Unit); !ok && o.Unit != escalation.RootOf(c) {
		return dispatch.Owner{}, refuse(cs, cmd.Act, i18n.F("there is no unit %s", "没有单位 %s", o.Unit))
	}
	post, ok := routing.ActingPost(c, o.Unit)
	if !ok {
		return dispatch.Owner{}, refuse(cs, cmd.Act, i18n.F("unit %s has no owner, handler or leader post", "单位 %s 没有责任人、处置人员或领导岗位", o.Unit))
	}
	o.Post = post
	o.Kind = kindOf(o.Unit)
	return o, nil
}

// RecordedOwner is the unit that a past record names, with the post that answers for it: its own, or that of the
// nearest unit above with one. False: nobody answers for the unit.
func RecordedOwner(c *city.City, u roster.Unit) (dispatch.Owner, bool) {
	at, post, ok := c.Accountable(u)
	return dispatch.Owner{Kind: kindOf(at), Unit: at, Post: post}, ok
}

// kindOf is the kind of owner that a unit is.
func kindOf(u roster.Unit) catalog.OwnerKind {
	switch u.Kind {
	case roster.UnitDepartment, roster.UnitSection:
		return catalog.OwnerLine
	case roster.UnitPoint:
		return catalog.OwnerPoint
	default:
		return catalog.OwnerBlock
	}
}

// without leaves out the unit that leads.
func without(co []dispatch.Owner, lead roster.Unit) []dispatch.Owner {
	return slices.DeleteFunc(slices.Clone(co), func(o dispatch.Owner) bool { return o.Unit == lead })
}

// decideReroute gives the case to another owner while its clock goes on: the matter has waited as
// long as it has, whoever had it. The time used stays as it was counted on the first owner's
// calendar, what is left runs on the second's.
func decideReroute(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	o, err := byHand(c, cs, cmd)
	if err != nil {
		return nil, err
	}
	if o.Unit == cs.Owner.Unit {
		return nil, refuse(cs, cmd.Act, i18n.F("%s has it already", "已由 %s 负责", o.Unit))
	}
	k := cs.Clock
	if to := c.CalendarOf(o.Unit); to != sla.OwnersCalendar(c, cs) {
		if k, err = sla.Project(sla.Used(k, sla.OwnersCalendar(c, cs), cmd.At), to); err != nil {
			return nil, err
		}
	}
	k.Step = cs.NextStep
	return []dispatch.Event{{Kind: dispatch.EventRerouted, Owner: o, Rule: ByHand, Clock: k}}, nil
}

// decideReturn hands a case back with a reason. The second time it is no longer the dispatcher's to
// guess: the common superior of those who handed it back rules.
func decideReturn(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	back := dispatch.Event{Kind: dispatch.EventReturned, Reason: cmd.Reason, Party: cs.Owner.Unit, Clock: sla.StageClock(sla.Minutes(c.Defaults.DispatchMinutes), cmd.At)}
	if cs.Returns == 0 {
		return []dispatch.Event{back}, nil
	}
	return []dispatch.Event{back, referred(c, append(slices.Clone(cs.Refused), cs.Owner.Unit), cmd.At)}, nil
}

// referred puts the question of who answers to the common superior of the units.
func referred(c *city.City, units []roster.Unit, at time.Time) dispatch.Event {
	return dispatch.Event{Kind: dispatch.EventReferred, Party: CommonSuperior(c, units), Clock: sla.StageClock(sla.Hours(c.Defaults.ArbitrateHours), at)}
}

// CommonSuperior is the lowest unit that stands above all of them; the city when nothing lower does.
func CommonSuperior(c *city.City, units []roster.Unit) roster.Unit {
	if len(units) == 0 {
		return escalation.RootOf(c)
	}
	u := units[0]
	for range maxDepth {
		up, ok := c.Parent(u)
		if !ok {
			break
		}
		u = up
		if !slices.ContainsFunc(units, func(x roster.Unit) bool { return x == u || !Above(c, u, x) }) {
			return u
		}
	}
	return escalation.RootOf(c)
}

// rulingM is how far around the case a ruling holds when it does not say: about one cell.
const rulingM = 100

// decideArbitrate rules who answers, here and from now on. The owner begins a new clock. On a case without a position
// the ruling holds for that case alone: there is no place for a precedent.
func decideArbitrate(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	cond, err := sla.ConditionOf(c, cs.Category, cs.Condition)
	if err != nil {
		return nil, err
	}
	o, err := byHand(c, cs, cmd)
	if err != nil {
		return nil, err
	}
	d, err := routing.Route(c, cs.Place, cs.Category, cmd.At)
	if err != nil {
		return nil, err
	}
	d = routing.Decision{Owner: o, CoOwners: without(d.CoOwners, o.Unit), Rule: ByHand}
	if !cs.Place.Located() {
		if len(cmd.Patterns) > 0 || cmd.RadiusM != 0 || !cmd.Until.IsZero() {
			return nil, refuse(cs, cmd.Act, i18n.F("the case has no position: the ruling holds for this case alone; leave out radius, categories and end", "案件没有位置：裁定只对本案有效，请勿填写半径、类别和截止时间"))
		}
		e, err := dispatched(c, cs.Place, cs.Category, cond, d, cmd.At)
		return []dispatch.Event{{Kind: dispatch.EventArbitrated, Owner: o}, e}, err
	}
	ruled := dispatch.Event{Kind: dispatch.EventArbitrated, Owner: o, At: cmd.At, Actor: cmd.Actor, Note: cmd.Note, Ruling: &dispatch.Ruling{Categories: cmd.Patterns, RadiusM: cmd.RadiusM, Until: cmd.Until}}
	if len(cmd.Patterns) == 0 {
		ruled.Ruling.Categories = []string{string(cs.Category)}
	}
	if cmd.RadiusM == 0 {
		ruled.Ruling.RadiusM = rulingM
	}
	p, _ := ruled.Precedent(cs)
	if wrong := c.CheckPrecedent(&p); len(wrong) > 0 {
		return nil, refuse(cs, cmd.Act, dispatch.Joined(i18n.F("the ruling can't be kept: ", "裁定无法保存："), wrong))
	}
	d.Rule = routing.PrecedentRule(p.ID)
	e, err := dispatched(c, cs.Place, cs.Category, cond, d, cmd.At)
	return []dispatch.Event{ruled, e}, err
}

func decideStart(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	handler := cmd.Handler
	if handler == "" {
		handler = cmd.Actor
	}
	if !slices.ContainsFunc(c.Roster.PostsOf(handler, cmd.At), func(h roster.Holding) bool { return Above(c, cs.Owner.Unit, h.Unit) }) {
		return nil, refuse(cs, cmd.Act, i18n.F("%[1]s holds no post at %[2]s or below; name a handler who does", "%[1]s 在 %[2]s 及其下属没有岗位，请指定其人员处置", handler, cs.Owner.Unit))
	}
	return []dispatch.Event{{Kind: dispatch.EventStarted, Handler: handler}}, nil
}
