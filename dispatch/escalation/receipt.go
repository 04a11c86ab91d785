package escalation

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// AskReceipts puts into an event, and into the case after the event, what the event asks for of those who are given work: the
// receipts, and of each platform that is given a part the limit of its second dispatch.
func AskReceipts(c *city.City, before, after *dispatch.Case, e *dispatch.Event) {
	limitParts(c, before, after, e)
	askReceipts(c, before, after, e)
}

// askReceipts puts into an event the receipts that the event asks for, and into the case after the event. A receipt is
// asked for when work is given (dispatched, rerouted, a new owner by a revision, a handler who left) or given again (the
// check failed), due at the latest with the work. One that is still owed when the work goes on (resumed, unmerged, the check
// failed) begins anew: its clock runs only while the case is dispatched or handled.
func askReceipts(c *city.City, before, after *dispatch.Case, e *dispatch.Event) {
	lead, co := after.Receipt, after.CoOwners
	ask := func(u roster.Unit, k *dispatch.Clock) dispatch.Receipt {
		deadline := time.Time{}
		if k.Running() && (after.Stage == dispatch.Dispatched || after.Stage == dispatch.Handling) {
			deadline = k.Due
		}
		return sla.AskReceipt(c, u, after.Severity, e.At, deadline)
	}
	askAnew := func() {
		if lead.Owed() {
			lead = ask(after.Owner.Unit, &after.Clock)
		}
		co = eachDuty(co, func(o *dispatch.CoOwner) bool { return o.Receipt.Owed() }, ask)
	}
	// Not exhaustive: other events give no work.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventDispatched:
		lead = ask(after.Owner.Unit, &after.Clock)
		co = eachDuty(co, func(*dispatch.CoOwner) bool { return true }, ask)
	case dispatch.EventRerouted:
		lead = ask(after.Owner.Unit, &after.Clock)
	case dispatch.EventSecondDispatched:
		lead = ask(after.Owner.Unit, &after.Clock)
		co = eachDuty(co, func(o *dispatch.CoOwner) bool { return o.Receipt == dispatch.Receipt{} }, ask)
	case dispatch.EventPartDispatched:
		co = eachDuty(co, func(o *dispatch.CoOwner) bool { return o.Unit == e.Owner.Unit && o.Receipt == dispatch.Receipt{} }, ask)
	case dispatch.EventReturned:
		lead = dispatch.Receipt{}
	case dispatch.EventCheckFailed:
		askAnew()
		lead = ask(after.Owner.Unit, &after.Clock)
	case dispatch.EventResumed, dispatch.EventUnmerged:
		askAnew()
		if e.Freed && before.Handler != "" {
			lead = ask(after.Owner.Unit, &after.Clock)
		}
	case dispatch.EventHandedOver:
		if e.Handler == "" {
			lead = ask(after.Owner.Unit, &after.Clock)
		}
	case dispatch.EventReclassified:
		if after.Severity != before.Severity && after.Stage == dispatch.Dispatched {
			if lead.At.IsZero() {
				lead = ask(after.Owner.Unit, &after.Clock)
			}
			co = eachDuty(co, func(o *dispatch.CoOwner) bool { return o.Receipt.At.IsZero() }, ask)
		}
	case dispatch.EventRevised:
		if e.Freed || after.Owner.Unit != before.Owner.Unit {
			lead = ask(after.Owner.Unit, &after.Clock)
		}
		co = eachDuty(co, func(o *dispatch.CoOwner) bool {
			return !slices.ContainsFunc(before.CoOwners, func(was dispatch.CoOwner) bool { return was.Unit == o.Unit && was.Duty == o.Duty })
		}, ask)
	default:
		return
	}
	if lead != after.Receipt {
		asked := lead // lead itself stays off the heap: most events ask for nothing
		e.Receipt, after.Receipt = &asked, lead
	}
	if !slices.Equal(co, after.CoOwners) {
		e.CoOwners, after.CoOwners = co, co
	}
}

// eachDuty asks the co-owners with an open duty for their receipts, where which says so. The list itself does not change.
func eachDuty(
	co []dispatch.CoOwner, which func(*dispatch.CoOwner) bool, ask func(roster.Unit, *dispatch.Clock) dispatch.Receipt,
) []dispatch.CoOwner {
	out := co
	for i := range co {
		o := &co[i]
		if !o.Open() || !which(o) {
			continue
		}
		if asked := ask(o.Unit, &o.Clock); asked != o.Receipt {
			if &out[0] == &co[0] {
				out = slices.Clone(co)
			}
			out[i].Receipt = asked
		}
	}
	return out
}

// receiptAlarms hands the next alarm of each receipt that is owed to next: of the owner with index -1, of a co-owner with
// the index of the co-owner. No alarm is due while the work stands still.
func receiptAlarms(cs *dispatch.Case, next func(at time.Time, index int)) {
	if cs.Stage != dispatch.Dispatched && cs.Stage != dispatch.Handling {
		return
	}
	next(cs.Receipt.NextAlarm(), ofOwner)
	for i := range cs.CoOwners {
		if o := &cs.CoOwners[i]; o.Open() {
			next(o.Receipt.NextAlarm(), i)
		}
	}
}

// ofOwner is the index of the owner's receipt among those of the co-owners.
const ofOwner = -1

// missed is the alarm of a receipt that nobody gave: the handler and the person on duty for the unit are told again, and a
// superior. Each further alarm climbs to the next superior; at the top, the top is told again.
func missed(c *city.City, cs *dispatch.Case, index int, now time.Time) dispatch.Event {
	about, receipt := *cs, cs.Receipt
	e := dispatch.Event{Kind: dispatch.EventReceiptMissed}
	if index != ofOwner {
		o := &cs.CoOwners[index]
		about.Stage, about.Owner, about.Handler = dispatch.Dispatched, o.Owner, ""
		e.Party, receipt = o.Unit, o.Receipt
	}
	e.Step = receipt.Missed
	to := Recipients(c, &about, []string{"handler", "owner"}, now)
	if above, ok := commander(c, about.Owner.Unit, receipt.Missed, now, to); ok {
		to = append(to, above)
	}
	Notify(&e, dispatch.AsRecipient, to...)
	return e
}

// commander is the superior whom the n-th alarm, from 0, tells beside the people of the unit: the leader of the unit
// itself, one superior after the other below the city's own, the deputy in charge, the duty chief of the city, and from
// there on the last of these. People who are told anyway are not counted, and the city leader is never told: that takes a
// step of a ladder.
func commander(c *city.City, u roster.Unit, n int, now time.Time, told []Recipient) (Recipient, bool) {
	root := routing.Root(c)
	var chain []Recipient
	if u != root {
		chain = onDutyAs(c, u, roster.Leader, now)
	}
	for _, s := range c.Roster.Superiors(u, now) {
		if s.Unit != root {
			chain = append(chain, Recipient{s.Unit, s.Post, s.Person})
		}
	}
	for a := range Upwards(c, u) {
		chain = append(chain, onDutyAs(c, a, roster.Deputy, now)...)
	}
	chain = append(chain, onDutyAs(c, root, roster.DutyChief, now)...)
	for _, leader := range onDutyAs(c, root, roster.Leader, now) {
		chain = slices.DeleteFunc(chain, func(r Recipient) bool { return r.Person == leader.Person })
	}
	var above []Recipient
	for _, r := range chain {
		if !slices.ContainsFunc(append(above, told...), func(o Recipient) bool { return o.Person == r.Person }) {
			above = append(above, r)
		}
	}
	if len(above) == 0 {
		return Recipient{}, false
	}
	return above[min(n, len(above)-1)], true
}
