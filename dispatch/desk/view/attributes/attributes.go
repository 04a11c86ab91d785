// Package attributes holds what lists and filters know of a case, and who may read a case by that.
package attributes

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// Attributes holds the filterable fields of a case.
type Attributes struct {
	ID       dispatch.CaseID
	Stage    dispatch.Stage
	Severity catalog.Severity
	Category catalog.Code
	Owner    roster.Unit
	Post     roster.PostID
	Reporter roster.PersonID
	Handler  roster.PersonID
	Light    string           // of the last step that fired; "" = none yet
	Step     int              // how many steps have fired
	Created  time.Time        // when we received it
	Due      time.Time        // of the present stage; zero if no clock runs
	DueFirst time.Time        // of the stage, a milestone or a co-owner's duty, whichever is first; lists are sorted by it
	Area     grid.AreaID      // the smallest around the position
	Sections []city.SectionID // sections at the position that still exist
	Points   []string         // points at the position in the active revision
	CoOwners []roster.Unit
	Offices  []roster.Unit // platforms elsewhere that have to do with the case: see dispatch.Case.PlatformsElsewhere

	Unlocated bool // the position is unknown

	Source dispatch.Source
	Text   string  // words and address of the report
	course *Course // nil: all zero, as of most open cases
}

// Course holds the attributes of what has befallen a case beside the usual way.
type Course struct {
	Returns, Reworks int
	Requested        dispatch.RequestKind // the open request
	Supervised       bool                 // a supervision without an answer
	Arbiter          roster.Unit          // that rules, or ruled last
	Group            dispatch.CaseID      // the mass event of which the case is part
	Appeal           dispatch.AppealState
	Outcome          dispatch.Outcome
	Satisfaction     dispatch.Satisfaction
	Closed           time.Time // zero while the case is open
}

// Course returns what has befallen the case.
func (f Attributes) Course() Course {
	if f.course == nil {
		return Course{}
	}
	return *f.course
}

func courseOf(cs *dispatch.Case) *Course {
	c := Course{
		cs.Returns, cs.Reworks, cs.Request.Kind, cs.Unanswered, cs.Arbiter, cs.Group,
		cs.Appeal, cs.Outcome, cs.Satisfaction, cs.ClosedAt,
	}
	if c == (Course{}) {
		return nil
	}
	out := c // c itself stays off the heap: most cases have none
	return &out
}

// wordsOf returns what a report says: its text and, on a line of its own, its address.
func wordsOf(r *dispatch.Report) string {
	if r.Address == "" {
		return r.Text
	}
	return r.Text + "\n" + r.Address
}

// Of returns the attributes of a case.
func Of(c *city.City, cs *dispatch.Case) Attributes {
	f := Attributes{
		ID: cs.ID, Stage: cs.Stage, Severity: cs.Severity, Category: cs.Category, Owner: cs.Owner.Unit,
		Post: cs.Owner.Post, Reporter: cs.Report.Reporter, Handler: cs.Handler,
		Step: cs.NextStep, Created: cs.Report.ReceivedAt, Due: cs.Clock.Due, DueFirst: escalation.EarliestDue(cs),
		Unlocated: !cs.Place.Located(), Source: cs.Report.Source, Text: wordsOf(&cs.Report), course: courseOf(cs),
	}
	if !cs.Open() {
		f.Due, f.DueFirst = time.Time{}, time.Time{}
	}
	if steps := c.Policies[cs.EscalationPolicy].Steps; cs.NextStep > 0 && cs.NextStep <= len(steps) {
		f.Light = steps[cs.NextStep-1].Light
	}
	if n := len(cs.Place.Areas); n > 0 {
		f.Area = cs.Place.Areas[n-1]
		if a := c.Areas[f.Area]; a != nil {
			f.Area = a.ID // one shared string for all rows
		}
	}
	for _, id := range cs.Place.Sections {
		if s := c.Sections[id]; s != nil {
			f.Sections = append(f.Sections, s.ID)
		}
	}
	if !f.Unlocated {
		for _, p := range c.NearPoints(cs.Place.Point, "", 0) {
			f.Points = append(f.Points, p.Point.ID)
		}
	}
	for _, o := range cs.CoOwners {
		f.CoOwners = append(f.CoOwners, o.Unit)
	}
	f.Offices = cs.PlatformsElsewhere()
	return f
}

// LiesIn reports whether the case lies in an area.
func (f Attributes) LiesIn(c *city.City, id grid.AreaID) bool {
	return routing.Above(c, roster.Unit{Kind: roster.UnitArea, ID: string(id)}, roster.Unit{Kind: roster.UnitArea, ID: string(f.Area)})
}

// Reader returns rights.MayRead for one person, evaluated on attributes.
func Reader(c *city.City, person roster.PersonID, at time.Time) func(Attributes) bool {
	held, active := c.Roster.PostsOf(person, at), c.Roster.Active(person, at)
	return func(f Attributes) bool {
		if active && (f.Reporter == person || f.Handler == person) {
			return true
		}
		for _, h := range held {
			above := func(u roster.Unit) bool { return routing.Above(c, h.Unit, u) }
			if f.LiesIn(c, grid.AreaID(h.Unit.ID)) && h.Unit.Kind == roster.UnitArea || f.Owner != (roster.Unit{}) && above(f.Owner) ||
				slices.ContainsFunc(f.CoOwners, above) || slices.ContainsFunc(f.Offices, above) {
				return true
			}
			if f.Stage == dispatch.Arbitration && rights.Rules(h.Role) && above(f.Course().Arbiter) {
				return true
			}
			if slices.ContainsFunc(f.Sections, func(id city.SectionID) bool {
				return above(roster.Unit{Kind: roster.UnitSection, ID: string(id)})
			}) {
				return true
			}
		}
		return false
	}
}

// Filter selects cases of a list. The zero Filter matches all.
type Filter struct {
	Text string                // binds page tokens: the same text must mean the same filter
	Keep func(Attributes) bool // nil matches all
}

// Matches reports whether the filter selects a case with these attributes.
func (f Filter) Matches(facts Attributes) bool { return f.Keep == nil || f.Keep(facts) }
