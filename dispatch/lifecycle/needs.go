package lifecycle

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
)

// in lists what an act must and may be given in a city: to a case, or to any case when cs is nil. A city that accepts checks
// from anywhere asks for no position; a city with check_photos asks every check for a photo. A value that a case has but one
// of need not be given, and one that must be chosen must.
func (t *transition) in(c *city.City, cs *dispatch.Case) (must, may []dispatch.Need) {
	must, may = t.needs, t.may
	if t.act == dispatch.ActCheck {
		if c.Defaults.CheckWithinM == 0 {
			must, _ = moved(dispatch.NeedPosition, must, nil)
		}
		if c.Defaults.CheckPhotos {
			may, must = moved(dispatch.NeedPhotos, may, must)
		}
	}
	if t.act == dispatch.ActForceClose && (cs == nil || cs.Request.Kind != dispatch.RequestForceClose) { // nothing to decide
		may, _ = moved(dispatch.NeedGrant, may, nil)
	}
	if cs == nil { // whether a closing condition must be chosen depends on the case
		if t.act == dispatch.ActClose {
			must, may = moved(dispatch.NeedClosing, must, may)
		}
		return must, may
	}
	for _, ch := range t.choices(c, cs) {
		switch {
		case ch.Required && !slices.Contains(must, ch.Need):
			may, must = moved(ch.Need, may, must)
		case !ch.Required && slices.Contains(must, ch.Need):
			must, may = moved(ch.Need, must, may)
		}
	}
	return must, may
}

// moved takes a need out of one list and adds it to another. It changes neither.
func moved(n dispatch.Need, from, to []dispatch.Need) (without, with []dispatch.Need) {
	return slices.DeleteFunc(slices.Clone(from), func(o dispatch.Need) bool { return o == n }), append(slices.Clip(to), n)
}

// missing lists what an act needs and the command does not give.
func (t *transition) missing(cmd *dispatch.Command, c *city.City, cs *dispatch.Case) []i18n.Text {
	var out []i18n.Text
	must, _ := t.in(c, cs)
	for _, n := range must {
		if !n.Given(cmd) {
			out = append(out, n.Text())
		}
	}
	if t.failed(cmd) && !dispatch.NeedNote.Given(cmd) {
		out = append(out, dispatch.NeedNote.Text())
	}
	return out
}

// failed reports whether a command is a verdict that something is not so, which says why.
func (t *transition) failed(cmd *dispatch.Command) bool {
	return !cmd.Passed && slices.Contains(t.needs, dispatch.NeedVerdict)
}

// NeedsFor lists what a command must give in a city: as NeedsIn, and the reason of a verdict that something is not so.
func NeedsFor(c *city.City, cmd *dispatch.Command) []dispatch.Need {
	must := NeedsIn(c, cmd.Act)
	if row, ok := rowOf(cmd.Act); ok && row.failed(cmd) {
		must = append(slices.Clip(must), dispatch.NeedNote)
	}
	return must
}

// NeedsIn lists what an act on any case must be given in a city; nothing for an act that is not a person's. A case may ask
// for more: see Offers.
func NeedsIn(c *city.City, act dispatch.Act) []dispatch.Need {
	row, ok := rowOf(act)
	if !ok {
		return nil
	}
	must, _ := row.in(c, nil)
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
