package main

import (
	"strconv"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
	"wangge/grid"
)

// position reads where a record lies; false for a record without a position. What can't be read is refused.
func (im *importing) position(get func(string) string, refuse func(kind, detail say.Text)) (grid.Position, bool) {
	if get("lat") == "" && get("lng") == "" {
		return grid.Position{}, false
	}
	number := func(field string) float64 {
		n, err := strconv.ParseFloat(get(field), 64)
		if err != nil {
			refuse(say.F("unreadable %s", "%s 无法读取", field), say.F("unreadable %[1]s %[2]q: write degrees, such as 45.755", "%[1]s %[2]q 无法读取：请填写度数，例如 45.755", field, get(field)))
		}
		return n
	}
	return grid.Position{Lat: number("lat"), Lng: number("lng"), Datum: im.f.Datum}, true
}

// ground says whose matter a record without a position is: the unit that the format names for its department, in the
// recorded district, or else in the area that this unit is.
func (im *importing) ground(p *past) {
	if u, err := roster.ParseUnit(im.f.Owners[p.department]); err == nil {
		p.rec.Owner = u
		if u.Kind == roster.UnitArea {
			p.rec.Area = grid.AreaID(u.ID)
		}
	}
	switch {
	case p.district == "":
	case im.c.Areas[grid.AreaID(p.district)] != nil:
		p.rec.Area = grid.AreaID(p.district)
	default:
		p.flags = append(p.flags, say.F("no position, and the city has no area that is its district", "没有位置，且其所属区不是本市的区域"))
	}
}
