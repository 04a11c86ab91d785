package dispatch

import (
	"errors"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// ErrNothingDue is returned for a tick before its time, and for a calendar that moves nothing: the
// keeper may drop it.
var ErrNothingDue = errors.New("nothing is due")

// Decide turns a command into the events that it causes, or says why not. It changes nothing:
// fold the events to get the new case. cs is nil for ActFile and ActImport starts from the case
// that filing gave. Whether the actor may do it at all is asked with Authorize. The time of a case
// never goes back: by a clock that was set back, or that of another process, an act happens, and a step fires,
// when the last event did.
//
// Errors: *RefusedError (the stage does not allow the act, or something is missing),
// *UnknownCategoryError, *UnknownConditionError, *calendar.YearError (a deadline beyond the last
// year with published holidays), ErrNothingDue.
func Decide(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	if cmd.Act == ActFile {
		events, err := decideFile(cmd, c)
		if err != nil {
			return nil, err
		}
		stamp(events, 0, &cmd, c)
		climb(nil, events, c)
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
		cs = FoldAll(cs, missed)
	}
	events, err := decide(cs, cmd, c)
	if err != nil {
		return nil, err
	}
	stamp(events, cs.Seq, &cmd, c)
	if cmd.Act != ActTick {
		climb(cs, events, c)
	}
	return append(missed, events...), nil
}

// ends are the acts that stop the clock of the owner's work, perhaps for good.
var ends = map[Act]bool{ActResolve: true, ActReturn: true, ActMerge: true, ActForceClose: true}

// overdue fires what fell due before an act that ends the owner's clock and that nobody has fired yet: the
// keeper is late, or has not looked since the clock went on. No step that fell due is left out by the act.
func overdue(cs *Case, cmd *Command, c *city.City) ([]Event, error) {
	if !ends[cmd.Act] || cs.NextAt.IsZero() || cs.NextAt.After(cmd.At) {
		return nil, nil
	}
	tick := Command{Act: ActTick, At: cmd.At}
	events, err := decide(cs, tick, c)
	if err != nil {
		return nil, err
	}
	stamp(events, cs.Seq, &tick, c)
	return events, nil
}

// stamp numbers the events and says who caused them; the service itself causes a tick.
func stamp(events []Event, after uint64, cmd *Command, c *city.City) {
	for i := range events {
		e := &events[i]
		e.Seq = after + uint64(i) + 1
		e.At, e.Revision = cmd.At, c.Revision
		if cmd.Act != ActTick {
			e.Actor, e.Post = cmd.Actor, cmd.Post
			if e.Note == "" {
				e.Note = cmd.Note
			}
		}
	}
}

func decide(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	switch cmd.Act {
	case ActTick:
		return tick(cs, cmd, c)
	case ActReproject:
		return decideReproject(cs, c)
	case ActImport:
		if !cs.Open() {
			return nil, refuse(cs, cmd.Act, i18n.F("the case has ended", "案件已结束"))
		}
		return []Event{{Kind: EventImported, Outcome: cmd.Outcome}}, nil
	default:
	}
	if err := Refusal(c, cmd.Actor, cmd.Act, cs, cmd.At); err != nil {
		return nil, err
	}
	row, _ := rowOf(cmd.Act)
	if lacks := missing(row, &cmd, c.Defaults.CheckWithinM); len(lacks) > 0 {
		return nil, refuse(cs, cmd.Act, joined(i18n.F("it needs ", "必须提供："), lacks))
	}
	return decideRow(cs, cmd, c)
}

// Refusal says why a case as it stands takes no such act of a person, whatever the act carries: its stage, or one of
// the guards of the act. nil when it takes the act. Whether the person has a right to the act is asked with Authorize.
//
// Errors: *RefusedError.
func Refusal(c *city.City, person roster.PersonID, act Act, cs *Case, at time.Time) error {
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
func refuseStage(cs *Case, act Act, instead []Act) error {
	acts, is := listed(instead), i18n.F("the case is %[1]s", "案件处于「%[2]s」", cs.Stage.Text().En, cs.Stage.Text().Zh)
	if act == ActStart && cs.Stage == Handling {
		is = underWay(cs)
	}
	return &RefusedError{
		Case: cs.ID, Act: act, Stage: cs.Stage, Instead: instead, byStage: true,
		Why: i18n.F("%[1]s; possible now: %[2]s", "%[3]s；当前可执行：%[4]s", is.En, acts.En, is.Zh, acts.Zh),
	}
}

// refuseGuard is the refusal of an act by one of its guards. The start of work that is under way is refused as at a
// stage that does not allow the act.
func refuseGuard(cs *Case, act Act, why i18n.Text) error {
	if act == ActStart && cs.Stage == Handling {
		return refuseStage(cs, act, slices.DeleteFunc(actsFrom(Handling), func(a Act) bool { return a == ActStart }))
	}
	return refuse(cs, act, why)
}

// decideRow is the act itself; stage, guards and needs have been seen to.
func decideRow(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	switch cmd.Act {
	case ActVerify:
		return []Event{{Kind: EventVerifying, Clock: stageClock(minutes(c.Defaults.VerifyMinutes), cmd.At)}}, nil
	case ActConfirm:
		return []Event{{Kind: EventVerified, Granted: cmd.Passed, Photos: cmd.Photos, Clock: stageClock(minutes(c.Defaults.AcceptMinutes), cmd.At)}}, nil
	case ActAccept:
		return decideAccept(cs, cmd, c)
	case ActReject:
		return []Event{{Kind: EventRejected, Told: reporters(cs, &cmd)}}, nil
	case ActVoid:
		return []Event{{Kind: EventVoided, Told: reporters(cs, &cmd)}}, nil
	case ActSelfResolve:
		return []Event{{Kind: EventSelfResolved, Photos: cmd.Photos, Told: reporters(cs, &cmd)}}, nil
	case ActDispatch:
		return decideDispatch(cs, cmd, c)
	case ActReroute:
		return decideReroute(cs, cmd, c)
	case ActReturn:
		return decideReturn(cs, cmd, c)
	case ActRefer:
		return []Event{referred(c, cs.Refused, cmd.At)}, nil
	case ActArbitrate:
		return decideArbitrate(cs, cmd, c)
	case ActStart:
		return decideStart(cs, cmd, c)
	case ActExtend:
		return []Event{{Kind: EventAsked, Ask: AskExtension}}, nil
	case ActDecideExtension:
		return decideExtension(cs, cmd, c)
	case ActSuspend:
		return decideSuspend(cs, cmd, c)
	case ActDecideSuspension:
		return decideSuspension(cs, cmd, c)
	case ActResume:
		e, err := resumed(c, cs, cmd.At)
		return []Event{e}, err
	case ActReach:
		return decideReach(cs, cmd, c)
	case ActAssist:
		return decideAssist(cs, cmd, c)
	case ActResolve:
		return []Event{{Kind: EventResolved, Step: cs.NextStep, Photos: cmd.Photos, Clock: stageClock(hours(c.Defaults.CheckHours), cmd.At)}}, nil
	case ActCheck:
		return decideCheck(cs, cmd, c)
	case ActClose:
		return decideClose(cs, cmd)
	case ActForceClose:
		return decideForceClose(cs, cmd, c)
	case ActReclassify:
		return decideReclassify(cs, cmd, c)
	case ActMerge:
		return decideMerge(cs, cmd, c)
	case ActUnmerge:
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
func decideRemark(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	switch cmd.Act {
	case ActSupervise:
		e := Event{Kind: EventSupervised}
		if person, ok := c.Roster.OnDuty(second(Answers(c, cs)), cmd.At); ok {
			e.Told = []roster.PersonID{person}
		}
		return []Event{e}, nil
	case ActEscalate:
		return decideEscalate(cs, cmd, c)
	case ActAnswer:
		return []Event{{Kind: EventAnswered}}, nil
	case ActAttach:
		return decideAttach(cs, cmd)
	case ActDetach:
		return []Event{{Kind: EventDetached, Other: cs.Group}}, nil
	case ActAppeal:
		return []Event{{Kind: EventAsked, Ask: AskAppeal}}, nil
	case ActDecideAppeal:
		if cmd.Passed && cs.Asked.Level == 0 {
			return []Event{{Kind: EventGranted, Ask: AskAppeal}}, nil
		}
		return []Event{{Kind: EventAppealDecided, Granted: cmd.Passed}}, nil
	case ActReopen:
		return []Event{{Kind: EventReopened, Other: cmd.NewID}}, nil
	case ActReply:
		return []Event{{Kind: EventReplied, Satisfied: cmd.Satisfied, Told: reporters(cs, &cmd)}}, nil
	case ActComment:
		return []Event{{Kind: EventCommented}}, nil
	default:
		return nil, refuse(cs, cmd.Act, i18n.F("%s is not an act of this desk", "不支持操作 %s", cmd.Act))
	}
}

func second(_ roster.Unit, post roster.PostID) roster.PostID { return post }

// reporters are the people who are told how a case ended: its reporter, and those of all cases merged into it,
// each once.
func reporters(cs *Case, cmd *Command) []roster.PersonID {
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

// joined puts a list behind its beginning.
func joined(begin i18n.Text, list []i18n.Text) i18n.Text {
	for i, t := range list {
		if i > 0 {
			begin.En += "; "
			begin.Zh += "；"
		}
		begin.En += t.En
		begin.Zh += t.Zh
	}
	return begin
}

func listed(acts []Act) i18n.Text {
	if len(acts) == 0 {
		return i18n.F("nothing", "无")
	}
	var en, zh []string
	for _, a := range acts {
		en, zh = append(en, string(a)), append(zh, a.Text().Zh+" "+string(a))
	}
	return i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}
