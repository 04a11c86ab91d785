package lifecycle

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// reach tells along which tree a post's power over a case runs.
type reach int

const (
	reachPlace   reach = iota + 1 // the post's unit lies above the place, or above the owner
	reachOwner                    // the post's unit is the owner's, or lies above it
	reachCoOwner                  // the post's unit is a co-owner's, or lies above it
	reachJudge                    // the post's unit is the one that rules, or lies above it
	reachAnswers                  // as reachOwner, or before there is an owner as reachPlace
	reachReader                   // every person who may read the case
	reachCity                     // the post is the city\'s own
)

// effect is what an act does to the clocks.
type effect int

const (
	clockKeeps    effect = iota // no clock is touched
	clockAccept                 // the accept clock begins
	clockVerify                 // the verify clock begins
	clockDispatch               // the dispatch clock begins; the disposal clock is left as it stood
	clockRuling                 // the arbitration clock begins
	clockDisposal               // the disposal clock begins anew, or goes on for an owner to whom a returned case comes back
	clockOn                     // the disposal clock goes on as it is, under what was decided
	clockExtended               // the disposal clock is granted its limit once more
	clockPause                  // every clock of the work stands
	clockResume                 // every clock of the work goes on with what it had used
	clockCheck                  // the disposal clock stops, the check clock begins
	clockRework                 // on failure the disposal clock goes on to its first deadline
	clockHold                   // every clock stands until it is unmerged
	clockRelease                // every clock goes on with what it had used
	clockStop                   // every clock ends, no timer stays armed
)

// transition is one row of the life cycle: an act, the stages it starts from and leads to, who may
// do it along which tree, what it needs, what it may be given, and what it does to the clocks.
// Leading to no stage means that the case stays where it is.
type transition struct {
	act   dispatch.Act
	from  []dispatch.Stage
	to    []dispatch.Stage
	roles []roster.Role
	reach reach
	needs []Need
	may   []Need
	clock effect
	rows  string // of the process, domain §4.4
}

// Sets of stages.
var (
	openStages    = []dispatch.Stage{dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Dispatched, dispatch.Handling, dispatch.Checking, dispatch.Returned, dispatch.Arbitration, dispatch.Suspended}
	worked        = []dispatch.Stage{dispatch.Dispatched, dispatch.Handling}
	beforeOwner   = []dispatch.Stage{dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed}
	anyStage      = []dispatch.Stage{dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Dispatched, dispatch.Handling, dispatch.Checking, dispatch.Closed, dispatch.Returned, dispatch.Arbitration, dispatch.Suspended, dispatch.Rejected, dispatch.Voided, dispatch.Merged, dispatch.SelfResolved}
	ownersPeople  = []roster.Role{roster.Owner, roster.Handler, roster.Leader}
	ownersOffice  = []roster.Role{roster.Owner, roster.Handler, roster.Leader, roster.Dispatcher}
	receivers     = []roster.Role{roster.Acceptor, roster.DutyChief}
	dispatchers   = []roster.Role{roster.Dispatcher, roster.DutyChief}
	wholeOffice   = []roster.Role{roster.Acceptor, roster.Dispatcher, roster.DutyChief}
	overseers     = []roster.Role{roster.DutyChief, roster.Leader}
	onTheGround   = []roster.Role{roster.Inspector, roster.Checker}
	answerers     = []roster.Role{roster.Owner, roster.Handler, roster.Leader, roster.Dispatcher, roster.Acceptor, roster.DutyChief}
	grantersFirst = []roster.Role{roster.Leader, roster.Dispatcher, roster.DutyChief}
)

// transitions is the whole process. It is the one place that says who may do what and when: Decide,
// Authorize, what a case offers to a caller, and LIFE.md are all made from it.
var transitions = []transition{
	{act: dispatch.ActVerify, from: []dispatch.Stage{dispatch.Reported}, to: []dispatch.Stage{dispatch.Verifying}, roles: receivers, reach: reachPlace, clock: clockVerify, rows: "2"},
	{act: dispatch.ActConfirm, from: []dispatch.Stage{dispatch.Verifying}, to: []dispatch.Stage{dispatch.Accepted, dispatch.Reported}, roles: onTheGround, reach: reachPlace, needs: []Need{NeedVerdict, NeedPhotos}, clock: clockAccept, rows: "3"},
	{act: dispatch.ActAccept, from: []dispatch.Stage{dispatch.Reported, dispatch.Accepted}, to: []dispatch.Stage{dispatch.Filed}, roles: receivers, reach: reachPlace, may: []Need{NeedCondition}, clock: clockDispatch, rows: "4"},
	{act: dispatch.ActReject, from: []dispatch.Stage{dispatch.Reported, dispatch.Verifying, dispatch.Accepted}, to: []dispatch.Stage{dispatch.Rejected}, roles: receivers, reach: reachPlace, needs: []Need{NeedNote}, clock: clockStop, rows: "3, 5"},
	{act: dispatch.ActVoid, from: beforeOwner, to: []dispatch.Stage{dispatch.Voided}, roles: receivers, reach: reachPlace, needs: []Need{NeedNote}, clock: clockStop, rows: "6"},
	{act: dispatch.ActSelfResolve, from: []dispatch.Stage{dispatch.Reported}, to: []dispatch.Stage{dispatch.SelfResolved}, roles: []roster.Role{roster.Inspector}, reach: reachPlace, needs: []Need{NeedPhotos}, clock: clockStop, rows: "7"},
	{act: dispatch.ActDispatch, from: []dispatch.Stage{dispatch.Filed, dispatch.Returned}, to: []dispatch.Stage{dispatch.Dispatched}, roles: dispatchers, reach: reachPlace, may: []Need{NeedUnit}, clock: clockDisposal, rows: "8, 10"},
	{act: dispatch.ActReroute, from: worked, to: []dispatch.Stage{dispatch.Dispatched}, roles: dispatchers, reach: reachPlace, needs: []Need{NeedUnit, NeedNote}, clock: clockOn, rows: "10"},
	{act: dispatch.ActReturn, from: []dispatch.Stage{dispatch.Dispatched}, to: []dispatch.Stage{dispatch.Returned, dispatch.Arbitration}, roles: ownersOffice, reach: reachOwner, needs: []Need{NeedReason}, clock: clockDispatch, rows: "9, 11"},
	{act: dispatch.ActRefer, from: []dispatch.Stage{dispatch.Returned}, to: []dispatch.Stage{dispatch.Arbitration}, roles: dispatchers, reach: reachPlace, needs: []Need{NeedNote}, clock: clockRuling, rows: "11"},
	{act: dispatch.ActArbitrate, from: []dispatch.Stage{dispatch.Arbitration}, to: []dispatch.Stage{dispatch.Dispatched}, roles: []roster.Role{roster.Leader}, reach: reachJudge, needs: []Need{NeedUnit, NeedNote}, may: []Need{NeedRadius, NeedPatterns, NeedUntil}, clock: clockDisposal, rows: "12"},
	{act: dispatch.ActStart, from: worked, to: []dispatch.Stage{dispatch.Handling}, roles: ownersOffice, reach: reachOwner, may: []Need{NeedHandler}, rows: "13"},
	{act: dispatch.ActExtend, from: worked, roles: ownersPeople, reach: reachOwner, needs: []Need{NeedNote}, rows: "14"},
	{act: dispatch.ActDecideExtension, from: worked, roles: grantersFirst, reach: reachPlace, needs: []Need{NeedGrant}, clock: clockExtended, rows: "14"},
	{act: dispatch.ActSuspend, from: []dispatch.Stage{dispatch.Handling}, roles: ownersPeople, reach: reachOwner, needs: []Need{NeedNote, NeedUntil}, rows: "15"},
	{act: dispatch.ActDecideSuspension, from: []dispatch.Stage{dispatch.Handling}, to: []dispatch.Stage{dispatch.Suspended, dispatch.Handling}, roles: dispatchers, reach: reachPlace, needs: []Need{NeedGrant}, clock: clockPause, rows: "15"},
	{act: dispatch.ActResume, from: []dispatch.Stage{dispatch.Suspended}, to: []dispatch.Stage{dispatch.Handling}, roles: []roster.Role{roster.Owner, roster.Handler, roster.Leader, roster.Dispatcher, roster.DutyChief}, reach: reachPlace, clock: clockResume, rows: "16"},
	{act: dispatch.ActReach, from: worked, roles: ownersPeople, reach: reachOwner, needs: []Need{NeedMilestone, NeedPhotos}, rows: "17"},
	{act: dispatch.ActAssist, from: []dispatch.Stage{dispatch.Dispatched, dispatch.Handling, dispatch.Checking}, roles: ownersPeople, reach: reachCoOwner, needs: []Need{NeedPhotos}, may: []Need{NeedParty}, rows: "17"},
	{act: dispatch.ActResolve, from: []dispatch.Stage{dispatch.Handling}, to: []dispatch.Stage{dispatch.Checking}, roles: ownersPeople, reach: reachOwner, needs: []Need{NeedPhotos}, clock: clockCheck, rows: "17, 18"},
	{act: dispatch.ActCheck, from: []dispatch.Stage{dispatch.Checking}, to: []dispatch.Stage{dispatch.Checking, dispatch.Handling}, roles: onTheGround, reach: reachPlace, needs: []Need{NeedVerdict, NeedPosition}, may: []Need{NeedPhotos}, clock: clockRework, rows: "18, 19"},
	{act: dispatch.ActClose, from: []dispatch.Stage{dispatch.Checking}, to: []dispatch.Stage{dispatch.Closed}, roles: receivers, reach: reachPlace, needs: []Need{NeedClosing, NeedOutcome}, clock: clockStop, rows: "20"},
	{act: dispatch.ActForceClose, from: openStages, to: []dispatch.Stage{dispatch.Closed}, roles: overseers, reach: reachPlace, needs: []Need{NeedNote}, clock: clockStop, rows: "24"},
	{act: dispatch.ActEscalate, from: openStages, roles: []roster.Role{roster.Leader, roster.DutyChief, roster.Dispatcher, roster.Acceptor}, reach: reachPlace, needs: []Need{NeedTo, NeedNote}},
	{act: dispatch.ActSupervise, from: openStages, roles: overseers, reach: reachPlace, needs: []Need{NeedNote}, rows: "21"},
	{act: dispatch.ActAnswer, from: openStages, roles: answerers, reach: reachAnswers, needs: []Need{NeedNote}, rows: "21"},
	{act: dispatch.ActReclassify, from: []dispatch.Stage{dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Dispatched, dispatch.Handling, dispatch.Returned, dispatch.Arbitration, dispatch.Suspended}, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedNote}, may: []Need{NeedCategory, NeedCondition}, clock: clockOn, rows: "4"},
	{act: dispatch.ActMerge, from: openStages, to: []dispatch.Stage{dispatch.Merged}, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedTarget}, clock: clockHold, rows: "26"},
	{act: dispatch.ActUnmerge, from: []dispatch.Stage{dispatch.Merged}, to: []dispatch.Stage{dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Dispatched, dispatch.Handling, dispatch.Checking, dispatch.Returned, dispatch.Arbitration, dispatch.Suspended}, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedNote}, clock: clockRelease, rows: "26"},
	{act: dispatch.ActAttach, from: openStages, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedTarget}, rows: "26"},
	{act: dispatch.ActDetach, from: openStages, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedNote}, rows: "26"},
	{act: dispatch.ActAppeal, from: []dispatch.Stage{dispatch.Closed}, roles: []roster.Role{roster.Owner, roster.Leader}, reach: reachOwner, needs: []Need{NeedNote}, rows: "22"},
	{act: dispatch.ActDecideAppeal, from: []dispatch.Stage{dispatch.Closed}, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedGrant, NeedNote}, rows: "22"},
	{act: dispatch.ActReopen, from: []dispatch.Stage{dispatch.Closed}, roles: []roster.Role{roster.DutyChief}, reach: reachPlace, needs: []Need{NeedNote}, rows: "23"},
	{act: dispatch.ActReply, from: []dispatch.Stage{dispatch.Closed, dispatch.Rejected}, roles: receivers, reach: reachPlace, needs: []Need{NeedNote, NeedSatisfaction}, rows: "25"},
	{act: dispatch.ActComment, from: anyStage, reach: reachReader, needs: []Need{NeedNote}},
}

var rowIndex = func() map[dispatch.Act]int {
	m := map[dispatch.Act]int{}
	for i := range transitions {
		m[transitions[i].act] = i
	}
	return m
}()

func rowOf(act dispatch.Act) (*transition, bool) {
	i, ok := rowIndex[act]
	if !ok {
		return nil, false
	}
	return &transitions[i], true
}

func (t *transition) starts(from dispatch.Stage) bool { return slices.Contains(t.from, from) }

func actsFrom(s dispatch.Stage) []dispatch.Act {
	var acts []dispatch.Act
	for i := range transitions {
		if transitions[i].starts(s) {
			acts = append(acts, transitions[i].act)
		}
	}
	return acts
}

// Need is something that an act must or may be given.
type Need int

// Needs, in the words of the wire's fields.
const (
	NeedNote Need = iota + 1
	NeedReason
	NeedCondition
	NeedCategory
	NeedUnit
	NeedHandler
	NeedPhotos
	NeedPosition
	NeedVerdict
	NeedGrant
	NeedUntil
	NeedMilestone
	NeedParty
	NeedClosing
	NeedOutcome
	NeedTarget
	NeedSatisfaction
	NeedRadius
	NeedPatterns
	NeedTo
)

// field is a need on the wire and for people.
type field struct {
	name string
	text i18n.Text
}

var fields = map[Need]field{
	NeedNote:         {"note", i18n.Text{En: "a reason in words", Zh: "文字说明"}},
	NeedReason:       {"reason", i18n.Text{En: "a reason: not_my_area, not_my_line, no_jurisdiction, need_information or duplicate", Zh: "原因：非本辖区、非本部门职责、无管辖权、信息不足或重复"}},
	NeedCondition:    {"condition", i18n.Text{En: "a filing condition", Zh: "立案条件"}},
	NeedCategory:     {"category", i18n.Text{En: "a category", Zh: "类别"}},
	NeedUnit:         {"unit", i18n.Text{En: "a unit", Zh: "责任单位"}},
	NeedHandler:      {"handler", i18n.Text{En: "who does the work", Zh: "处置人员"}},
	NeedPhotos:       {"photo_hashes", i18n.Text{En: "a photo", Zh: "照片"}},
	NeedPosition:     {"position", i18n.Text{En: "where you stand", Zh: "所在位置"}},
	NeedVerdict:      {"passed", i18n.Text{En: "a verdict", Zh: "结论"}},
	NeedGrant:        {"granted", i18n.Text{En: "a yes or no", Zh: "是否同意"}},
	NeedUntil:        {"until", i18n.Text{En: "an end date", Zh: "截止日期"}},
	NeedMilestone:    {"milestone", i18n.Text{En: "a milestone", Zh: "节点"}},
	NeedParty:        {"unit", i18n.Text{En: "the co-owner", Zh: "协办单位"}},
	NeedClosing:      {"closing", i18n.Text{En: "the closing condition that was met", Zh: "满足的结案条件"}},
	NeedOutcome:      {"outcome", i18n.Text{En: "an outcome: fixed or not fixed", Zh: "结果：已解决或未解决"}},
	NeedTarget:       {"target", i18n.Text{En: "the other case", Zh: "另一案件"}},
	NeedSatisfaction: {"satisfaction", i18n.Text{En: "what the reporter said", Zh: "满意度"}},
	NeedRadius:       {"radius_m", i18n.Text{En: "how far around the ruling holds", Zh: "裁定适用半径"}},
	NeedTo:           {"to", i18n.Text{En: "whom to tell", Zh: "升级对象"}},
	NeedPatterns:     {"categories", i18n.Text{En: "the categories it holds for", Zh: "裁定适用类别"}},
}

// Field is the name of the need on the wire.
func (n Need) Field() string { return fields[n].name }

// Text is the need in both languages.
func (n Need) Text() i18n.Text { return fields[n].text }

// missing lists what an act needs and the command does not give.
func missing(row *transition, cmd *dispatch.Command, checkWithinM float64) []i18n.Text {
	var out []i18n.Text
	for _, n := range row.needs {
		if n == NeedPosition && checkWithinM == 0 {
			continue
		}
		if !n.Given(cmd) {
			out = append(out, n.Text())
		}
	}
	return out
}

// Given reports whether the command carries the need. A verdict and a word are always there: false
// is one too.
func (n Need) Given(cmd *dispatch.Command) bool {
	switch n {
	case NeedNote:
		return cmd.Note != ""
	case NeedReason:
		return cmd.Reason != dispatch.ReasonNone
	case NeedCondition:
		return cmd.Condition != ""
	case NeedCategory:
		return cmd.Category != ""
	case NeedUnit:
		return cmd.Owner != nil
	case NeedHandler:
		return cmd.Handler != ""
	case NeedPhotos:
		return len(cmd.Photos) > 0
	case NeedPosition:
		return cmd.Position != nil
	case NeedUntil:
		return !cmd.Until.IsZero()
	case NeedMilestone:
		return cmd.Milestone != ""
	case NeedParty:
		return cmd.Party.ID != ""
	case NeedClosing:
		return cmd.Closing != ""
	case NeedOutcome:
		return cmd.Outcome == dispatch.OutcomeFixed || cmd.Outcome == dispatch.OutcomeNotFixed
	case NeedTarget:
		return cmd.Target != 0
	case NeedSatisfaction:
		return cmd.Satisfied != dispatch.NotAsked
	case NeedTo:
		return cmd.To != ""
	case NeedRadius:
		return cmd.RadiusM != 0
	case NeedPatterns:
		return len(cmd.Patterns) > 0
	default:
		return true
	}
}

// NeedsOf lists what an act must and may be given; nothing for an act that is no person's.
func NeedsOf(act dispatch.Act) (must, may []Need) {
	row, ok := rowOf(act)
	if !ok {
		return nil, nil
	}
	return row.needs, row.may
}

// RolesOf are the roles that may do an act, for people.
func RolesOf(act dispatch.Act) i18n.Text {
	row, ok := rowOf(act)
	if !ok {
		return i18n.Text{}
	}
	return roster.RolesText(row.roles)
}

// PersonsActs lists the acts of people on a case, in the order of the road.
func PersonsActs() []dispatch.Act {
	out := make([]dispatch.Act, len(transitions))
	for i := range transitions {
		out[i] = transitions[i].act
	}
	return out
}
