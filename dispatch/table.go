package dispatch

import (
	"slices"

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
	act   Act
	from  []Stage
	to    []Stage
	roles []roster.Role
	reach reach
	needs []Need
	may   []Need
	clock effect
	rows  string // of the process, domain §4.4
}

// Sets of stages.
var (
	openStages    = []Stage{Reported, Verifying, Accepted, Filed, Dispatched, Handling, Checking, Returned, Arbitration, Suspended}
	worked        = []Stage{Dispatched, Handling}
	beforeOwner   = []Stage{Reported, Verifying, Accepted, Filed}
	anyStage      = []Stage{Reported, Verifying, Accepted, Filed, Dispatched, Handling, Checking, Closed, Returned, Arbitration, Suspended, Rejected, Voided, Merged, SelfResolved}
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
	{act: ActVerify, from: []Stage{Reported}, to: []Stage{Verifying}, roles: receivers, reach: reachPlace, clock: clockVerify, rows: "2"},
	{act: ActConfirm, from: []Stage{Verifying}, to: []Stage{Accepted, Reported}, roles: onTheGround, reach: reachPlace, needs: []Need{NeedVerdict, NeedPhotos}, clock: clockAccept, rows: "3"},
	{act: ActAccept, from: []Stage{Reported, Accepted}, to: []Stage{Filed}, roles: receivers, reach: reachPlace, may: []Need{NeedCondition}, clock: clockDispatch, rows: "4"},
	{act: ActReject, from: []Stage{Reported, Verifying, Accepted}, to: []Stage{Rejected}, roles: receivers, reach: reachPlace, needs: []Need{NeedNote}, clock: clockStop, rows: "3, 5"},
	{act: ActVoid, from: beforeOwner, to: []Stage{Voided}, roles: receivers, reach: reachPlace, needs: []Need{NeedNote}, clock: clockStop, rows: "6"},
	{act: ActSelfResolve, from: []Stage{Reported}, to: []Stage{SelfResolved}, roles: []roster.Role{roster.Inspector}, reach: reachPlace, needs: []Need{NeedPhotos}, clock: clockStop, rows: "7"},
	{act: ActDispatch, from: []Stage{Filed, Returned}, to: []Stage{Dispatched}, roles: dispatchers, reach: reachPlace, may: []Need{NeedUnit}, clock: clockDisposal, rows: "8, 10"},
	{act: ActReroute, from: worked, to: []Stage{Dispatched}, roles: dispatchers, reach: reachPlace, needs: []Need{NeedUnit, NeedNote}, clock: clockOn, rows: "10"},
	{act: ActReturn, from: []Stage{Dispatched}, to: []Stage{Returned, Arbitration}, roles: ownersOffice, reach: reachOwner, needs: []Need{NeedReason}, clock: clockDispatch, rows: "9, 11"},
	{act: ActRefer, from: []Stage{Returned}, to: []Stage{Arbitration}, roles: dispatchers, reach: reachPlace, needs: []Need{NeedNote}, clock: clockRuling, rows: "11"},
	{act: ActArbitrate, from: []Stage{Arbitration}, to: []Stage{Dispatched}, roles: []roster.Role{roster.Leader}, reach: reachJudge, needs: []Need{NeedUnit, NeedNote}, may: []Need{NeedRadius, NeedPatterns, NeedUntil}, clock: clockDisposal, rows: "12"},
	{act: ActStart, from: worked, to: []Stage{Handling}, roles: ownersOffice, reach: reachOwner, may: []Need{NeedHandler}, rows: "13"},
	{act: ActExtend, from: worked, roles: ownersPeople, reach: reachOwner, needs: []Need{NeedNote}, rows: "14"},
	{act: ActDecideExtension, from: worked, roles: grantersFirst, reach: reachPlace, needs: []Need{NeedGrant}, clock: clockExtended, rows: "14"},
	{act: ActSuspend, from: []Stage{Handling}, roles: ownersPeople, reach: reachOwner, needs: []Need{NeedNote, NeedUntil}, rows: "15"},
	{act: ActDecideSuspension, from: []Stage{Handling}, to: []Stage{Suspended, Handling}, roles: dispatchers, reach: reachPlace, needs: []Need{NeedGrant}, clock: clockPause, rows: "15"},
	{act: ActResume, from: []Stage{Suspended}, to: []Stage{Handling}, roles: []roster.Role{roster.Owner, roster.Handler, roster.Leader, roster.Dispatcher, roster.DutyChief}, reach: reachPlace, clock: clockResume, rows: "16"},
	{act: ActReach, from: worked, roles: ownersPeople, reach: reachOwner, needs: []Need{NeedMilestone, NeedPhotos}, rows: "17"},
	{act: ActAssist, from: []Stage{Dispatched, Handling, Checking}, roles: ownersPeople, reach: reachCoOwner, needs: []Need{NeedPhotos}, may: []Need{NeedParty}, rows: "17"},
	{act: ActResolve, from: []Stage{Handling}, to: []Stage{Checking}, roles: ownersPeople, reach: reachOwner, needs: []Need{NeedPhotos}, clock: clockCheck, rows: "17, 18"},
	{act: ActCheck, from: []Stage{Checking}, to: []Stage{Checking, Handling}, roles: onTheGround, reach: reachPlace, needs: []Need{NeedVerdict, NeedPosition}, may: []Need{NeedPhotos}, clock: clockRework, rows: "18, 19"},
	{act: ActClose, from: []Stage{Checking}, to: []Stage{Closed}, roles: receivers, reach: reachPlace, needs: []Need{NeedClosing, NeedOutcome}, clock: clockStop, rows: "20"},
	{act: ActForceClose, from: openStages, to: []Stage{Closed}, roles: overseers, reach: reachPlace, needs: []Need{NeedNote}, clock: clockStop, rows: "24"},
	{act: ActEscalate, from: openStages, roles: []roster.Role{roster.Leader, roster.DutyChief, roster.Dispatcher, roster.Acceptor}, reach: reachPlace, needs: []Need{NeedTo, NeedNote}},
	{act: ActSupervise, from: openStages, roles: overseers, reach: reachPlace, needs: []Need{NeedNote}, rows: "21"},
	{act: ActAnswer, from: openStages, roles: answerers, reach: reachAnswers, needs: []Need{NeedNote}, rows: "21"},
	{act: ActReclassify, from: []Stage{Reported, Verifying, Accepted, Filed, Dispatched, Handling, Returned, Arbitration, Suspended}, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedNote}, may: []Need{NeedCategory, NeedCondition}, clock: clockOn, rows: "4"},
	{act: ActMerge, from: openStages, to: []Stage{Merged}, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedTarget}, clock: clockHold, rows: "26"},
	{act: ActUnmerge, from: []Stage{Merged}, to: []Stage{Reported, Verifying, Accepted, Filed, Dispatched, Handling, Checking, Returned, Arbitration, Suspended}, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedNote}, clock: clockRelease, rows: "26"},
	{act: ActAttach, from: openStages, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedTarget}, rows: "26"},
	{act: ActDetach, from: openStages, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedNote}, rows: "26"},
	{act: ActAppeal, from: []Stage{Closed}, roles: []roster.Role{roster.Owner, roster.Leader}, reach: reachOwner, needs: []Need{NeedNote}, rows: "22"},
	{act: ActDecideAppeal, from: []Stage{Closed}, roles: wholeOffice, reach: reachPlace, needs: []Need{NeedGrant, NeedNote}, rows: "22"},
	{act: ActReopen, from: []Stage{Closed}, roles: []roster.Role{roster.DutyChief}, reach: reachPlace, needs: []Need{NeedNote}, rows: "23"},
	{act: ActReply, from: []Stage{Closed, Rejected}, roles: receivers, reach: reachPlace, needs: []Need{NeedNote, NeedSatisfaction}, rows: "25"},
	{act: ActComment, from: anyStage, reach: reachReader, needs: []Need{NeedNote}},
}

var rowIndex = func() map[Act]int {
	m := map[Act]int{}
	for i := range transitions {
		m[transitions[i].act] = i
	}
	return m
}()

func rowOf(act Act) (*transition, bool) {
	i, ok := rowIndex[act]
	if !ok {
		return nil, false
	}
	return &transitions[i], true
}

func (t *transition) starts(from Stage) bool { return slices.Contains(t.from, from) }

func actsFrom(s Stage) []Act {
	var acts []Act
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
func missing(row *transition, cmd *Command, checkWithinM float64) []i18n.Text {
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
func (n Need) Given(cmd *Command) bool {
	switch n {
	case NeedNote:
		return cmd.Note != ""
	case NeedReason:
		return cmd.Reason != ReasonNone
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
		return cmd.Outcome == OutcomeFixed || cmd.Outcome == OutcomeNotFixed
	case NeedTarget:
		return cmd.Target != 0
	case NeedSatisfaction:
		return cmd.Satisfied != NotAsked
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
func NeedsOf(act Act) (must, may []Need) {
	row, ok := rowOf(act)
	if !ok {
		return nil, nil
	}
	return row.needs, row.may
}

// RolesOf are the roles that may do an act, for people.
func RolesOf(act Act) i18n.Text {
	row, ok := rowOf(act)
	if !ok {
		return i18n.Text{}
	}
	return roster.RolesText(row.roles)
}

// PersonsActs lists the acts of people on a case, in the order of the road.
func PersonsActs() []Act {
	out := make([]Act, len(transitions))
	for i := range transitions {
		out[i] = transitions[i].act
	}
	return out
}
