package convert

import (
	"cmp"
	"slices"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/waits"
)

// work adds what the process knows beside the lead owner's clock: offers, milestones, co-owners,
// requests and links.
func (v Viewer) work(out *wanggev1.Case, cs *dispatch.Case) {
	for _, o := range lifecycle.Offers(v.City, v.Person, cs, v.Now) {
		out.Offers = append(out.Offers, v.offer(o))
	}
	for _, m := range cs.Milestones {
		out.Milestones = append(out.Milestones, &wanggev1.Milestone{
			Id: m.ID, DisplayName: m.Name, After: m.After, Closing: m.Closing, Clock: v.clock(cs, m.Clock), CompleteTime: Stamp(m.Reached),
			CompletedBy: resource.Person(m.ReachedBy), CompletedByDisplayName: v.personName(m.ReachedBy), Post: resource.Post(m.Post),
		})
		if u := m.UnitOf(cs); u != (roster.Unit{}) {
			one := out.Milestones[len(out.Milestones)-1]
			one.Unit, one.UnitDisplayName = resource.Unit(u), v.words(v.City.UnitName(u))
		}
	}
	for _, o := range cs.CoOwners {
		if o.Post != "" {
			out.CoOwnerWork = append(out.CoOwnerWork, &wanggev1.CoOwnerWork{
				Unit: resource.Unit(o.Unit), Duty: o.Duty, Clock: v.clock(cs, o.Clock),
				CompleteTime: Stamp(o.Done), CompletedBy: resource.Person(o.DoneBy), CompletedByDisplayName: v.personName(o.DoneBy),
				Receipt: v.receipt(cs, o.Receipt), FromPlatform: resource.Unit(o.From), FromPlatformDisplayName: v.unitName(o.From),
				SecondDispatchDueTime: Stamp(o.SecondDue), SecondDispatchMissed: o.SecondMissed,
			})
		}
	}
	out.Campaign = v.campaign(cs.Campaign)
	for _, p := range cs.FormerHandlers {
		out.FormerHandlers = append(out.FormerHandlers, resource.Person(p))
	}
	out.ResumeTime, out.Supervised = Stamp(cs.ResumeAt), cs.Unanswered
	out.Requested, out.RequestedBy = wanggev1.ApprovalKind(cs.Request.Kind), resource.Person(cs.Request.By)
	out.Appeal, out.Overrun = wanggev1.AppealState(cs.Appeal), Lasting(cs.Late())
	out.Satisfaction = wanggev1.Satisfaction(cs.Satisfaction)
	out.MergedInto, out.Group = resource.Case(cs.MergedInto), resource.Case(cs.Group)
	out.Reopens, out.ReopenedAs = resource.Case(cs.Reopens), resource.Case(cs.ReopenedAs)
	out.ProposedDuplicateOf = resource.Case(cs.Proposed)
	out.Arbiter, out.Extensions, out.LimitRule = resource.Unit(cs.Arbiter), int32(cs.Clock.Extended), cs.LimitRule
}

// receipt is a receipt that was asked for; nil for none. While the work stands still, no alarm is due.
func (v Viewer) receipt(cs *dispatch.Case, r dispatch.Receipt) *wanggev1.Receipt {
	if r.Due.IsZero() {
		return nil
	}
	out := &wanggev1.Receipt{
		AskTime: Stamp(r.Since), DueTime: Stamp(r.Due), AcknowledgeTime: Stamp(r.At), AcknowledgedBy: resource.Person(r.By),
		Missed: int32(r.Missed),
	}
	if cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling {
		out.NextAlarmTime = Stamp(r.NextAlarm())
		out.Overdue = r.Owed() && v.Now.After(r.Due)
	}
	out.Overdue = out.Overdue || r.At.After(r.Due)
	return out
}

// clock is the clock of a part of the work; nil without a limit. In a case that has ended no clock runs.
func (v Viewer) clock(cs *dispatch.Case, k dispatch.Clock) *wanggev1.WorkClock {
	if k.Limit.N == 0 {
		return nil
	}
	running := cs.Open() && k.Running()
	return &wanggev1.WorkClock{Limit: Limit(k.Limit), DueTime: Stamp(k.Due), Running: running, Overdue: running && v.Now.After(k.Due)}
}

// waits renders the waits of a case, each with the people on duty now: those for the person under whose scope the case is listed first, and
// in the basic view alone.
func (v Viewer) waits(cs *dispatch.Case) (out []*wanggev1.Wait) {
	own := 0
	for _, w := range waits.For(v.City, cs) {
		mine := v.Scope != "" && waits.ComesTo(v.City, cs, w, v.Scope, v.Now)
		if v.Basic && !mine {
			continue
		}
		wait := &wanggev1.Wait{
			Milestone: w.Milestone, DueTime: Stamp(waits.Due(cs, w)), OfScope: mine,
			Kind: wanggev1.WaitKind(w.What), DisplayName: v.words(w.Text()),
			Unit: resource.Unit(w.Unit), UnitDisplayName: v.words(v.City.UnitName(w.Unit)), Post: resource.Post(w.Post),
		}
		for _, to := range waits.Answerers(v.City, cs, w, v.Now) {
			wait.People = append(wait.People, resource.Person(to.Person))
			wait.PeopleDisplayNames = append(wait.PeopleDisplayNames, cmp.Or(v.personName(to.Person), string(to.Person)))
		}
		if !mine {
			out = append(out, wait)
			continue
		}
		out = slices.Insert(out, own, wait)
		own++
	}
	return out
}
