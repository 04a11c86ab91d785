package lifecycle

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// Decide turns a command into the events that it causes, or says why not. It changes nothing:
// fold the events to get the new case. cs is nil for ActFile and ActImport starts from the case
// that filing gave. Whether the actor may do it at all is asked with Authorize. The time of a case
// never goes back: by a clock that was set back, or that of another process, an act happens, and a step fires,
// when the last event did.
//
// Errors: *RefusedError (the stage does not allow the act, or something is missing),
// *UnknownCategoryError, *UnknownConditionError, *calendar.YearError (a deadline beyond the last
// year with published holidays), ErrNothingDue.
func Decide(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	if cmd.Act == dispatch.ActFile {
		events, err := decideFile(cmd, c)
		if err != nil {
			return nil, err
		}
		stamp(events, 0, &cmd, c)
		escalation.Climb(nil, events, c)
		return events, nil
	}
	if cmd.At.Before(cs.UpdatedAt) {
		cmd.At = cs.UpdatedAt
	}
	missed, err := overdue(cs, &cmd, c)
	if err != nil {
		return nil, err
	}
	if len(missed) > 0 {
		cs = dispatch.FoldAll(cs, missed)
	}
	events, err := decide(cs, cmd, c)
	if err != nil {
		return nil, err
	}
	stamp(events, cs.Seq, &cmd, c)
	if cmd.Act != dispatch.ActTick {
		escalation.Climb(cs, events, c)
	}
	return append(missed, events...), nil
}

// ends are the acts that stop the clock of the owner's work, perhaps for good.
var ends = map[dispatch.Act]bool{dispatch.ActResolve: true, dispatch.ActReturn: true, dispatch.ActMerge: true, dispatch.ActForceClose: true}

// overdue fires what fell due before an act that ends the owner's clock and that nobody has fired yet: the
// keeper is late, or has not looked since the clock went on. No step that fell due is left out by the act.
func overdue(cs *dispatch.Case, cmd *dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	if !ends[cmd.Act] || cs.NextAt.IsZero() || cs.NextAt.After(cmd.At) {
		return nil, nil
	}
	tick := dispatch.Command{Act: dispatch.ActTick, At: cmd.At}
	events, err := decide(cs, tick, c)
	if err != nil {
		return nil, err
	}
	stamp(events, cs.Seq, &tick, c)
	return events, nil
}

// stamp numbers the events and says who caused them; the service itself causes a tick.
func stamp(events []dispatch.Event, after uint64, cmd *dispatch.Command, c *city.City) {
	for i := range events {
		e := &events[i]
		e.Seq = after + uint64(i) + 1
		e.At, e.Revision = cmd.At, c.Revision
		if cmd.Act != dispatch.ActTick {
			e.Actor, e.Post = cmd.Actor, cmd.Post
			if e.Note == "" {
				e.Note = cmd.Note
			}
		}
	}
}

func decide(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	switch cmd.Act {
	case dispatch.ActTick:
		return escalation.Tick(cs, cmd, c)
	case dispatch.ActReproject:
		return sla.Reproject(cs, c)
	case dispatch.ActImport:
		if !cs.Open() {
			return nil, refuse(cs, cmd.Act, i18n.F("the case has ended", "案件已结束"))
		}
		return []dispatch.Event{{Kind: dispatch.EventImported, Outcome: cmd.Outcome}}, nil
	default:
	}
	if err := Refusal(c, cmd.Actor, cmd.Act, cs, cmd.At); err != nil {
		return nil, err
	}
	row, _ := rowOf(cmd.Act)
	if lacks := missing(row, &cmd, c.Defaults.CheckWithinM); len(lacks) > 0 {
		return nil, refuse(cs, cmd.Act, dispatch.Joined(i18n.F("it needs ", "必须提供："), lacks))
	}
	return decideRow(cs, cmd, c)
}

// Refusal says why a case as it stands takes no such act of a person, whatever the act carries: its stage, or one of
// the guards of the act. nil when it takes the act. Whether the person has a right to the act is asked with Authorize.
//
// Errors: *RefusedError.
func Refusal(c *city.City, person roster.PersonID, act dispatch.Act, cs *dispatch.Case, at time.Time) error {
	row, ok := rowOf(act)
	if !ok || !row.starts(cs.Stage) {
		return refuseStage(cs, act, actsFrom(cs.Stage))
	}
	if why := possible(c, cs, act, person, at); why != none {
		return refuseGuard(cs, act, why)
	}
	return nil
}

// refuseStage says that a case stands at a stage that does not allow the act, and what is possible instead.
func refuseStage(cs *dispatch.Case, act dispatch.Act, instead []dispatch.Act) error {
	acts, is := listed(instead), i18n.F("the case is %[1]s", "案件处于「%[2]s」", cs.Stage.Text().En, cs.Stage.Text().Zh)
	if act == dispatch.ActStart && cs.Stage == dispatch.Handling {
		is = underWay(cs)
	}
	return &dispatch.RefusedError{
		Case: cs.ID, Act: act, Stage: cs.Stage, Instead: instead, ByStage: true,
		Why: i18n.F("%[1]s; possible now: %[2]s", "%[3]s；当前可执行：%[4]s", is.En, acts.En, is.Zh, acts.Zh),
	}
}

// refuseGuard is the refusal of an act by one of its guards. The start of work that is under way is refused as at a
// stage that does not allow the act.
func refuseGuard(cs *dispatch.Case, act dispatch.Act, why i18n.Text) error {
	if act == dispatch.ActStart && cs.Stage == dispatch.Handling {
		return refuseStage(cs, act, slices.DeleteFunc(actsFrom(dispatch.Handling), func(a dispatch.Act) bool { return a == dispatch.ActStart }))
	}
	return refuse(cs, act, why)
}

// decideRow is the act itself; stage, guards and needs have been seen to.
func decideRow(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	switch cmd.Act {
	case dispatch.ActVerify:
		return []dispatch.Event{{Kind: dispatch.EventVerifying, Clock: sla.StageClock(sla.Minutes(c.Defaults.VerifyMinutes), cmd.At)}}, nil
	case dispatch.ActConfirm:
		return []dispatch.Event{{Kind: dispatch.EventVerified, Granted: cmd.Passed, Photos: cmd.Photos, Clock: sla.StageClock(sla.Minutes(c.Defaults.AcceptMinutes), cmd.At)}}, nil
	case dispatch.ActAccept:
		return decideAccept(cs, cmd, c)
	case dispatch.ActReject:
		return []dispatch.Event{{Kind: dispatch.EventRejected, Told: reporters(cs, &cmd)}}, nil
	case dispatch.ActVoid:
		return []dispatch.Event{{Kind: dispatch.EventVoided, Told: reporters(cs, &cmd)}}, nil
	case dispatch.ActSelfResolve:
		return []dispatch.Event{{Kind: dispatch.EventSelfResolved, Photos: cmd.Photos, Told: reporters(cs, &cmd)}}, nil
	case dispatch.ActDispatch:
		return decideDispatch(cs, cmd, c)
	case dispatch.ActReroute:
		return decideReroute(cs, cmd, c)
	case dispatch.ActReturn:
		return decideReturn(cs, cmd, c)
	case dispatch.ActRefer:
		return []dispatch.Event{referred(c, cs.Refused, cmd.At)}, nil
	case dispatch.ActArbitrate:
		return decideArbitrate(cs, cmd, c)
	case dispatch.ActStart:
		return decideStart(cs, cmd, c)
	case dispatch.ActExtend:
		return []dispatch.Event{{Kind: dispatch.EventAsked, Ask: dispatch.AskExtension}}, nil
	case dispatch.ActDecideExtension:
		return decideExtension(cs, cmd, c)
	case dispatch.ActSuspend:
		return decideSuspend(cs, cmd, c)
	case dispatch.ActDecideSuspension:
		return decideSuspension(cs, cmd, c)
	case dispatch.ActResume:
		e, err := escalation.Resumed(c, cs, cmd.At)
		return []dispatch.Event{e}, err
	case dispatch.ActReach:
		return decideReach(cs, cmd, c)
	case dispatch.ActAssist:
		return decideAssist(cs, cmd, c)
	case dispatch.ActResolve:
		return []dispatch.Event{{Kind: dispatch.EventResolved, Step: cs.NextStep, Photos: cmd.Photos, Clock: sla.StageClock(sla.Hours(c.Defaults.CheckHours), cmd.At)}}, nil
	case dispatch.ActCheck:
		return decideCheck(cs, cmd, c)
	case dispatch.ActClose:
		return decideClose(cs, cmd)
	case dispatch.ActForceClose:
		return decideForceClose(cs, cmd, c)
	case dispatch.ActReclassify:
		return decideReclassify(cs, cmd, c)
	case dispatch.ActMerge:
		return decideMerge(cs, cmd, c)
	case dispatch.ActUnmerge:
		events, err := decideUnmerge(cs, cmd, c)
		if err != nil {
			return nil, err
		}
		return mended(cs, events, c, cmd), nil
	default:
		return decideRemark(cs, cmd, c)
	}
}

// decideRemark are the acts that leave the stage and every clock alone.
func decideRemark(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	switch cmd.Act {
	case dispatch.ActSupervise:
		e := dispatch.Event{Kind: dispatch.EventSupervised}
		if person, ok := c.Roster.OnDuty(second(escalation.Answers(c, cs)), cmd.At); ok {
			e.Told = []roster.PersonID{person}
		}
		return []dispatch.Event{e}, nil
	case dispatch.ActEscalate:
		return decideEscalate(cs, cmd, c)
	case dispatch.ActAnswer:
		return []dispatch.Event{{Kind: dispatch.EventAnswered}}, nil
	case dispatch.ActAttach:
		return decideAttach(cs, cmd)
	case dispatch.ActDetach:
		return []dispatch.Event{{Kind: dispatch.EventDetached, Other: cs.Group}}, nil
	case dispatch.ActAppeal:
		return []dispatch.Event{{Kind: dispatch.EventAsked, Ask: dispatch.AskAppeal}}, nil
	case dispatch.ActDecideAppeal:
		if cmd.Passed && cs.Asked.Level == 0 {
			return []dispatch.Event{{Kind: dispatch.EventGranted, Ask: dispatch.AskAppeal}}, nil
		}
		return []dispatch.Event{{Kind: dispatch.EventAppealDecided, Granted: cmd.Passed}}, nil
	case dispatch.ActReopen:
		return []dispatch.Event{{Kind: dispatch.EventReopened, Other: cmd.NewID}}, nil
	case dispatch.ActReply:
		return []dispatch.Event{{Kind: dispatch.EventReplied, Satisfied: cmd.Satisfied, Told: reporters(cs, &cmd)}}, nil
	case dispatch.ActComment:
		return []dispatch.Event{{Kind: dispatch.EventCommented}}, nil
	default:
		return nil, refuse(cs, cmd.Act, i18n.F("%s is not an act of this desk", "不支持操作 %s", cmd.Act))
	}
}

func second(_ roster.Unit, post roster.PostID) roster.PostID { return post }

// reporters are the people who are told how a case ended: its reporter, and those of all cases merged into it,
// each once.
func reporters(cs *dispatch.Case, cmd *dispatch.Command) []roster.PersonID {
	out := []roster.PersonID{cs.Report.Reporter}
	seen := map[roster.PersonID]bool{cs.Report.Reporter: true}
	for _, p := range cmd.Linked {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

func listed(acts []dispatch.Act) i18n.Text {
	if len(acts) == 0 {
		return i18n.F("nothing", "无")
	}
	var en, zh []string
	for _, a := range acts {
		en, zh = append(en, string(a)), append(zh, a.Text().Zh+" "+string(a))
	}
	return i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}
