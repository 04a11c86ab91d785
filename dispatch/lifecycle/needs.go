package lifecycle

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
)

// in lists what an act must and may be given in a city. A city that accepts checks from anywhere asks for no position; a
// city with check_photos asks every check for a photo.
func (t *transition) in(c *city.City) (must, may []dispatch.Need) {
	must, may = t.needs, t.may
	if t.act != dispatch.ActCheck {
		return must, may
	}
	if c.Defaults.CheckWithinM == 0 {
		must = slices.DeleteFunc(slices.Clone(must), func(n dispatch.Need) bool { return n == dispatch.NeedPosition })
	}
	if c.Defaults.CheckPhotos {
		must = append(slices.Clone(must), dispatch.NeedPhotos)
		may = slices.DeleteFunc(slices.Clone(may), func(n dispatch.Need) bool { return n == dispatch.NeedPhotos })
	}
	return must, may
}

// missing lists what an act needs and the command does not give.
func (t *transition) missing(cmd *dispatch.Command, c *city.City) []i18n.Text {
	var out []i18n.Text
	must, _ := t.in(c)
	for _, n := range must {
		if !n.Given(cmd) {
			out = append(out, n.Text())
		}
	}
	return out
}

// NeedsIn lists what an act must be given in a city; nothing for an act that is not a person's.
func NeedsIn(c *city.City, act dispatch.Act) []dispatch.Need {
	row, ok := rowOf(act)
	if !ok {
		return nil
	}
	must, _ := row.in(c)
	return must
}

// NeedsOf lists what an act must and may be given in a city with the usual settings; nothing for an act that is not a
// person's.
func NeedsOf(act dispatch.Act) (must, may []dispatch.Need) {
	row, ok := rowOf(act)
	if !ok {
		return nil, nil
	}
	return row.needs, row.may
}
