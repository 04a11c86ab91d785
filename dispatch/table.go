package dispatch

import "wangge/dispatch/roster"

// reach tells along which tree a post's power over a case runs.
type reach int

const (
	reachPlace reach = iota + 1 // the post's unit lies above the place, or above the owner
	reachOwner                  // the post's unit is the owner's, or lies above it
)

// transition is one row of the life cycle: an act, the stages it starts from, who may do it.
type transition struct {
	act   Act
	from  []Stage
	roles []roster.Role
	reach reach
}

// transitions is the straight road of the process and the return (domain §4.4, rows 1, 4, 8, 9,
// 10, 13, 17 to 20). It is the one place that says who may do what and when.
var transitions = []transition{
	{ActAccept, []Stage{Reported, Verifying, Accepted}, []roster.Role{roster.Acceptor, roster.DutyChief}, reachPlace},
	{ActDispatch, []Stage{Filed, Returned}, []roster.Role{roster.Dispatcher, roster.DutyChief}, reachPlace},
	{ActReturn, []Stage{Dispatched}, []roster.Role{roster.Owner, roster.Handler, roster.Leader, roster.Dispatcher}, reachOwner},
	{ActStart, []Stage{Dispatched}, []roster.Role{roster.Owner, roster.Handler, roster.Leader, roster.Dispatcher}, reachOwner},
	{ActResolve, []Stage{Handling}, []roster.Role{roster.Owner, roster.Handler, roster.Leader}, reachOwner},
	{ActCheck, []Stage{Checking}, []roster.Role{roster.Inspector, roster.Checker}, reachPlace},
	{ActClose, []Stage{Checking}, []roster.Role{roster.Acceptor, roster.DutyChief}, reachPlace},
	{ActEscalate, openStages, []roster.Role{roster.Leader, roster.DutyChief, roster.Dispatcher, roster.Acceptor}, reachPlace},
}

// openStages are all in which somebody still has to act.
var openStages = []Stage{Reported, Verifying, Accepted, Filed, Dispatched, Handling, Checking, Returned, Arbitration, Suspended}

func rowOf(act Act) (transition, bool) {
	for _, t := range transitions {
		if t.act == act {
			return t, true
		}
	}
	return transition{}, false
}

func (t transition) starts(from Stage) bool {
	for _, s := range t.from {
		if s == from {
			return true
		}
	}
	return false
}

func actsFrom(s Stage) []Act {
	var acts []Act
	for _, t := range transitions {
		if t.starts(s) {
			acts = append(acts, t.act)
		}
	}
	return acts
}
