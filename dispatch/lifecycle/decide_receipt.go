package lifecycle

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle/guard"
	"wangge/dispatch/revise"
	"wangge/dispatch/waits"
)

// part is one unit's share of the work and its receipt.
type part struct {
	unit    roster.Unit // zero = the owner
	receipt dispatch.Receipt
}

// partsOf lists the shares of the work that a person may acknowledge, the owner's first: those of the person's own unit, and
// the owner's of its handler; of a person who stands in off hours, that of the post. A receipt by a
// unit above proves nothing: the people of that unit may have given the work.
// Without a person it lists all.
func partsOf(c *city.City, cs *dispatch.Case, person roster.PersonID, at time.Time) []part {
	held := waits.Held(c, cs, person, at)
	speaks := func(u roster.Unit) bool {
		return person == "" || slices.ContainsFunc(held, func(h roster.Holding) bool {
			return h.Unit == u && slices.Contains(ownersOffice, h.Role)
		})
	}
	var out []part
	if cs.Handler == person || speaks(cs.Owner.Unit) {
		out = append(out, part{receipt: cs.Receipt})
	}
	for _, o := range cs.CoOwners {
		if o.Open() && speaks(o.Unit) {
			out = append(out, part{o.Unit, o.Receipt})
		}
	}
	return out
}

// receiptDue reports whether an alarm of a receipt has been due at an instant.
func receiptDue(cs *dispatch.Case, at time.Time) bool {
	due := func(r dispatch.Receipt) bool { next := r.NextAlarm(); return !next.IsZero() && !next.After(at) }
	return due(cs.Receipt) || slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Open() && due(o.Receipt) })
}

// receiptOwed: there is something to sign for.
func receiptOwed(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text {
	parts := partsOf(c, cs, actor, at)
	if slices.ContainsFunc(parts, func(p part) bool { return p.receipt.Owed() }) {
		return guard.None
	}
	return signed(c, parts)
}

// signed says why none of some parts waits for a receipt.
func signed(c *city.City, parts []part) i18n.Text {
	for _, p := range parts {
		if r := p.receipt; !r.At.IsZero() {
			return i18n.F("it was signed for at %[1]s by %[2]s", "已于 %[1]s 由%[2]s签收", guard.ClockTime(c, r.At), c.Person(r.By))
		}
	}
	if len(parts) > 0 && parts[0].unit != (roster.Unit{}) { // of co-owners alone
		return i18n.F("no receipt is asked for here; report your unit's part done: assist", "协办任务无需签收，请直接办理，完成后反馈协办完成（assist）")
	}
	return i18n.F("no receipt is asked for here; start the work", "本案无需签收，请直接开始处置")
}

// decideAcknowledge signs for the work: for the part that the command names, else for the first part that the actor speaks
// for and whose receipt is owed.
func decideAcknowledge(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	parts := partsOf(c, cs, cmd.Actor, cmd.At)
	if cmd.Party != (roster.Unit{}) {
		parts = slices.DeleteFunc(parts, func(p part) bool {
			return p.unit != cmd.Party && !(p.unit == (roster.Unit{}) && cmd.Party == cs.Owner.Unit)
		})
		if len(parts) == 0 {
			return nil, refuse(cs, cmd.Act, i18n.F("%[1]s speaks for no part of %[2]s in the work", "%[1]s不代表%[2]s在本案的任务", c.Person(cmd.Actor), c.Unit(cmd.Party)))
		}
	}
	for _, p := range parts {
		if p.receipt.Owed() {
			return []dispatch.Event{{Kind: dispatch.EventAcknowledged, Party: p.unit}}, nil
		}
	}
	return nil, refuse(cs, cmd.Act, signed(c, parts))
}

// decideHandOver gives the work to a colleague at the owner's unit or below. The clock continues.
func decideHandOver(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	switch {
	case cmd.Handler == cs.Handler:
		return nil, refuse(cs, cmd.Act, i18n.F("%s does the work already; name a colleague", "%s即为现处置人员，请指定其他人员", c.Person(cmd.Handler)))
	case !revise.HoldsPost(c, cs, cmd.Handler, cmd.At):
		return nil, refuse(cs, cmd.Act, notAtOwner(c, cs, cmd.Handler))
	}
	return []dispatch.Event{{Kind: dispatch.EventHandedOver, Handler: cmd.Handler}}, nil
}

// notAtOwner says that a person can't do the work of a case.
func notAtOwner(c *city.City, cs *dispatch.Case, person roster.PersonID) i18n.Text {
	return i18n.F("%[1]s holds no post at %[2]s or below; name a handler who does", "%[1]s在%[2]s及其下级没有岗位，请指定有岗位的人员处置", c.Person(person), c.Unit(cs.Owner.Unit))
}
