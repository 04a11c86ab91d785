// Package steps lists the steps of a case, beside the owner's work, for which a proof of coverage asks for somebody: the case as it
// waits there, the posts that the desk asks, and which of them have the right.
package steps

import (
	"iter"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
	"wangge/dispatch/waits"
)

// Step is a stage of a case, with what the proof asks about it.
type Step struct {
	Stage stage.Stage
	Roles []roster.Role // that do it; the first is named in what to add
	Act   dispatch.Act  // that moves the case on
	Wait  waits.Kind    // of the case, whose posts the desk asks; None = the duty chiefs over the place
	Desk  bool          // the nearest post must be on call itself: the desks of the city's office work day and night
	Set   func(*dispatch.Case)
}

func at(s dispatch.Stage) func(*dispatch.Case) { return func(cs *dispatch.Case) { cs.Stage = s } }

// asks is a case with an open request that some people have granted already.
func asks(s dispatch.Stage, kind dispatch.RequestKind, granted int) func(*dispatch.Case) {
	return func(cs *dispatch.Case) {
		cs.Stage, cs.Request = s, dispatch.ApprovalRequest{Kind: kind, Level: granted}
	}
}

// Roles of the steps.
var (
	acceptors   = []roster.Role{roster.Acceptor}
	dispatchers = []roster.Role{roster.Dispatcher}
	onGround    = []roster.Role{roster.Checker, roster.Inspector}
	chiefs      = []roster.Role{roster.DutyChief}
	overseers   = []roster.Role{roster.DutyChief, roster.Leader}
	leaders     = []roster.Role{roster.Leader}
	arbiters    = []roster.Role{roster.Arbiter}
)

// Rulers are the roles that rule or decide for an owner; read only.
var Rulers = []roster.Role{roster.Arbiter, roster.Leader}

// Ground are the steps whose posts depend on the place of a case alone; read only.
var Ground = []Step{
	{stage.Accept, acceptors, dispatch.ActAccept, waits.Accept, true, at(dispatch.Reported)},
	{stage.Accept, acceptors, dispatch.ActAccept, waits.File, true, at(dispatch.Accepted)},
	{stage.Verify, onGround, dispatch.ActConfirm, waits.Verify, false, at(dispatch.Verifying)},
	{stage.Dispatch, dispatchers, dispatch.ActDispatch, waits.Dispatch, true, at(dispatch.Filed)},
	{stage.Dispatch, dispatchers, dispatch.ActDispatch, waits.Dispatch, true, at(dispatch.Returned)},
	{stage.Extension, dispatchers, dispatch.ActDecideExtension, waits.Decision, false, asks(dispatch.Handling, dispatch.RequestExtension, 1)},
	{stage.Extension, overseers, dispatch.ActDecideExtension, waits.Decision, false, func(cs *dispatch.Case) {
		asks(dispatch.Handling, dispatch.RequestExtension, 1)(cs)
		cs.Clock.Extended = 1
	}},
	{
		stage.Suspension, dispatchers, dispatch.ActDecideSuspension, waits.Decision, false,
		asks(dispatch.Handling, dispatch.RequestSuspension, 0),
	},
	{stage.Check, onGround, dispatch.ActCheck, waits.Check, false, at(dispatch.Checking)},
	{
		stage.Close, acceptors, dispatch.ActClose, waits.Close, true,
		func(cs *dispatch.Case) { cs.Stage, cs.CheckedBy = dispatch.Checking, "-" },
	},
	{stage.Appeal, dispatchers, dispatch.ActDecideAppeal, waits.Decision, false, asks(dispatch.Closed, dispatch.RequestAppeal, 0)},
	{stage.Appeal, acceptors, dispatch.ActDecideAppeal, waits.Decision, false, asks(dispatch.Closed, dispatch.RequestAppeal, 1)},
	{stage.Oversight, chiefs, dispatch.ActReopen, waits.None, true, at(dispatch.Closed)},
}

// ForceClose is the closing by force that a duty chief asks for: somebody else joins. Read only.
var ForceClose = Step{Stage: stage.ForceClose, Roles: leaders, Act: dispatch.ActForceClose, Wait: waits.Decision}

// FirstExtension and Ruling depend on the owner of a case; read only.
var (
	FirstExtension = Step{
		stage.Extension, leaders, dispatch.ActDecideExtension, waits.Decision, false,
		asks(dispatch.Handling, dispatch.RequestExtension, 0),
	}
	Ruling = Step{stage.Ruling, arbiters, dispatch.ActArbitrate, waits.Ruling, false, at(dispatch.Arbitration)}
)

// Seats yields the posts that the desk asks for a step of a case, each with its unit, in their order.
func (s *Step) Seats(c *city.City, cs *dispatch.Case) iter.Seq2[roster.Unit, roster.PostID] {
	if s.Wait == waits.None {
		return Chiefs(c, cs)
	}
	for _, w := range waits.For(c, cs) {
		if w.What == s.Wait {
			return waits.Posts(c, cs, w)
		}
	}
	return func(func(roster.Unit, roster.PostID) bool) {}
}

// Chiefs yields the posts of duty chiefs over a place: the city's, then those of its areas, the smallest first.
func Chiefs(c *city.City, cs *dispatch.Case) iter.Seq2[roster.Unit, roster.PostID] {
	units := append([]roster.Unit{routing.Root(c)}, slices.Collect(escalation.Ground(cs))...)
	return escalation.Seats(c, slices.Values(units), chiefs)
}

// May reports whether a post has the right to the act of a step, and is meant for the step. A post with the right alone stands
// in, so that no case sticks: a duty chief at a desk, and the leader of the city in a dispute. The city lacks a post then.
func (s *Step) May(c *city.City, cs *dispatch.Case, u roster.Unit, post roster.PostID) (is, standsIn bool) {
	role := c.Roster.Holdings(post)[0].Role
	if !lifecycle.PostMay(c, u, role, s.Act, cs) {
		return false, false
	}
	standsIn = s.Desk && !slices.Contains(s.Roles, role) || s.Stage == stage.Ruling && u == routing.Root(c) && role == roster.Leader
	return !standsIn, standsIn
}
