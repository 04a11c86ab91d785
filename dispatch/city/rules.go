package city

import (
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/grid"
)

// HoldsWherever reports whether e holds at every place and instant at which r holds.
func (c *City) HoldsWherever(e, r *catalog.Rule) bool {
	if e.Component || e.Near != "" && !(r.Near == e.Near && r.WithinM <= e.WithinM) {
		return false
	}
	if e.Area != "" && !c.Under(grid.AreaID(r.Area), grid.AreaID(e.Area)) {
		return false
	}
	if !e.From.IsZero() && (r.From.IsZero() || r.From.Before(e.From)) || !e.To.IsZero() && (r.To.IsZero() || r.To.After(e.To)) {
		return false
	}
	return e.Season == calendar.Season{} || e.Season == r.Season
}

// Under reports whether area id equals upper or lies below.
func (c *City) Under(id, upper grid.AreaID) bool {
	for a := c.Areas[id]; a != nil; a = c.Areas[a.Parent] {
		if a.ID == upper {
			return true
		}
	}
	return false
}
