package sla

import (
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
)

// Reproject moves the open deadlines of a case to where the present calendars put them. Errors: dispatch.ErrNothingDue
// when none moves.
func Reproject(cs *dispatch.Case, c *city.City) ([]dispatch.Event, error) {
	if !cs.Open() {
		return nil, dispatch.ErrNothingDue
	}
	e, err := reprojected(c, cs)
	if err != nil {
		return nil, err
	}
	same := e.Clock.Due.Equal(cs.Clock.Due) && e.Clock.Provisional == cs.Clock.Provisional || !cs.Clock.Running()
	for i := range e.CoOwners {
		same = same && e.CoOwners[i].Clock.Due.Equal(cs.CoOwners[i].Clock.Due)
	}
	for i := range e.Milestones {
		same = same && e.Milestones[i].Clock.Due.Equal(cs.Milestones[i].Clock.Due)
	}
	if same {
		return nil, dispatch.ErrNothingDue
	}
	return []dispatch.Event{e}, nil
}

// reprojected derives every running deadline anew. No step that fired is moved or fired again; the next one is due by
// the new deadline.
func reprojected(c *city.City, cs *dispatch.Case) (e dispatch.Event, err error) {
	e.Kind = dispatch.EventReprojected
	anew := func(cal *calendar.Calendar, k dispatch.Clock) (dispatch.Clock, error) {
		if !k.Running() || k.Limit.N == 0 {
			return k, nil
		}
		return Project(k, cal)
	}
	if cs.Clock.Running() {
		if e.Clock, err = anew(OwnerCalendar(c, cs), cs.Clock); err != nil {
			return e, err
		}
		e.Clock.Step = cs.NextStep
	}
	e.CoOwners, e.Milestones, err = EachClock(c, cs, anew)
	return e, err
}
