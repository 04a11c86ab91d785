package revise

import (
	"cmp"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// Move is what another revision of the city would change about an open case.
type Move struct {
	Case          dispatch.CaseID
	Stage         dispatch.Stage
	Was, Is       dispatch.Owner
	CoOwners      []dispatch.CoOwner
	Rule          string         // that would decide
	Place         dispatch.Place // as the other revision draws the ground
	DueWas, DueIs time.Time
	StepsChange   bool            // the steps to come, or their recipients, would change
	Stuck         i18n.Text       // why it can't be routed; zero = it can
	Lost          []i18n.Text     // what it would lose; nil = nothing
	Undecided     []i18n.Text     // of Lost, what neither policy nor successors decide; see Undecided
	Arbiter       roster.Unit     // Arbitration: the unit that would rule in place of one that is gone; zero = unchanged
	Freed         bool            // the handler is gone: the work goes back to the post
	Handler       roster.PersonID // in place of a handler who is gone; "" = unchanged
	Gone          []roster.Unit   // units of the case that are gone
	Platform      *roster.Unit    // in place of the one at which the case arrived and which is gone; nil = unchanged

	Chain []dispatch.ChainLink // in which the dispatches to platforms that are gone have ended; nil = unchanged

	// Of a category that is gone, the successor, with the condition and the severity of the case; "" = unchanged.
	Category  catalog.Code
	Condition string
	Severity  catalog.Severity

	renamed      map[roster.Unit]dispatch.Owner // co-owners that are gone, and the successors of their parts
	lapses, sent bool                           // of the loss: the open request, an inspector's milestone
	repairOnly   bool                           // the case changes only in what it would lose
}

// unchanged is the move of a case that stays as it is.
func unchanged(cs *dispatch.Case) Move {
	return Move{
		Case: cs.ID, Stage: cs.Stage, Was: cs.Owner, Is: cs.Owner, CoOwners: cs.CoOwners, Rule: cs.Rule, Place: cs.Place,
		DueWas: cs.Clock.Due, DueIs: cs.Clock.Due,
	}
}

// classify notes the category of a case that takes another one.
func (m *Move) classify(cs, n *dispatch.Case) {
	if n.Category != cs.Category {
		m.Category, m.Condition, m.Severity = n.Category, n.Condition, n.Severity
	}
}

// classified is a case under the category of the move.
func (m *Move) classified(cs *dispatch.Case) *dispatch.Case {
	if m.Category == "" {
		return cs
	}
	n := *cs
	n.Category, n.Condition, n.Severity = m.Category, m.Condition, m.Severity
	return &n
}

// Owner reports whether the owner's unit or post would change.
func (m *Move) Owner() bool { return m.Was.Unit != m.Is.Unit || m.Was.Post != m.Is.Post }

// Deadline reports whether the deadline would change.
func (m *Move) Deadline() bool { return !m.DueWas.Equal(m.DueIs) }

// owned reports whether a stage belongs to the owner, so that a new owner takes over now.
func owned(s dispatch.Stage) bool {
	return s == dispatch.Dispatched || s == dispatch.Handling || s == dispatch.Suspended
}

// Compare returns what an open case would become under another revision of the city, and whether anything about it
// would change. An owner chosen by hand is kept while the city has its unit. A case that would lose something is
// repaired, by a successor where one is named: see LossOf.
func Compare(was, is *city.City, cs *dispatch.Case, s city.Successors, at time.Time) (Move, bool) {
	l := LossOf(was, is, cs, at)
	n := classified(is, cs, s)
	var mended Move
	n = mended.mend(was, is, n, s, at)
	m, moves := compare(was, is, n, at)
	m.Platform, m.Chain = mended.Platform, mended.Chain
	m.classify(cs, n)
	if !l.Any() {
		return m, moves
	}
	if m.Stuck != (i18n.Text{}) {
		m, _ = Preserve(was, is, cs, s, at)
	} else {
		m.repair(was, is, n, &l, s, at)
	}
	m.Lost = l.Why()
	return m, true
}

// compare is Compare without the repair.
func compare(was, is *city.City, cs *dispatch.Case, at time.Time) (Move, bool) {
	m := unchanged(cs)
	place, err := routing.PlaceIn(is, cs)
	if err != nil {
		m.Stuck = i18n.F("its place is not in the city any more: %v", "其地点已不在城市范围内：%v", err)
		return m, true
	}
	m.Place = place
	if owned(cs.Stage) {
		m.route(is, cs, at)
		if m.Stuck != (i18n.Text{}) {
			return m, true
		}
	}
	if k, ok := m.reclock(was, is, cs); ok {
		m.DueIs = k.Due
	}
	after := *cs
	after.Place, after.Owner, after.Clock.Due = place, m.Is, m.DueIs
	m.StepsChange = !escalation.SamePending(was, is, cs, &after, at)
	if _, _, moved := escalation.ResumeStep(was, is, cs, at); moved {
		m.StepsChange = true
	}
	if leavesOtherwise(was, is, cs) {
		m.StepsChange = true
	}
	return m, m.Owner() || m.Deadline() || m.StepsChange
}

// route finds the owner under another revision.
func (m *Move) route(c *city.City, cs *dispatch.Case, at time.Time) {
	chosen := cs.Rule == dispatch.ByHand || cs.Rule == dispatch.BySuccessor
	if cs.Owner.IsPlatform() && chosen && c.IsPlatform(cs.Owner.Unit) {
		return
	}
	if chosen || cs.Rule == dispatch.Recorded {
		post, ok := routing.EffectivePost(c, cs.Owner.Unit)
		if ok {
			m.Is.Post = post
			return
		}
	}
	d, err := platform.Route(c, cs, m.Place, at)
	if err != nil {
		m.Stuck = i18n.F("nobody would answer for it: %v", "将无人负责：%v", err)
		return
	}
	d = underWay(c, cs, m.Place, d, at)
	m.Is, m.Rule = d.Owner, d.Rule
	m.CoOwners = nil
	for _, o := range d.CoOwners {
		m.CoOwners = append(m.CoOwners, coOwnersUnder(c, cs, o)...)
	}
}

// coOwnersUnder is a co-owner under another revision, with the units to which it has given its duty on as a platform.
func coOwnersUnder(c *city.City, cs *dispatch.Case, o dispatch.Owner) []dispatch.CoOwner {
	given, from := []dispatch.CoOwner{{Owner: o}}, o.Unit
	for _, was := range cs.CoOwners {
		if was.From == from && from != (roster.Unit{}) && routing.HasUnit(c, was.Unit) {
			given, from = append(given, was), was.Unit
		}
	}
	if last := given[len(given)-1]; len(given) > 1 && last.Duty == o.Duty && c.IsPlatform(o.Unit) {
		given[0].Duty = ""
		return given
	}
	return []dispatch.CoOwner{coOwnerUnder(c, cs, o)}
}

// coOwnerUnder is a co-owner under another revision. The clock of one that was a co-owner before continues; that of a new
// one starts with the lead owner's.
func coOwnerUnder(c *city.City, cs *dispatch.Case, o dispatch.Owner) dispatch.CoOwner {
	for _, was := range cs.CoOwners {
		if was.Unit == o.Unit && was.Duty == o.Duty {
			was.Owner = o
			return was
		}
	}
	co := dispatch.CoOwner{Owner: o}
	if o.Duty != "" && cs.Clock.Running() {
		if k, err := sla.StartClock(c.CalendarOf(o.Unit), cs.Clock.Limit, cs.Clock.Since); err == nil {
			co.Clock = k
		}
	}
	return co
}

// reclock is the running clock under the new revision; false when it stays as it is.
func (m *Move) reclock(was, is *city.City, cs *dispatch.Case) (dispatch.Clock, bool) {
	if !m.repairOnly {
		return sla.Recount(is, cs)
	}
	k := cs.Clock
	before, after := was.CalendarOf(cs.Owner.Unit), is.CalendarOf(m.Is.Unit)
	if m.Was.Unit == m.Is.Unit || !k.Running() || k.Limit.N <= 0 || before == was.Calendar && after == is.Calendar {
		return dispatch.Clock{}, false
	}
	k, err := sla.Project(k, after) // the new owner has another calendar
	return k, err == nil
}

// EventOf returns the event that carries out a move under the revision c. Owner and place become the new ones. The
// clock keeps its start, so that no revision grants time; a step that has fired does not fire again. A new owner has
// not started: work that was under way goes back to dispatched. People who get or lose work by the move are notified.
func EventOf(
	was, c *city.City, cs *dispatch.Case, m Move, actor roster.PersonID, post roster.PostID, note string, at time.Time,
) dispatch.Event {
	e := dispatch.Event{
		Seq: cs.Seq + 1, Kind: dispatch.EventRevised, At: at, Actor: actor, Post: post, Revision: c.Revision, Note: note,
		Place: &m.Place, Owner: m.Is, CoOwners: m.CoOwners, Rule: m.Rule, Party: m.Arbiter, Freed: m.Freed,
		Handler: m.Handler, GoneUnits: m.Gone, Category: m.Category, Condition: m.Condition, Severity: m.Severity,
		Platform: m.Platform, Chain: m.chain(c, cs, actor, at),
	}
	n := m.classified(cs)
	if k, ok := m.reclock(was, c, n); ok {
		e.Clock = k
	}
	e.Milestones = m.milestones(was, c, cs, at)
	if f := fateOf(c, cs, m.Is, m.Rule, m.Place, at); f != stands {
		e.Request, e.Granted = cs.Request.Kind, f == goesOn
	}
	placeOnLadder(&e, was, c, n)
	tell(was, c, cs, &e)
	after := dispatch.Fold(cs, e)
	dispatch.KeepWorkers(cs, after, &e)
	escalation.AskReceipts(c, cs, after, &e)
	e.NextAt = escalation.NextTimer(c, after).At // of the case after the move, when a handler may be gone
	return e
}

// LadderEvent returns the event that changes nothing but the position of a case on its ladder, which another revision has
// changed: no step that fired fires again, and none is left out; reminders are counted anew. It tells those at another post
// for whose act the case waits from now on. False when the ladders of its clocks and the reminders are the same, and the case waits
// for the same posts.
func LadderEvent(
	was, c *city.City, cs *dispatch.Case, actor roster.PersonID, post roster.PostID, note string, at time.Time,
) (dispatch.Event, bool) {
	e := dispatch.Event{
		Seq: cs.Seq + 1, Kind: dispatch.EventRevised, At: at, Actor: actor, Post: post, Revision: c.Revision, Note: note,
		Place: &cs.Place, Owner: cs.Owner, CoOwners: cs.CoOwners, Rule: cs.Rule,
	}
	placeOnLadder(&e, was, c, cs)
	same := func(a, b string) bool {
		return slices.EqualFunc(was.Policies[a].Steps, c.Policies[b].Steps, escalation.SameInstant)
	}
	e.NextAt = escalation.NextTimer(c, dispatch.Fold(cs, e)).At // the person who applies the revision counts as one who has acted
	running := (cs.Clock.Running() || held(cs)) && !same(cs.EscalationPolicy, e.EscalationPolicy)
	nudge, will := was.Policies[cs.EscalationPolicy].Reminder, c.Policies[e.EscalationPolicy].Reminder
	nudged := (cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling) && (nudge.After != will.After || nudge.AtMost != will.AtMost)
	tellWaiting(was, c, cs, &e)
	return e, running || nudged || e.PausedStep != 0 || len(e.Notified) > 0 || leavesOtherwise(was, c, cs)
}

// held reports whether a campaign pauses the clocks of the work.
func held(cs *dispatch.Case) bool { return cs.Campaign.Held && owned(cs.Stage) && cs.Clock.Limit.N > 0 }

// leavesOtherwise reports whether the handler of a case leaves at another time under another revision.
func leavesOtherwise(was, is *city.City, cs *dispatch.Case) bool {
	return !escalation.HandlerLeaves(was, cs).Equal(escalation.HandlerLeaves(is, cs))
}

// placeOnLadder puts a case at its position on the ladders of the revision c, with the clock that the event gives it: on the
// ladder of the same name, else on the one that c chooses for it.
func placeOnLadder(e *dispatch.Event, was, c *city.City, cs *dispatch.Case) {
	after := *cs
	after.Place, after.Owner, after.CoOwners = *e.Place, e.Owner, e.CoOwners
	e.EscalationPolicy, e.NextAt = cmp.Or(cs.EscalationPolicy, escalation.DefaultPolicy), cs.NextAt
	e.Step, e.Fired = cs.NextStep, cs.Clock.Fired
	before := was.Policies[e.EscalationPolicy].Steps
	if _, ok := c.Policies[e.EscalationPolicy]; !ok {
		e.EscalationPolicy = escalation.PolicyFor(c, &after)
	}
	k := cmp.Or(e.Clock, cs.Clock)
	fired := escalation.FiredSteps(cs.Clock, before, cs.NextStep)
	if held(cs) { // where the work goes on when the pause is lifted
		if on, err := sla.Resume(k, sla.OwnerCalendar(c, &after), e.At); err == nil {
			e.Step, e.Fired = escalation.NextStepOn(sla.OwnerCalendar(c, &after), on, fired, c.Policies[e.EscalationPolicy].Steps)
		}
	}
	if k.Running() {
		e.Step, e.Fired = escalation.NextStepOn(sla.OwnerCalendar(c, &after), k, fired, c.Policies[e.EscalationPolicy].Steps)
		after.Clock, after.EscalationPolicy, after.NextStep = k, e.EscalationPolicy, e.Step
		e.NextAt = escalation.NextTimer(c, &after).At
		if e.Clock.Running() {
			e.Clock.Step, e.Clock.Fired = e.Step, e.Fired
		}
	}
	if step, passed, ok := escalation.ResumeStep(was, c, cs, e.At); ok {
		e.PausedStep, e.PausedFired = step+1, passed
	}
}
