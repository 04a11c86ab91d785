package convert

import (
	"time"

	"wangge/api/resource"
	"wangge/api/wangge/v1"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
)

// OnCall renders the person on call for a post of a unit.
func (v Viewer) OnCall(u roster.Unit, post roster.PostID, person roster.PersonID) *wanggev1.OnCall {
	return &wanggev1.OnCall{
		Unit: resource.Unit(u), UnitDisplayName: v.words(v.City.UnitName(u)), Post: resource.Post(post),
		Person: resource.Person(person), PersonDisplayName: v.personName(person),
	}
}

// Duty renders who was considered for a post at an instant. The reason and the end of an absence are shown to the absent
// person and to the grid office; others read that the person is absent.
func (v Viewer) Duty(rows []roster.Considered, at time.Time) []*wanggev1.DutyConsidered {
	out := make([]*wanggev1.DutyConsidered, 0, len(rows))
	for _, k := range rows {
		why := k.Why
		if v.City.Roster.Absent(k.Person, at) && !rights.MaySeeContacts(v.City, v.Person, k.Person, v.Now) {
			why = i18n.F("absent", "缺勤")
		}
		if k.For != "" && k.OnCall && !rights.MaySeeContacts(v.City, v.Person, k.For, v.Now) { // until when an absence lasts
			why = i18n.F("rank %[1]d, stands in for %[2]s", "次序 %[1]d，代 %[2]s", k.Rank, k.For)
		}
		out = append(out, &wanggev1.DutyConsidered{
			Person: resource.Person(k.Person), PersonDisplayName: v.personName(k.Person), Rank: int32(k.Rank),
			Shift: k.Shift, OnCall: k.OnCall, Why: v.words(why),
		})
	}
	return out
}

// Reasons adds to an explanation what decided, the person on call with the reasons, the escalation policy and the clock.
func (v Viewer) Reasons(e *explain.Explanation, at time.Time, out *wanggev1.ExplainRouteResponse) {
	if id, ok := routing.PrecedentOf(e.Rule); ok {
		out.DecidedBy = &wanggev1.ExplainRouteResponse_Precedent{Precedent: resource.Precedent(id)}
	} else {
		out.DecidedBy = &wanggev1.ExplainRouteResponse_Rule{Rule: e.Rule}
	}
	out.Chain = v.At(at).Chain(e.Chain)
	for _, k := range e.Considered {
		row := &wanggev1.ExplainRouteResponse_Considered{Matched: k.Matched, Why: v.words(k.Why)}
		if id, ok := routing.PrecedentOf(k.Rule); ok {
			row.Candidate = &wanggev1.ExplainRouteResponse_Considered_Precedent{Precedent: resource.Precedent(id)}
		} else {
			row.Candidate = &wanggev1.ExplainRouteResponse_Considered_Rule{Rule: k.Rule}
		}
		out.Considered = append(out.Considered, row)
	}
	out.CityRevision, out.Duty, out.EscalationPolicy = e.Revision, v.Duty(e.Duty, at), e.EscalationPolicy
	out.LimitRule, out.OffHours, out.Campaign = e.LimitBy, e.OnCall.OffHours, v.campaign(e.Campaign)
	if e.OnCall.Person != "" {
		out.OnCall = v.OnCall(e.OnCall.Unit, e.OnCall.Post, e.OnCall.Person)
	}
	for _, r := range e.Superiors {
		out.Superiors = append(out.Superiors, v.OnCall(r.Unit, r.Post, r.Person))
	}
	for _, t := range e.Steps {
		step := &wanggev1.EscalationStep{
			Time: Stamp(t.At), AtPercent: int32(t.AtPercent), Light: light(t.Light), HeldUntilTime: Stamp(t.HeldUntil),
		}
		for _, a := range t.People {
			step.Recipients = append(step.Recipients, v.OnCall(a.Unit, a.Post, a.Person))
		}
		out.Steps = append(out.Steps, step)
	}
	for _, i := range e.Due.Counted {
		out.Counted = append(out.Counted, &wanggev1.Interval{StartTime: Stamp(i.From), EndTime: Stamp(i.To)})
	}
	for _, k := range e.Due.Skipped {
		out.Skipped = append(out.Skipped, v.skipped(k))
	}
}

// skipped renders an interval in which a clock was paused.
func (v Viewer) skipped(k calendar.Skip) *wanggev1.Interval {
	return &wanggev1.Interval{
		StartTime: Stamp(k.From), EndTime: Stamp(k.To), Reason: v.words(i18n.Text{En: k.Why, Zh: k.WhyZh}), Counted: Lasting(k.Counts),
	}
}
