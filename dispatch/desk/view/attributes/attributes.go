// Package attributes holds what filters compare of a case, small enough to keep for every open case.
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
	rare   *rare   // nil: all zero, as of most cases
}

// rare holds the attributes that few cases have.
type rare struct {
	external string // number in the system of the source
	caller   dispatch.Caller
	helping  []roster.Unit // co-owners with an open duty
	gone     []roster.Unit // removed units that had the case
	around   []grid.AreaID // the areas of the place, if they are not those around Area in the active revision
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

func rareOf(c *city.City, cs *dispatch.Case, area grid.AreaID) *rare {
	r := rare{external: cs.Report.ExternalID, caller: cs.Report.Caller, gone: cs.GoneUnits}
	for i := range cs.CoOwners {
		if o := &cs.CoOwners[i]; o.Open() {
			r.helping = append(r.helping, o.Unit)
		}
	}
	if !isChain(c, cs.Place.Areas, area) {
		r.around = cs.Place.Areas
	}
	if r.external == "" && r.caller == (dispatch.Caller{}) && r.helping == nil && len(r.gone) == 0 && r.around == nil {
		return nil
	}
	out := r // r itself stays off the heap: most cases have none
	return &out
}

// more returns the rare attributes.
func (f Attributes) more() rare {
	if f.rare == nil {
		return rare{}
	}
	return *f.rare
}

// External returns the report's number in the system of its source; "" if it has none.
func (f Attributes) External() string { return f.more().external }

// WasOf reports whether a unit that a revision removed had the case.
func (f Attributes) WasOf(u roster.Unit) bool {
	return f.rare != nil && slices.Contains(f.rare.gone, u)
}

// CallerPhone returns the phone of the caller; "" if there is none. [CallerSeen] tells for whom.
func (f Attributes) CallerPhone() string { return f.more().caller.Phone }

// wordsOf returns what a report says: its text and, on a line of its own, its address.
func wordsOf(r *dispatch.Report) string {
	if r.Address == "" {
		return r.Text
	}
	return r.Text + "\n" + r.Address
}

// Of returns the attributes of a case in a city.
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
	f.Offices, f.rare = cs.PlatformsElsewhere(), rareOf(c, cs, f.Area)
	return f
}

// LiesIn reports whether the case lies in an area.
func (f Attributes) LiesIn(c *city.City, id grid.AreaID) bool {
	return routing.Above(c, roster.Unit{Kind: roster.UnitArea, ID: string(id)}, roster.Unit{Kind: roster.UnitArea, ID: string(f.Area)})
}

// chain lists an area and the areas above it, the city first.
func chain(c *city.City, id grid.AreaID) []grid.AreaID {
	var out []grid.AreaID
	for a := c.Areas[id]; a != nil && len(out) < roster.MaxTreeDepth; a = c.Areas[a.Parent] {
		out = append(out, a.ID)
	}
	slices.Reverse(out)
	return out
}

// isChain reports whether areas are the chain of an area.
func isChain(c *city.City, areas []grid.AreaID, id grid.AreaID) bool {
	a, n := c.Areas[id], 0
	for ; a != nil && n < roster.MaxTreeDepth; n++ {
		if n == len(areas) || areas[len(areas)-1-n] != a.ID {
			return false
		}
		a = c.Areas[a.Parent]
	}
	return n == len(areas)
}

// ReporterSeen returns rights.MaySeeReporter for one person, evaluated on attributes.
func ReporterSeen(c *city.City, person roster.PersonID, at time.Time) func(Attributes) bool {
	held, active := c.Roster.PostsOf(person, at), c.Roster.Active(person, at)
	return func(f Attributes) bool {
		switch {
		case f.heldAround(c, held, rights.WholeOffice):
			return true
		case !(&dispatch.Case{Stage: f.Stage}).Open():
			return false
		case active && f.Handler == person:
			return true
		}
		return slices.ContainsFunc(held, func(h roster.Holding) bool {
			return slices.Contains(rights.OwnersPeople, h.Role) && (h.Unit == f.Owner || slices.Contains(f.more().helping, h.Unit))
		})
	}
}

// CallerSeen returns rights.MaySeeCaller for one person, evaluated on attributes.
func CallerSeen(c *city.City, person roster.PersonID, at time.Time) func(Attributes) bool {
	held, seen := c.Roster.PostsOf(person, at), ReporterSeen(c, person, at)
	return func(f Attributes) bool {
		if f.more().caller.Confidential {
			return f.heldAround(c, held, rights.Receivers)
		}
		return seen(f)
	}
}

// heldAround is rights.HoldsAround, evaluated on attributes.
func (f Attributes) heldAround(c *city.City, held []roster.Holding, roles []roster.Role) bool {
	areas := f.more().around
	return slices.ContainsFunc(held, func(h roster.Holding) bool {
		if !slices.Contains(roles, h.Role) || h.Unit.Kind != roster.UnitArea {
			return false
		}
		if areas == nil {
			areas = chain(c, f.Area)
		}
		return routing.InAreas(areas, grid.AreaID(h.Unit.ID))
	})
}

// Readable returns rights.MayRead for one person, evaluated on attributes.
func Readable(c *city.City, person roster.PersonID, at time.Time) func(Attributes) bool {
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
