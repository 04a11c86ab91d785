package lifecycle

import (
	"errors"
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle/guard"
)

// Refusal says why nobody can do an act on a case as it is now, whatever the act carries: because of the stage, or of
// a guard. It is nil when the act is possible. Whether the person has the right to it: see Authorize.
//
// Errors: *dispatch.RefusedError.
func Refusal(c *city.City, person roster.PersonID, act dispatch.Act, cs *dispatch.Case, at time.Time) error {
	row, ok := rowOf(act)
	if !ok || !row.startsOn(cs) {
		return refuseStage(c, cs, act, actsOn(cs))
	}
	if why := row.possible(c, cs, person, at); why != guard.None {
		return refuseGuard(c, cs, act, why)
	}
	return nil
}

// refuseStage refuses an act that the stage does not allow, and names what is possible instead.
func refuseStage(c *city.City, cs *dispatch.Case, act dispatch.Act, instead []dispatch.Act) error {
	acts, is := actNames(instead), i18n.F("the case is %[1]s", "案件处于「%[2]s」", cs.Stage.Words().En, cs.Stage.Words().Zh)
	if act == dispatch.ActStart && cs.Stage == dispatch.Handling {
		is = guard.UnderWay(c, cs)
	}
	return &dispatch.RefusedError{
		Case: cs.ID, Act: act, Stage: cs.Stage, Instead: instead, ByStage: true,
		Why: i18n.F("%[1]s; possible now: %[2]s", "%[3]s；当前可执行：%[4]s", is.En, acts.En, is.Zh, acts.Zh),
	}
}

// refuseGuard refuses an act because of a guard. Starting work that is under way is refused as an act that the stage
// does not allow.
func refuseGuard(c *city.City, cs *dispatch.Case, act dispatch.Act, why i18n.Text) error {
	if act == dispatch.ActStart && cs.Stage == dispatch.Handling {
		return refuseStage(c, cs, act, slices.DeleteFunc(actsOn(cs), func(a dispatch.Act) bool { return a == dispatch.ActStart }))
	}
	return refuse(cs, act, why)
}

// refuse refuses an act for a reason.
func refuse(cs *dispatch.Case, act dispatch.Act, why i18n.Text) error {
	return &dispatch.RefusedError{Case: cs.ID, Act: act, Stage: cs.Stage, Why: why, Instead: actsOn(cs)}
}

// actNames names acts, in both languages.
func actNames(acts []dispatch.Act) i18n.Text {
	if len(acts) == 0 {
		return i18n.F("nothing", "无")
	}
	var en, zh []string
	for _, a := range acts {
		en, zh = append(en, string(a)), append(zh, a.Text().Zh+" "+string(a))
	}
	return i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}

// NarrowRefusal keeps in a *dispatch.RefusedError of Decide only the acts that the person may do instead. cs is nil for a
// report that became no case. Other errors are returned as they are.
func NarrowRefusal(err error, c *city.City, person roster.PersonID, cs *dispatch.Case, at time.Time) error {
	var refused *dispatch.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	if cs == nil {
		narrow := *refused
		narrow.Instead = nil
		return &narrow
	}
	instead := Acts(c, person, cs, at)
	if refused.ByStage {
		return refuseStage(c, cs, refused.Act, instead)
	}
	narrow := *refused
	narrow.Instead = instead
	return &narrow
}
