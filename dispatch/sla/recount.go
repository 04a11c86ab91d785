package sla

import (
	"wangge/dispatch"
	"wangge/dispatch/city"
)

// Recount is the running disposal clock of a case as another revision of the city counts it: from the same start, with
// the time used, the limit of the same condition and that revision's calendar. ok is false when the clock stays as it
// is: it is paused, it is one of the office's own, or its condition is gone.
func Recount(c *city.City, cs *dispatch.Case) (dispatch.Clock, bool) {
	k := cs.Clock
	if !k.Running() || k.Limit.N <= 0 || cs.Stage != dispatch.Dispatched && cs.Stage != dispatch.Handling {
		return dispatch.Clock{}, false
	}
	cond, err := ConditionOfCase(c, cs)
	if err != nil {
		return dispatch.Clock{}, false
	}
	limit, _ := LimitUnder(c, &cs.Campaign, &cs.Place, cs.Category, cond, k.Since)
	cal := OwnerCalendar(c, cs)
	if limit.Unit == k.Limit.Unit {
		k.Limit = limit
		k, err = Project(k, cal)
		return k, err == nil
	}
	k.Limit, k.Consumed = limit, *k.Spent.On(limit.Unit)
	k, err = Project(k, cal)
	return k, err == nil
}
