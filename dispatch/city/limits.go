package city

import (
	"slices"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// CalendarOf returns the calendar of a unit's work: its own, that of the nearest unit above with one, or the city's.
func (c *City) CalendarOf(u roster.Unit) *calendar.Calendar {
	if len(c.Calendars) == 0 {
		return c.Calendar
	}
	for range roster.MaxTreeDepth {
		if cal := c.Calendars[u]; cal != nil {
			return cal
		}
		up, ok := c.Parent(u)
		if !ok {
			break
		}
		u = up
	}
	return c.Calendar
}

// SectionTierOf returns the tier of the first of some sections that has one, or "". Sections are in the order of
// SectionsAt.
func (c *City) SectionTierOf(sections []SectionID) string {
	for _, id := range sections {
		if s := c.Sections[id]; s != nil && s.Tier != "" {
			return s.Tier
		}
	}
	return ""
}

// TierOf returns the tier of the smallest area of a chain that has one, or "".
func (c *City) TierOf(areas []grid.AreaID) string {
	for _, id := range slices.Backward(areas) {
		if t := c.Tiers[id]; t != "" {
			return t
		}
	}
	return ""
}
