package dispatch

import (
	"cmp"
	"errors"
	"slices"
	"time"
	"wangge/dispatch/catalog"
	"wangge/dispatch/city"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
	"wangge/grid"
)

// ErrNothingDue is returned for a tick before its time: the keeper may drop it.
var ErrNothingDue = errors.New("no ladder step is due")

// Decide turns a command into the events that it causes, or says why not. It changes nothing:
// fold the events to get the new case. cs is nil for ActFile and ActImport starts from the case
// that filing gave. Whether the actor may do it at all is asked with Authorize.
//
// Errors: *RefusedError (the stage does not allow the act, or something is missing),
// *UnknownCategoryError, *UnknownConditionError, *calendar.YearError (a deadline beyond the last
// year with published holidays), ErrNothingDue.
func Decide(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	events, err := decide(cs, cmd, c)
	if err != nil {
		return nil, err
	}
	var seq uint64
	if cs != nil {
		seq = cs.Seq
	}
	for i := range events {
		e := &events[i]
		e.Seq = seq + uint64(i) + 1
		e.At, e.Revision = cmd.At, c.Revision
		if cmd.Act != ActTick {
			e.Actor, e.Post, e.Note = cmd.Actor, cmd.Post, cmd.Note
		}
	}
	if cmd.Act != ActTick {
		climb(cs, events, c)
	}
	return events, nil
}

func decide(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	if cmd.Act == ActFile {
		return decideFile(cmd, c)
	}
	switch cmd.Act {
	case ActTick:
		if events := tick(cs, cmd, c); len(events) > 0 {
			return events, nil
		}
		return nil, ErrNothingDue
	case ActImport:
		if !cs.Open() {
			return nil, refuse(cs, cmd.Act, say.F("the case has ended", "案件已结束"))
		}
		return []Event{{Kind: EventImported, Outcome: cmd.Outcome}}, nil
	default:
	}
	row, ok := rowOf(cmd.Act)
	if !ok || !row.starts(cs.Stage) {
		return nil, refuse(cs, cmd.Act, say.F("the case is %[1]s; possible now: %[2]v", "案件处于「%[3]s」；当前可执行：%[2]v",
			cs.Stage.Text().En, actsFrom(cs.Stage), cs.Stage.Text().Zh))
	}
	if err := possible(cs, cmd.Act, cmd.Actor); err != nil {
		return nil, err
	}
	switch cmd.Act {
	case ActAccept:
		return decideAccept(cs, cmd, c)
	case ActDispatch:
		return decideDispatch(cs, cmd, c)
	case ActReturn:
		return decideReturn(cs, cmd, c)
	case ActStart:
		handler := cmd.Handler
		if handler == "" {
			handler = cmd.Actor
		}
		if !slices.ContainsFunc(c.Roster.PostsOf(handler, cmd.At), func(h roster.Holding) bool { return Above(c, cs.Owner.Unit, h.Unit) }) {
			return nil, refuse(cs, cmd.Act, say.F("%[1]s holds no post at %[2]s or below; name a handler who does", "%[1]s 在 %[2]s 及其下属没有岗位，请指定其人员处置", handler, cs.Owner.Unit))
		}
		return []Event{{Kind: EventStarted, Handler: handler}}, nil
	case ActResolve:
		check := stageClock(time.Duration(c.Defaults.CheckHours)*time.Hour, cmd.At)
		return []Event{{Kind: EventResolved, Photos: cmd.Photos, Clock: check}}, nil
	case ActCheck:
		return decideCheck(cs, cmd, c)
	case ActClose:
		return decideClose(cs, cmd)
	case ActEscalate:
		return decideEscalate(cs, cmd, c)
	default:
		return nil, refuse(cs, cmd.Act, say.F("%s is not an act of this desk", "不支持操作 %s", cmd.Act))
	}
}

// possible holds the guards that depend on who asks: the one who fixed it never checks it.
func possible(cs *Case, act Act, actor roster.PersonID) error {
	if act == ActCheck && cs.CheckedBy != "" {
		return refuse(cs, act, say.F("%s has passed the check; close it", "%s 已核查通过，请结案", cs.CheckedBy))
	}
	if act == ActCheck && actor != "" && (actor == cs.FixedBy || actor == cs.Handler) {
		return refuse(cs, act, say.F("%s did the work and can't check it; ask another inspector", "%s 是处置人，不能核查本案，请由其他核查人员执行", actor))
	}
	if act == ActClose && cs.CheckedBy == "" {
		return refuse(cs, act, say.F("the check has not passed yet; check it first", "尚未核查通过，请先核查"))
	}
	return nil
}

// decideFile takes a report in. An inspector has seen the matter on the ground that is his, so it
// is filed and dispatched in the same breath; anybody else's report, whatever it says of its
// source, waits for an acceptor with the accept clock running.
func decideFile(cmd Command, c *city.City) ([]Event, error) {
	r := cmd.Report
	cond, err := ConditionOf(c, r.Category, r.Condition)
	if err != nil {
		return nil, err
	}
	accept := stageClock(time.Duration(c.Defaults.AcceptMinutes)*time.Minute, cmd.At)
	reported := Event{
		Kind: EventReported, Report: r, Place: cmd.Place, Severity: cond.Severity, Condition: cond.ID, Clock: accept,
	}
	if r.Source != SourceImport && !(r.Source == SourceInspector && inspects(c, cmd.Actor, cmd.Place, cmd.At)) {
		return []Event{reported}, nil
	}
	filed := Event{Kind: EventFiled, Condition: cond.ID, Severity: cond.Severity}
	dispatched, err := byRule(c, *cmd.Place, r.Category, cond, cmd.At)
	if err != nil {
		return nil, err
	}
	return []Event{reported, filed, dispatched}, nil
}

// inspects reports whether a person may vouch for a place: an inspector or a leader of an area
// that holds it.
func inspects(c *city.City, person roster.PersonID, place *Place, at time.Time) bool {
	return slices.ContainsFunc(c.Roster.PostsOf(person, at), func(h roster.Holding) bool {
		return (h.Role == roster.Inspector || h.Role == roster.Leader) && h.Unit.Kind == roster.UnitArea && inAreas(place.Areas, grid.AreaID(h.Unit.ID))
	})
}

// decideAccept files a case under a condition; "" keeps the one it was reported with.
func decideAccept(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	cond, err := ConditionOf(c, cs.Category, cmp.Or(cmd.Condition, cs.Condition))
	if err != nil {
		return nil, err
	}
	clock := stageClock(time.Duration(c.Defaults.DispatchMinutes)*time.Minute, cmd.At)
	return []Event{
		{Kind: EventAccepted},
		{Kind: EventFiled, Condition: cond.ID, Severity: cond.Severity, Clock: clock},
	}, nil
}

func decideDispatch(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	cond, err := ConditionOf(c, cs.Category, cs.Condition)
	if err != nil {
		return nil, err
	}
	e, err := byRule(c, cs.Place, cs.Category, cond, cmd.At)
	if err != nil {
		return nil, err
	}
	if cmd.Owner != nil {
		o := *cmd.Owner
		if _, ok := c.Parent(o.Unit); !ok && o.Unit.ID != string(c.Root) {
			return nil, refuse(cs, cmd.Act, say.F("there is no unit %s", "没有单位 %s", o.Unit))
		}
		post, ok := actingPost(c, o.Unit)
		if !ok {
			return nil, refuse(cs, cmd.Act, say.F("unit %s has no owner, handler or leader post", "单位 %s 没有责任人、处置人员或领导岗位", o.Unit))
		}
		o.Post = post
		o.Kind = catalog.OwnerBlock
		if o.Unit.Kind == roster.UnitDepartment {
			o.Kind = catalog.OwnerLine
		}
		e.Owner, e.Rule = o, ByHand
	}
	return []Event{e}, nil
}

// byRule dispatches to the routed owner and starts the disposal clock.
func byRule(c *city.City, p Place, code catalog.Code, cond *catalog.Condition, at time.Time) (Event, error) {
	d, err := Route(c, p, code, at)
	if err != nil {
		return Event{}, err
	}
	clock, err := startClock(c, cond.Limit, at)
	if err != nil {
		return Event{}, err
	}
	return Event{
		Kind: EventDispatched, Owner: d.Owner, CoOwners: d.CoOwners, Rule: d.Rule, Clock: clock,
	}, nil
}

// decideReturn hands a case back, within the return window of the city and with a reason. The
// next dispatch gives the new owner a new clock, so no time of the wrong owner is charged to it.
func decideReturn(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	if cmd.Reason == ReasonNone {
		return nil, refuse(cs, cmd.Act, say.F("a return needs a reason: not_my_area, not_my_line, no_jurisdiction, need_information or duplicate",
			"回退必须说明原因：非本辖区、非本部门职责、无管辖权、信息不足或重复"))
	}
	window := time.Duration(c.Defaults.ReturnHours) * time.Hour
	if since := cs.Clock.Since; window > 0 && cmd.At.Sub(since) > window {
		return nil, refuse(cs, cmd.Act, say.F("the return window of %[1]s ended at %[2]s; start the work or ask the dispatcher", "回退时限 %[1]s 已于 %[2]s 届满，请处置或联系派遣员",
			window, since.Add(window).In(c.Location).Format("2006-01-02 15:04")))
	}
	clock := stageClock(time.Duration(c.Defaults.DispatchMinutes)*time.Minute, cmd.At)
	return []Event{{Kind: EventReturned, Reason: cmd.Reason, Clock: clock}}, nil
}

// decideCheck notes the verdict of somebody who did not fix it. A failed check sends the case back
// to work on its first deadline: rework never restarts the clock (domain §7.6).
func decideCheck(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	if cmd.Passed {
		return []Event{{Kind: EventCheckPassed, Photos: cmd.Photos}}, nil
	}
	k, back, step := cs.Disposal, *cs, 0
	back.Stage = Handling
	ladder := ladderFor(c, &back) // the clock's own again
	for step < len(c.Ladders[ladder].Steps) && !arm(c, ladder, k, step).After(cmd.At) {
		step++ // what fell due meanwhile was not this owner's waiting time: those rungs stay silent
	}
	return []Event{{Kind: EventCheckFailed, Photos: cmd.Photos, Clock: k, Step: step}}, nil
}

func decideClose(cs *Case, cmd Command) ([]Event, error) {
	if cmd.Closing == "" {
		return nil, refuse(cs, cmd.Act, say.F("closing needs the closing condition that was met", "结案必须选择结案条件"))
	}
	if cmd.Outcome != OutcomeFixed && cmd.Outcome != OutcomeNotFixed {
		return nil, refuse(cs, cmd.Act, say.F("closing needs an outcome: fixed or not fixed", "结案必须说明结果：已解决或未解决"))
	}
	return []Event{{Kind: EventClosed, Closing: cmd.Closing, Outcome: cmd.Outcome}}, nil
}
