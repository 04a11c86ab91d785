package desk

import (
	"fmt"
	"time"
	"wangge/dispatch/city"
	"wangge/dispatch/say"
)

// Gap is a hole in responsibility: where, when and for what nobody would answer.
type Gap struct {
	Text say.Text
	Add  say.Text // what closes it
}

// proofDays is how far ahead of its instant a revision must answer for everything.
const proofDays = 90

// compareGaps lists the gaps that a revision opens and those that it closes, from an instant on.
func compareGaps(was, is *city.City, ground []city.GroundMove, from time.Time) (opened, closed []Gap) {
	old, fresh := gapsOf(was, from), gapsOf(is, from)
	for _, m := range ground {
		if m.To == "" && m.Level == is.Levels[0] {
			fresh = append(fresh, Gap{
				Text: say.F("%.3f km² of the city are nobody's ground any more", "%.3f 平方公里不再属于任何区域", m.KM2),
				Add:  say.F("draw it to an area of areas.geojson", "请在 areas.geojson 中将其划入某个区域"),
			})
		}
	}
	return without(fresh, old), without(old, fresh)
}

// gapsOf lists the gaps of one city within the days after an instant.
func gapsOf(c *city.City, from time.Time) []Gap {
	var out []Gap
	for year := from.In(c.Location).Year(); year <= from.In(c.Location).AddDate(0, 0, proofDays).Year(); year++ {
		if c.Calendar.KnownUntil(time.Date(year, time.July, 1, 0, 0, 0, 0, c.Location)) < year {
			out = append(out, Gap{
				Text: say.F("the holidays of %d are not known: deadlines there are provisional", "%d 年节假日未知，届时时限仅为暂定", year),
				Add:  say.F("add %s", "请添加 %s", fmt.Sprintf("holidays/%d.json", year)),
			})
		}
	}
	return out
}

// without lists the gaps of a that b doesn't have.
func without(a, b []Gap) []Gap {
	has := make(map[string]bool, len(b))
	for _, g := range b {
		has[g.Text.En] = true
	}
	var out []Gap
	for _, g := range a {
		if !has[g.Text.En] {
			out = append(out, g)
		}
	}
	return out
}
