// Package waits lists the waits of a case: the work or decision, the post that must act, and the people on duty there.
package waits

import (
	"iter"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/platform"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
)

// Kind is a kind of work or decision that a case waits for.
type Kind int

// What a case waits for; zero is nothing.
const (
	None         Kind = iota
	Accept            // a report to be accepted
	Verify            // a look at the place, before the case is filed
	File              // an accepted report to be filed
	Dispatch          // an owner, or the second dispatch by the platform that has the case
	Work              // the work of the owner, also while it is suspended
	Duty              // the part of a co-owner, or of the inspector who was sent to the place
	Check             // a look at the work that is reported done
	Close             // a case whose check has passed to be closed
	Ruling            // a ruling in a dispute
	Decision          // a decision on the open request: see Case.Request
	Answer            // the answer to a supervision
	PartDispatch      // the part of a platform that is a co-owner: to be given to a unit of its area, or done by its own people
)

var waitTexts = [...]i18n.Text{
	None: {En: "nothing", Zh: "无"}, Accept: {En: "acceptance", Zh: "受理"}, Verify: {En: "verification", Zh: "核实"},
	File: {En: "filing", Zh: "立案"}, Dispatch: {En: "dispatch", Zh: "派遣"}, Work: {En: "work", Zh: "处置"},
	Duty: {En: "co-owner's part", Zh: "协办"}, Check: {En: "check", Zh: "核查"}, Close: {En: "closing", Zh: "结案"},
	Ruling: {En: "ruling", Zh: "裁定"}, Decision: {En: "decision", Zh: "审批"}, Answer: {En: "answer to the supervision", Zh: "督办回复"},
	PartDispatch: {En: "dispatch of the co-owner's part", Zh: "协办二次派遣"},
}

// Text names what the case waits for, for people.
func (k Kind) Text() i18n.Text {
	if k < 0 || int(k) >= len(waitTexts) {
		k = None
	}
	return waitTexts[k]
}

// Wait is one thing for which a case waits, and the post from which it must come.
type Wait struct {
	What      Kind
	Unit      roster.Unit
	Post      roster.PostID // "" = the city has no post for it
	Roles     []roster.Role // WaitRuling and WaitDecision: the roles that may decide; read only
	Step      string        // Duty: the name of the milestone that is waited for; "" = the part of a co-owner
	Milestone string        // Duty: the id of the milestone in the case
}

// Text names what is waited for, for people: the milestone, else the kind.
func (w Wait) Text() i18n.Text {
	if w.Step != "" {
		return i18n.F("milestone %s", "%s", w.Step)
	}
	return w.What.Text()
}

// For lists everything for which a case waits now, that of its stage first: several parties may have to act at once,
// as when an owner works while a leader decides on an extension. Each has one post, the nearest, also while nobody is on duty there:
// see Answerers. A case that has ended waits for nothing but the decision on an appeal, and no part of a co-owner is waited for
// while the work is suspended.
func For(c *city.City, cs *dispatch.Case) []Wait { return Into(nil, c, cs) }

// Into is For in the place of an empty list.
func Into(out []Wait, c *city.City, cs *dispatch.Case) []Wait {
	if !cs.Waits() {
		return nil
	}
	if cs.Open() {
		w := Wait{What: stageWait(cs)}
		w.Unit, w.Post = escalation.Accountable(c, cs)
		if w.What == Ruling {
			w.Roles = rights.Rulers
		}
		out = append(out, w)
		for i := range cs.CoOwners {
			if o := &cs.CoOwners[i]; o.Open() && cs.Stage != dispatch.Suspended {
				w := Wait{What: Duty, Unit: o.Unit, Post: o.Post}
				if cs.PartToGive(o) {
					w.What = PartDispatch
				}
				out = append(out, w)
			}
		}
	}
	if cs.Open() {
		for i := range cs.Milestones {
			if m := &cs.Milestones[i]; m.Party == catalog.PartyInspector && m.Clock.Running() {
				out = append(out, Wait{What: Duty, Unit: m.Unit, Post: m.Post, Step: m.Name, Milestone: m.ID})
			}
		}
	}
	if units, roles := deciders(c, cs); roles != nil {
		w := Wait{What: Decision, Unit: routing.Root(c), Roles: roles}
		for u, post := range decisionSeats(c, cs, units, roles) {
			w.Unit, w.Post = u, post
			break
		}
		out = append(out, w)
	}
	if cs.Open() && cs.Unanswered {
		w := Wait{What: Answer, Unit: out[0].Unit, Post: out[0].Post}
		for u, post := range answerSeats(c, cs) {
			w.Unit, w.Post = u, post
			break
		}
		out = append(out, w)
	}
	return out
}

// Answerers lists the people who are on duty for a wait of For at an instant. Where nobody is on duty at the nearest
// post, these are the people of the next post upwards, or of a rule for off hours. A person who did the work is left out
// of a check, and a person who asked, or granted already, of a decision. Empty: there is nobody.
func Answerers(c *city.City, cs *dispatch.Case, w Wait, at time.Time) []escalation.Recipient {
	return LineOf(c, cs, w).Answerers(c, at)
}

// Posts yields the posts from which a wait of For may come, each with its unit: the nearest, which is the wait's own, before
// those that are asked in turn where nobody is on duty.
func Posts(c *city.City, cs *dispatch.Case, w Wait) iter.Seq2[roster.Unit, roster.PostID] {
	//exhaustive:ignore
	switch w.What {
	case Duty, PartDispatch:
		return escalation.OwnersPosts(c, dispatch.Owner{Unit: w.Unit, Post: w.Post}, w.What == PartDispatch)
	case Answer:
		return answerSeats(c, cs)
	case Decision:
		units, roles := deciders(c, cs)
		return decisionSeats(c, cs, units, roles)
	default:
		return escalation.Posts(c, cs)
	}
}

// stageWait is the wait of the stage of an open case.
func stageWait(cs *dispatch.Case) Kind {
	switch cs.Stage {
	case dispatch.Reported:
		return Accept
	case dispatch.Verifying:
		return Verify
	case dispatch.Accepted:
		return File
	case dispatch.Filed, dispatch.Returned:
		return Dispatch
	case dispatch.Dispatched, dispatch.Handling, dispatch.Suspended:
		if cs.AtPlatform() {
			return Dispatch
		}
		return Work
	case dispatch.Checking:
		if cs.CheckedBy != "" {
			return Close
		}
		return Check
	case dispatch.Arbitration:
		return Ruling
	case dispatch.Closed, dispatch.Rejected, dispatch.Voided, dispatch.Merged, dispatch.SelfResolved, dispatch.StageUnknown:
	}
	return None
}

// answerSeats yields the posts that answer a supervision: the owner's from the dispatch to the end of the check, else those of the
// office that must act, or dispatches, and may answer.
func answerSeats(c *city.City, cs *dispatch.Case) iter.Seq2[roster.Unit, roster.PostID] {
	roles := rights.Receivers
	//exhaustive:ignore
	switch cs.Stage {
	case dispatch.Dispatched, dispatch.Handling, dispatch.Suspended, dispatch.Checking:
		return escalation.OwnersPosts(c, cs.Owner, cs.AtPlatform())
	case dispatch.Filed, dispatch.Returned, dispatch.Arbitration:
		roles = rights.Dispatchers
	}
	return func(yield func(roster.Unit, roster.PostID) bool) {
		for u, post := range escalation.Seats(c, escalation.Upwards(c, platform.Office(c, cs)), roles) {
			if rights.Within(c, u, rights.ScopeAccountable, cs) && !yield(u, post) {
				return
			}
		}
	}
}

// deciders are the roles that decide on the open request, and the units at which they are looked for, in this order; no
// roles when nothing is asked. A closing by force is joined by the other of duty chief and leader.
func deciders(c *city.City, cs *dispatch.Case) (iter.Seq[roster.Unit], []roster.Role) {
	p, ok := rights.Deciding(cs.Request.Kind, cs)
	if !ok {
		return nil, nil
	}
	//exhaustive:ignore
	switch {
	case cs.Request.Kind == dispatch.RequestForceClose:
		asker := c.UnitOf(cs.Request.Post)
		other := slices.DeleteFunc(slices.Clone(p.Roles), func(r roster.Role) bool { return roster.PostAt(asker, r) == cs.Request.Post })
		return chained(escalation.Upwards(c, asker), escalation.Ground(cs)), other
	case p.Scope == rights.ScopeOwner:
		return escalation.Upwards(c, cs.Owner.Unit), p.Roles
	default: // the platform that dispatched the case, the city's own office, else one that the place has
		offices := []roster.Unit{routing.Root(c)}
		if by := platform.Dispatching(c, cs); by != offices[0] && rights.Within(c, by, p.Scope, cs) {
			offices = []roster.Unit{by, offices[0]}
		}
		return chained(slices.Values(offices), escalation.Ground(cs)), p.Roles
	}
}

// decisionSeats yields the posts that decide on the open request, the first before those that follow when nobody is there. A
// post that only those hold who asked, or granted already, is left out: somebody else decides.
func decisionSeats(
	c *city.City, cs *dispatch.Case, units iter.Seq[roster.Unit], roles []roster.Role,
) iter.Seq2[roster.Unit, roster.PostID] {
	return func(yield func(roster.Unit, roster.PostID) bool) {
		for u, post := range escalation.Seats(c, units, roles) {
			other := func(h roster.Holding) bool { return !cs.AskedOrGranted(h.Person) }
			if slices.ContainsFunc(c.Roster.Holdings(post), other) && !yield(u, post) {
				return
			}
		}
	}
}

// chained yields the units of a, then those of b.
func chained(a, b iter.Seq[roster.Unit]) iter.Seq[roster.Unit] {
	return func(yield func(roster.Unit) bool) {
		for u := range a {
			if !yield(u) {
				return
			}
		}
		b(yield)
	}
}
