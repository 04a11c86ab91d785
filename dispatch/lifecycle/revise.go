package lifecycle

import (
	"cmp"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// Move is what another revision of the city would change about an open case.
type Move struct {
	Case          dispatch.CaseID
	Stage         dispatch.Stage
	Was, Is       dispatch.Owner
	CoOwners      []dispatch.CoOwner
	Rule          string         // that would decide now
	Place         dispatch.Place // as the other revision cuts the ground
	DueWas, DueIs time.Time
	Chain         bool        // the people of its ladder, or its steps, would be others
	Stuck         i18n.Text   // why it can't be routed any more; zero = it can
	Lost          []i18n.Text // what it names that is gone; nil: nothing is
	Judge         roster.Unit // Arbitration: who would rule in place of a unit that is gone; zero: as it was
	Freed         bool        // its handler is gone: the work goes back to the post

	keeps bool // but for what is lost the case stays as it is
}

// unmoved is the move of a case that stays as it is.
func unmoved(cs *dispatch.Case) Move {
	return Move{Case: cs.ID, Stage: cs.Stage, Was: cs.Owner, Is: cs.Owner, CoOwners: cs.CoOwners, Rule: cs.Rule, Place: cs.Place, DueWas: cs.Clock.Due, DueIs: cs.Clock.Due}
}

// Owner reports whether another unit would answer.
func (m *Move) Owner() bool { return m.Was.Unit != m.Is.Unit || m.Was.Post != m.Is.Post }

// Deadline reports whether the deadline would be another.
func (m *Move) Deadline() bool { return !m.DueWas.Equal(m.DueIs) }

// What Case.Rule says of an owner that no rule of the city decided.
const (
	ByHand   = "by hand"     // a dispatcher chose the owner
	Recorded = "as recorded" // the past record names the owner, and has no position to ask the rules about
)

// owned reports whether the present stage is its owner's, so that a change of owner matters now.
func owned(s dispatch.Stage) bool {
	return s == dispatch.Dispatched || s == dispatch.Handling || s == dispatch.Suspended
}

// Compare tells what the case would look like under another revision of the city, and whether
// anything about it would move. What a dispatcher decided by hand is kept while its unit stands. A case
// that would lose what it names moves, too, to where somebody answers for it: see LossOf.
func Compare(was, is *city.City, cs *dispatch.Case, at time.Time) (Move, bool) {
	m, moves := compare(was, is, cs, at)
	l := LossOf(was, is, cs, at)
	if !l.Any() {
		return m, moves
	}
	if m.Stuck != none {
		m, _ = Keep(was, is, cs, at)
	} else {
		m.mend(is, cs, &l, at)
	}
	m.Lost = l.Why
	return m, true
}

func compare(was, is *city.City, cs *dispatch.Case, at time.Time) (Move, bool) {
	m := unmoved(cs)
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
	m.Chain = !escalation.SamePending(was, is, cs, &after, at)
	if _, _, moved := escalation.ResumeStep(was, is, cs, at); moved {
		m.Chain = true
	}
	return m, m.Owner() || m.Deadline() || m.Chain
}

func (m *Move) route(c *city.City, cs *dispatch.Case, at time.Time) {
	if cs.Rule == ByHand || cs.Rule == Recorded {
		post, ok := routing.ActingPost(c, cs.Owner.Unit)
		if ok {
			m.Is.Post = post
			return
		}
	}
	d, err := routing.Route(c, m.Place, cs.Category, at)
	if err != nil {
		m.Stuck = i18n.F("nobody would answer for it: %v", "将无人负责：%v", err)
		return
	}
	m.Is, m.Rule = d.Owner, d.Rule
	m.CoOwners = nil
	for _, o := range d.CoOwners {
		m.CoOwners = append(m.CoOwners, keptOn(c, cs, o))
	}
}

// keptOn is a co-owner under another revision: its clock runs on, or begins with the lead's.
func keptOn(c *city.City, cs *dispatch.Case, o dispatch.Owner) dispatch.CoOwner {
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

// reclock is the clock with which the move is carried out; false when the clock stays as it is.
func (m *Move) reclock(was, is *city.City, cs *dispatch.Case) (dispatch.Clock, bool) {
	if !m.keeps {
		return sla.Recount(is, cs)
	}
	k := cs.Clock
	before, after := was.CalendarOf(cs.Owner.Unit), is.CalendarOf(m.Is.Unit)
	if m.Was.Unit == m.Is.Unit || !k.Running() || k.Limit.N <= 0 || before == was.Calendar && after == is.Calendar {
		return dispatch.Clock{}, false
	}
	k, err := sla.Project(k, after) // the new owner works other hours
	return k, err == nil
}

// Revise turns a move into the event that carries it out, under the revision c. The owner and the
// place become the new ones; the clock runs on from the same start, so that no revision gives
// anybody time; a rung that has fired does not fire again. A new owner has not begun: work that was
// under way goes back to dispatched.
func Revise(was, c *city.City, cs *dispatch.Case, m Move, actor roster.PersonID, post roster.PostID, note string, at time.Time) dispatch.Event {
	e := dispatch.Event{
		Seq: cs.Seq + 1, Kind: dispatch.EventRevised, At: at, Actor: actor, Post: post, Revision: c.Revision, Note: note,
		Place: &m.Place, Owner: m.Is, CoOwners: m.CoOwners, Rule: m.Rule, Party: m.Judge, Freed: m.Freed,
	}
	if k, ok := m.reclock(was, c, cs); ok {
		e.Clock = k
	}
	climbs(&e, was, c, cs)
	return e
}

// Reladder is the event that leaves a case as it is but for its place on the ladder, which another
// revision has changed: a rung that has fired does not fire again, and none is left out. false when the
// ladders of its clocks are the same.
func Reladder(was, c *city.City, cs *dispatch.Case, actor roster.PersonID, post roster.PostID, note string, at time.Time) (dispatch.Event, bool) {
	e := dispatch.Event{
		Seq: cs.Seq + 1, Kind: dispatch.EventRevised, At: at, Actor: actor, Post: post, Revision: c.Revision, Note: note,
		Place: &cs.Place, Owner: cs.Owner, CoOwners: cs.CoOwners, Rule: cs.Rule,
	}
	climbs(&e, was, c, cs)
	same := func(a, b string) bool {
		return slices.EqualFunc(was.Ladders[a].Steps, c.Ladders[b].Steps, escalation.SameInstant)
	}
	running := cs.Clock.Running() && !same(cs.Ladder, e.Ladder)
	return e, running || e.Aside != 0
}

// climbs puts a case where it stands on the ladders of the revision c, with the clock that the event
// gives it: on the one of the same name, or if that is gone on the one that c has for it.
func climbs(e *dispatch.Event, was, c *city.City, cs *dispatch.Case) {
	after := *cs
	after.Place, after.Owner, after.CoOwners = *e.Place, e.Owner, e.CoOwners
	e.Ladder, e.NextAt, e.Step, e.Passed = cmp.Or(cs.Ladder, escalation.DefaultLadder), cs.NextAt, cs.NextStep, cs.Clock.Passed
	before := was.Ladders[e.Ladder].Steps
	if _, ok := c.Ladders[e.Ladder]; !ok {
		e.Ladder = escalation.LadderFor(c, &after)
	}
	if k := cmp.Or(e.Clock, cs.Clock); k.Running() {
		e.Step, e.Passed = escalation.SameRung(sla.OwnersCalendar(c, &after), k, escalation.Fired(cs.Clock, before, cs.NextStep), c.Ladders[e.Ladder].Steps)
		after.Clock, after.Ladder, after.NextStep = k, e.Ladder, e.Step
		e.NextAt = escalation.Next(c, &after).At
		if e.Clock.Running() {
			e.Clock.Step, e.Clock.Passed = e.Step, e.Passed
		}
	}
	if step, passed, ok := escalation.ResumeStep(was, c, cs, e.At); ok {
		e.Aside, e.AsidePassed = step+1, passed
	}
}
