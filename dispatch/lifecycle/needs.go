package lifecycle

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
)

// needsIn lists what an act must be given in a city. A city that accepts checks from anywhere asks for no position.
func (t *transition) needsIn(c *city.City) []dispatch.Need {
	if c.Defaults.CheckWithinM > 0 || !slices.Contains(t.needs, dispatch.NeedPosition) {
		return t.needs
	}
	return slices.DeleteFunc(slices.Clone(t.needs), func(n dispatch.Need) bool { return n == dispatch.NeedPosition })
}

// missing lists what an act needs and the command does not give.
func (t *transition) missing(cmd *dispatch.Command, c *city.City) []i18n.Text {
	var out []i18n.Text
	for _, n := range t.needsIn(c) {
		if !n.Given(cmd) {
			out = append(out, n.Text())
		}
	}
	return out
}

// NeedsOf lists what an act must and may be given; nothing for an act that is not a person's.
func NeedsOf(act dispatch.Act) (must, may []dispatch.Need) {
	row, ok := rowOf(act)
	if !ok {
		return nil, nil
	}
	return row.needs, row.may
}
