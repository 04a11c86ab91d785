// Package lifecycle is the state machine of a case: who may do which act at which stage, what it needs, and which
// events it causes. The table of transitions holds all of that, one row an act.
package lifecycle

import (
	"fmt"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle/guard"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
)

// effect is what an act does to the clocks. It documents the row; tests hold the deciders to it.
type effect int

const (
	clockKeeps    effect = iota // no clock is touched
	clockAccept                 // the accept clock starts
	clockVerify                 // the verify clock starts
	clockDispatch               // the dispatch clock starts; the disposal clock stays as it was
	clockRuling                 // the arbitration clock starts
	clockDisposal               // the disposal clock starts anew, or continues when the case goes back to the owner who returned it
	clockOn                     // the disposal clock continues, under the new limit or owner
	clockExtended               // the disposal clock is granted its limit once more, or the time to a chosen deadline
	clockPause                  // every clock of the work is paused
	clockResume                 // every clock of the work resumes with what it had used
	clockCheck                  // the disposal clock stops, the check clock starts
	clockRework                 // when the check fails, the disposal clock continues to its first deadline
	clockHold                   // every clock is paused until the case is unmerged
	clockRelease                // every clock resumes with what it had used
	clockStop                   // every clock ends and no timer stays armed
)

// decider returns the events of an act. Stage, guards and needs were checked before; the events are numbered, stamped
// and scheduled after.
type decider func(cs *dispatch.Case, cmd dispatch.Command, facts Facts, c *city.City) ([]dispatch.Event, error)

type (
	stages = []dispatch.Stage
	needs  = []dispatch.Need
	guards = []guard.Guard
)

// transition is one row of the life cycle, and all that an act is: adding an act is adding a row.
type transition struct {
	act      dispatch.Act
	from     stages               // in which the act is possible
	platform stages               // in which it is possible beside, when the case waits for a platform below the city's own; see withPlatform
	to       stages               // to which it may lead; none: the case stays at its stage
	part     stages               // in which the dispatcher of a platform may do it for the platform's own part as a co-owner
	roles    []roster.Role        // that may do it
	scope    rights.Scope         // and at which units
	decides  dispatch.RequestKind // the request on which it decides: in place of roles and scope, those of rights.Deciding
	handler  bool                 // the handler of the case may do it, too, from any post
	guards   guards               // in the order in which they are asked
	needs    []dispatch.Need      // that the command must give
	may      []dispatch.Need      // that it may give
	lookUps  []LookUp             // that the decider needs in Facts
	clock    effect
	endsWork bool   // it stops the clock of the owner's work: steps that fell due before it fire first
	receives bool   // it acknowledges the work: alarms of a receipt that fell due before it fire first
	rows     string // numbers of the transitions of the process, as LIFE.md prints them
	decide   decider
}

// Sets of stages and roles.
var (
	openStages = stages{
		dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Dispatched,
		dispatch.Handling, dispatch.Checking, dispatch.Returned, dispatch.Arbitration, dispatch.Suspended,
	}
	anyStage = stages{
		dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Dispatched,
		dispatch.Handling, dispatch.Checking, dispatch.Closed, dispatch.Returned, dispatch.Arbitration,
		dispatch.Suspended, dispatch.Rejected, dispatch.Voided, dispatch.Merged, dispatch.SelfResolved,
	}
	notChecking = stages{
		dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Dispatched,
		dispatch.Handling, dispatch.Returned, dispatch.Arbitration, dispatch.Suspended,
	}
	worked       = stages{dispatch.Dispatched, dispatch.Handling}
	partStages   = stages{dispatch.Dispatched, dispatch.Handling, dispatch.Checking}
	beforeOwner  = guard.BeforeOwner
	ownersOffice = []roster.Role{roster.Owner, roster.Handler, roster.Leader, roster.Dispatcher}
	ownersHeads  = []roster.Role{roster.Owner, roster.Leader, roster.Dispatcher}
	onTheGround  = []roster.Role{roster.Inspector, roster.Checker}

	milestonesPeople = []roster.Role{roster.Owner, roster.Handler, roster.Leader, roster.Inspector}
	grantersFirst    = []roster.Role{roster.Leader, roster.Dispatcher, roster.DutyChief}
	resumers         = []roster.Role{roster.Owner, roster.Handler, roster.Leader, roster.Dispatcher, roster.DutyChief}
)

// process returns the rows of the life cycle, in the order of a case's way. They are the one place that says who may do
// what, when, and how: Decide, Authorize, what a case offers to a caller, what the desk looks up, and LIFE.md are all
// made from them.
func process() []transition {
	return []transition{
		{
			act: dispatch.ActVerify, from: stages{dispatch.Reported}, to: stages{dispatch.Verifying},
			roles: rights.Receivers, scope: rights.ScopePlatform, clock: clockVerify, rows: "2", decide: decideVerify,
		},
		{
			act: dispatch.ActConfirm, from: stages{dispatch.Verifying}, to: stages{dispatch.Accepted, dispatch.Reported}, roles: onTheGround,
			scope: rights.ScopePlace, needs: needs{dispatch.NeedVerdict, dispatch.NeedPhotos}, may: needs{dispatch.NeedNote},
			clock: clockAccept, rows: "3", decide: decideConfirm,
		},
		{
			act: dispatch.ActAccept, from: stages{dispatch.Reported, dispatch.Accepted}, to: stages{dispatch.Filed},
			roles: rights.Receivers, scope: rights.ScopePlatform, guards: guards{guard.Classified, guard.VerifiedFirst},
			may: needs{dispatch.NeedCondition, dispatch.NeedSeverity}, lookUps: []LookUp{LookUpJoined}, clock: clockDispatch,
			rows: "4", decide: decideAccept,
		},
		{
			act: dispatch.ActReject, from: stages{dispatch.Reported, dispatch.Verifying, dispatch.Accepted},
			to: stages{dispatch.Rejected}, roles: rights.Receivers, scope: rights.ScopePlatform, needs: needs{dispatch.NeedNote},
			lookUps: []LookUp{LookUpReporters, LookUpJoined}, clock: clockStop, rows: "3, 5", decide: notes(dispatch.EventRejected),
		},
		{
			act: dispatch.ActVoid, from: notChecking, to: stages{dispatch.Voided}, roles: rights.Receivers, scope: rights.ScopePlace,
			guards: guards{guard.ChiefVoids}, needs: needs{dispatch.NeedNote}, lookUps: []LookUp{LookUpReporters, LookUpJoined},
			clock: clockStop, endsWork: true, rows: "6", decide: decideVoid,
		},
		{
			act: dispatch.ActSelfResolve, from: stages{dispatch.Reported}, to: stages{dispatch.SelfResolved},
			roles: []roster.Role{roster.Inspector}, scope: rights.ScopePlace, guards: guards{guard.SmallMatter, guard.SeenBefore},
			needs: needs{dispatch.NeedPhotos}, lookUps: []LookUp{LookUpReporters, LookUpJoined}, clock: clockStop, rows: "7",
			decide: decideSelfResolve,
		},
		{
			act: dispatch.ActDispatch, from: stages{dispatch.Filed, dispatch.Returned}, platform: stages{dispatch.Dispatched}, part: partStages,
			to: stages{dispatch.Dispatched}, roles: rights.Dispatchers, scope: rights.ScopePlatform, guards: guards{guard.Classified},
			may: needs{dispatch.NeedUnit}, clock: clockDisposal, rows: "8, 10", decide: decideDispatch,
		},
		{
			act: dispatch.ActReroute, from: worked, to: stages{dispatch.Dispatched}, roles: rights.Dispatchers, scope: rights.ScopePlace,
			needs: needs{dispatch.NeedUnit, dispatch.NeedNote}, clock: clockOn, rows: "10", decide: decideReroute,
		},
		{
			act: dispatch.ActReturn, from: stages{dispatch.Dispatched}, platform: stages{dispatch.Filed, dispatch.Returned},
			to: stages{dispatch.Returned, dispatch.Arbitration}, roles: ownersOffice, scope: rights.ScopeOwner,
			guards: guards{guard.ReturnWindow}, needs: needs{dispatch.NeedReason},
			clock: clockDispatch, endsWork: true, rows: "9, 11", decide: decideReturn,
		},
		{
			act: dispatch.ActRefer, from: stages{dispatch.Returned}, to: stages{dispatch.Arbitration}, roles: rights.Dispatchers,
			scope: rights.ScopePlatform, needs: needs{dispatch.NeedNote}, clock: clockRuling, rows: "11", decide: decideRefer,
		},
		{
			act: dispatch.ActArbitrate, from: stages{dispatch.Arbitration}, to: stages{dispatch.Dispatched},
			roles: rights.Rulers, scope: rights.ScopeArbiter, guards: guards{guard.Classified},
			needs: needs{dispatch.NeedUnit, dispatch.NeedNote}, may: needs{dispatch.NeedRadius, dispatch.NeedPatterns, dispatch.NeedEnd},
			clock: clockDisposal, rows: "12", decide: decideArbitrate,
		},
		{
			act: dispatch.ActAcknowledge, from: worked, roles: ownersOffice, scope: rights.ScopeWork, handler: true, guards: guards{receiptOwed},
			may: needs{dispatch.NeedParty}, receives: true, rows: "13", decide: decideAcknowledge,
		},
		{
			act: dispatch.ActStart, from: worked, to: stages{dispatch.Handling}, roles: ownersOffice, scope: rights.ScopeOwner,
			guards: guards{guard.GivenOn, guard.HandlerLeft}, may: needs{dispatch.NeedHandler}, receives: true, rows: "13", decide: decideStart,
		},
		{
			act: dispatch.ActHandOver, from: stages{dispatch.Handling}, roles: ownersHeads, scope: rights.ScopeOwner, handler: true,
			needs: needs{dispatch.NeedHandler, dispatch.NeedNote}, receives: true, rows: "13", decide: decideHandOver,
		},
		{
			act: dispatch.ActExtend, from: worked, roles: rights.OwnersPeople, scope: rights.ScopeOwner,
			guards: guards{guard.GivenOn, guard.NothingAsked, guard.ClockRuns, guard.InTime, guard.ExtensionLeft},
			needs:  needs{dispatch.NeedNote}, may: needs{dispatch.NeedDeadline},
			receives: true, rows: "14", decide: decideExtend,
		},
		{
			act: dispatch.ActDecideExtension, from: worked, roles: grantersFirst, scope: rights.ScopePlace,
			decides: dispatch.RequestExtension, guards: guards{guard.Asked(dispatch.RequestExtension), guard.NotTheAsker},
			needs: needs{dispatch.NeedGrant}, clock: clockExtended, rows: "14", decide: decideExtension,
		},
		{
			act: dispatch.ActSuspend, from: stages{dispatch.Handling}, roles: rights.OwnersPeople,
			scope: rights.ScopeOwner, guards: guards{guard.NothingAsked, guard.SuspensionLeft},
			needs: needs{dispatch.NeedNote, dispatch.NeedResume}, lookUps: []LookUp{LookUpJoined}, receives: true, rows: "15", decide: decideSuspend,
		},
		{
			act: dispatch.ActDecideSuspension, from: stages{dispatch.Handling}, to: stages{dispatch.Suspended, dispatch.Handling},
			roles: rights.Dispatchers, scope: rights.ScopePlace, decides: dispatch.RequestSuspension,
			guards: guards{guard.Asked(dispatch.RequestSuspension), guard.NotTheAsker},
			needs:  needs{dispatch.NeedGrant}, lookUps: []LookUp{LookUpJoined}, clock: clockPause, rows: "15", decide: decideSuspension,
		},
		{
			act: dispatch.ActResume, from: stages{dispatch.Suspended}, to: stages{dispatch.Handling},
			roles: resumers, scope: rights.ScopePlace, clock: clockResume, rows: "16", decide: decideResume,
		},
		{
			act: dispatch.ActCompleteMilestone, from: stages{dispatch.Dispatched, dispatch.Handling, dispatch.Checking},
			roles: milestonesPeople, scope: rights.ScopeMilestone, guards: guards{guard.HasMilestone},
			needs: needs{dispatch.NeedMilestone, dispatch.NeedPhotos}, receives: true, rows: "17", decide: decideMilestone,
		},
		{
			act: dispatch.ActAssist, from: partStages, part: partStages,
			roles: rights.OwnersPeople, scope: rights.ScopeCoOwner, guards: guards{guard.HasCoOwner},
			needs: needs{dispatch.NeedPhotos}, may: needs{dispatch.NeedParty}, receives: true, rows: "17", decide: decideAssist,
		},
		{
			act: dispatch.ActResolve, from: stages{dispatch.Handling}, to: stages{dispatch.Checking},
			roles: rights.OwnersPeople, scope: rights.ScopeOwner, handler: true, guards: guards{guard.MilestonesReached},
			needs: needs{dispatch.NeedPhotos}, clock: clockCheck, endsWork: true, rows: "17, 18", decide: decideResolve,
		},
		{
			act: dispatch.ActCheck, from: stages{dispatch.Checking}, to: stages{dispatch.Checking, dispatch.Handling}, roles: onTheGround,
			scope: rights.ScopePlace, guards: guards{guard.NotCheckedYet, guard.NotTheFixer},
			needs: needs{dispatch.NeedVerdict, dispatch.NeedPosition},
			may:   needs{dispatch.NeedPhotos, dispatch.NeedNote}, clock: clockRework, rows: "18, 19", decide: decideCheck,
		},
		{
			act: dispatch.ActClose, from: stages{dispatch.Checking}, to: stages{dispatch.Closed}, roles: rights.Receivers,
			scope: rights.ScopePlatform, guards: guards{guard.CheckPassed, guard.Answered}, needs: needs{dispatch.NeedClosing, dispatch.NeedOutcome},
			lookUps: []LookUp{LookUpReporters, LookUpOpenParts, LookUpJoined}, clock: clockStop, rows: "20", decide: decideClose,
		},
		{
			act: dispatch.ActForceClose, from: openStages, to: stages{dispatch.Closed}, roles: rights.Overseers,
			scope: rights.ScopePlace, decides: dispatch.RequestForceClose,
			guards: guards{guard.NothingElseAsked, guard.OtherOverseer, guard.Answered}, needs: needs{dispatch.NeedNote},
			may: needs{dispatch.NeedClosing, dispatch.NeedOutcome, dispatch.NeedGrant}, lookUps: []LookUp{LookUpReporters, LookUpJoined},
			clock: clockStop, endsWork: true, rows: "24", decide: decideForceClose,
		},
		{
			act: dispatch.ActEscalate, from: openStages,
			roles: []roster.Role{roster.Leader, roster.DutyChief, roster.Dispatcher, roster.Acceptor},
			scope: rights.ScopePlace, needs: needs{dispatch.NeedTo, dispatch.NeedNote}, decide: decideEscalate,
		},
		{
			act: dispatch.ActSupervise, from: openStages, roles: rights.Overseers, scope: rights.ScopePlace,
			needs: needs{dispatch.NeedNote}, rows: "21", decide: notes(dispatch.EventSupervised),
		},
		{
			act: dispatch.ActAnswer, from: openStages, roles: rights.Answerers, scope: rights.ScopeAccountable, handler: true,
			guards: guards{guard.Supervised}, needs: needs{dispatch.NeedNote}, rows: "21", decide: notes(dispatch.EventAnswered),
		},
		{
			act: dispatch.ActReclassify, from: notChecking, roles: rights.WholeOffice, scope: rights.ScopePlace, needs: needs{dispatch.NeedNote},
			may: needs{dispatch.NeedCategory, dispatch.NeedCondition, dispatch.NeedSeverity}, lookUps: []LookUp{LookUpJoined}, clock: clockOn,
			rows: "4", decide: decideReclassify,
		},
		{
			act: dispatch.ActMerge, from: openStages, to: stages{dispatch.Merged}, roles: rights.WholeOffice, scope: rights.ScopePlace,
			needs: needs{dispatch.NeedTarget}, lookUps: []LookUp{LookUpOther}, clock: clockHold, endsWork: true, rows: "26", decide: decideMerge,
		},
		{
			act: dispatch.ActUnmerge, from: stages{dispatch.Merged}, to: openStages, roles: rights.WholeOffice,
			scope: rights.ScopePlace, needs: needs{dispatch.NeedNote}, lookUps: []LookUp{LookUpSuccessors}, clock: clockRelease, rows: "26",
			decide: decideUnmerge,
		},
		{
			act: dispatch.ActAttach, from: openStages, roles: rights.WholeOffice, scope: rights.ScopePlace,
			needs: needs{dispatch.NeedTarget}, lookUps: []LookUp{LookUpOther}, rows: "26", decide: decideAttach,
		},
		{
			act: dispatch.ActDetach, from: openStages, roles: rights.WholeOffice, scope: rights.ScopePlace,
			guards: guards{guard.InGroup}, needs: needs{dispatch.NeedNote}, rows: "26", decide: decideDetach,
		},
		{
			act: dispatch.ActAppeal, from: stages{dispatch.Closed}, roles: []roster.Role{roster.Owner, roster.Leader},
			scope: rights.ScopeOwner, guards: guards{guard.Overran, guard.NotAppealed, guard.WithinAppeal}, needs: needs{dispatch.NeedNote},
			rows: "22", decide: requests(dispatch.RequestAppeal),
		},
		{
			act: dispatch.ActDecideAppeal, from: stages{dispatch.Closed}, roles: rights.WholeOffice, scope: rights.ScopePlace,
			decides: dispatch.RequestAppeal, guards: guards{guard.Asked(dispatch.RequestAppeal), guard.NotTheAsker},
			needs: needs{dispatch.NeedGrant, dispatch.NeedNote}, rows: "22", decide: decideAppeal,
		},
		{
			act: dispatch.ActReopen, from: stages{dispatch.Closed}, roles: []roster.Role{roster.DutyChief},
			scope: rights.ScopePlace, guards: guards{guard.NotReopened, guard.WithinReopen}, needs: needs{dispatch.NeedNote},
			lookUps: []LookUp{LookUpNewID}, rows: "23", decide: decideReopen,
		},
		{
			act: dispatch.ActReply, from: stages{dispatch.Closed, dispatch.Rejected}, roles: rights.Receivers, scope: rights.ScopePlace,
			needs: needs{dispatch.NeedNote, dispatch.NeedSatisfaction}, lookUps: []LookUp{LookUpReporters}, rows: "25", decide: decideReply,
		},
		{
			act: dispatch.ActComment, from: anyStage, scope: rights.ScopeReader,
			needs: needs{dispatch.NeedNote}, decide: notes(dispatch.EventCommented),
		},
	}
}

// serviceActs decides the acts that are no transition: no person does them to a case in the process.
func serviceActs() map[dispatch.Act]decider {
	return map[dispatch.Act]decider{
		dispatch.ActFile:      decideFile,
		dispatch.ActImport:    decideImport,
		dispatch.ActTick:      decideTick,
		dispatch.ActReproject: decideReproject,
	}
}

var (
	transitions []transition
	rowIndex    map[dispatch.Act]*transition
	services    map[dispatch.Act]decider
)

// The tables are set at start, not in their declarations: the deciders read them. A wrong table stops the program here.
func init() {
	transitions, services = process(), serviceActs()
	index, err := indexed(transitions, services)
	if err != nil {
		panic(err)
	}
	rowIndex = index
}

// indexed finds the row of each act. It fails unless every act of dispatch has exactly one place, among the
// transitions, the service's acts or the grid office's, and every row says from where, for whom and how.
func indexed(transitions []transition, services map[dispatch.Act]decider) (map[dispatch.Act]*transition, error) {
	index := map[dispatch.Act]*transition{}
	for i := range transitions {
		row := &transitions[i]
		switch {
		case index[row.act] != nil:
			return nil, fmt.Errorf("lifecycle: act %q has two rows; keep one", row.act)
		case row.decide == nil:
			return nil, fmt.Errorf("lifecycle: act %q has no decider; add the column decide to its row", row.act)
		case len(row.from) == 0:
			return nil, fmt.Errorf("lifecycle: act %q starts from no stage; add the column from to its row", row.act)
		case row.scope == 0 || len(row.roles) == 0 && row.scope != rights.ScopeReader:
			return nil, fmt.Errorf("lifecycle: act %q may be done by nobody; add the columns roles and scope to its row", row.act)
		}
		index[row.act] = row
	}
	for _, act := range dispatch.Acts() {
		decide, isService := services[act]
		places := 0
		for _, is := range []bool{index[act] != nil, isService, slices.Contains(rights.OfficeActs, act)} {
			if is {
				places++
			}
		}
		switch {
		case places != 1:
			return nil, fmt.Errorf("lifecycle: act %q has %d places; give it one: a row of process, a line of serviceActs or of rights.OfficeActs", act, places)
		case isService && decide == nil:
			return nil, fmt.Errorf("lifecycle: act %q has no decider; add one to serviceActs", act)
		}
	}
	return index, nil
}

func rowOf(act dispatch.Act) (*transition, bool) {
	row, ok := rowIndex[act]
	return row, ok
}

func (t *transition) starts(from dispatch.Stage) bool { return slices.Contains(t.from, from) }

// startsOn reports whether the stage of a case allows the act, to those of power or to the dispatcher of a platform's part.
func (t *transition) startsOn(cs *dispatch.Case) bool {
	part := func(o dispatch.CoOwner) bool { return t.ofPart(cs, o.Unit, roster.Dispatcher) }
	return t.startsWhole(cs) || slices.ContainsFunc(cs.CoOwners, part)
}

// startsWhole reports whether the stage of a case allows the act to those of power.
func (t *transition) startsWhole(cs *dispatch.Case) bool {
	return t.starts(cs.Stage) || slices.Contains(t.platform, cs.Stage) && withPlatform(cs)
}

// ofPart reports whether a post of a role at a unit may do the act for the unit's part as a platform that is a co-owner.
func (t *transition) ofPart(cs *dispatch.Case, u roster.Unit, role roster.Role) bool {
	return slices.Contains(t.part, cs.Stage) && slices.Contains(rights.SecondDispatchers, role) && cs.PartAt(u) != nil
}

// ofPlatform is what an act asks for that is possible because a case waits for a platform.
var ofPlatform = rights.Power{Roles: rights.Dispatchers, Scope: rights.ScopePlatform}

// secondDispatch is what the second dispatch by the platform that has a case asks for.
var secondDispatch = rights.Power{Roles: rights.SecondDispatchers, Scope: rights.ScopePlatform}

// power is what the act asks for on a case as it is now.
func (t *transition) power(cs *dispatch.Case) rights.Power {
	if slices.Contains(t.platform, cs.Stage) && withPlatform(cs) {
		if t.act == dispatch.ActDispatch {
			return secondDispatch
		}
		return ofPlatform
	}
	if p, ok := rights.Deciding(t.decides, cs); ok {
		return p
	}
	return rights.Power{Roles: t.roles, Scope: t.scope}
}

// powers are what the act asks for at one stage or another of a case in a city.
func (t *transition) powers(c *city.City) []rights.Power {
	if t.decides != dispatch.NoRequest {
		return rights.AllDeciding(t.decides)
	}
	out := []rights.Power{{Roles: t.roles, Scope: t.scope}}
	if len(t.platform) > 0 && c.HasPlatforms() {
		out = append(out, ofPlatform)
	}
	return out
}

// actsOn lists the acts that the stage of a case allows.
func actsOn(cs *dispatch.Case) []dispatch.Act {
	var acts []dispatch.Act
	for i := range transitions {
		if transitions[i].startsOn(cs) {
			acts = append(acts, transitions[i].act)
		}
	}
	return acts
}

// PersonsActs lists the acts of people on a case, in the order of a case's way.
func PersonsActs() []dispatch.Act {
	out := make([]dispatch.Act, len(transitions))
	for i := range transitions {
		out[i] = transitions[i].act
	}
	return out
}

// ActsNeeding lists the acts of people on a case that must be given n, in the order of a case's way.
func ActsNeeding(n dispatch.Need) []dispatch.Act {
	var out []dispatch.Act
	for i := range transitions {
		if slices.Contains(transitions[i].needs, n) {
			out = append(out, transitions[i].act)
		}
	}
	return out
}

// ActsOfRole lists the acts on a case that a role may do from a post at a unit, at one stage of the case at least, in the
// order of a case's way. Acts for which every reader of the case is asked are among them.
func ActsOfRole(c *city.City, u roster.Unit, role roster.Role) []dispatch.Act {
	atCity := u == routing.Root(c)
	var out []dispatch.Act
	for i := range transitions {
		row := &transitions[i]
		if row.scope == rights.ScopeReader || slices.ContainsFunc(row.powers(c), func(p rights.Power) bool {
			return slices.Contains(p.Roles, role) && (p.Scope != rights.ScopeCity || atCity)
		}) {
			out = append(out, row.act)
		}
	}
	return out
}

// RolesOf are the roles that may do an act, for people.
func RolesOf(act dispatch.Act) i18n.Text {
	row, ok := rowOf(act)
	if !ok {
		return i18n.Text{}
	}
	return roster.RolesText(row.roles)
}
