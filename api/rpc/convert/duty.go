package convert

import (
	"time"

	"wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

// Standing renders the on-call person of a post of a unit.
func (v Viewer) Standing(u roster.Unit, post roster.PostID, person roster.PersonID) *wanggev1.Standing {
	p, _ := v.City.Roster.Person(person)
	return &wanggev1.Standing{
		Unit: u.String(), UnitDisplayName: v.City.UnitName(u).In(v.Language), Post: string(post),
		Person: string(person), PersonDisplayName: p.Name,
	}
}

// Duty renders who was considered for a post at an instant. The reason and the end of an absence are told to the absent
// person and to the grid office; others read that the person is absent.
func (v Viewer) Duty(rows []roster.Considered, at time.Time) []*wanggev1.DutyConsidered {
	out := make([]*wanggev1.DutyConsidered, 0, len(rows))
	for _, k := range rows {
		p, _ := v.City.Roster.Person(k.Person)
		why := k.Why
		if v.City.Roster.Absent(k.Person, at) && !lifecycle.MaySeeContacts(v.City, v.Person, k.Person, v.Now) {
			why = i18n.F("absent", "缺勤")
		}
		if k.For != "" && k.Stands && !lifecycle.MaySeeContacts(v.City, v.Person, k.For, v.Now) { // until when an absence lasts
			why = i18n.F("rank %[1]d, stands in for %[2]s", "次序 %[1]d，代 %[2]s", k.Rank, k.For)
		}
		out = append(out, &wanggev1.DutyConsidered{
			Person: string(k.Person), PersonDisplayName: p.Name, Rank: int32(k.Rank),
			Shift: k.Shift, Stands: k.Stands, Why: why.In(v.Language),
		})
	}
	return out
}

// Reasons adds the on-call person with the reasons, the ladder and the clock to an explanation.
func (v Viewer) Reasons(e *explain.Explanation, at time.Time, out *wanggev1.ExplainRouteResponse) {
	out.CityRevision, out.Duty, out.Ladder, out.LimitBy, out.OffHours = e.Revision, v.Duty(e.Duty,
		at), e.EscalationPolicy, e.LimitBy, e.OnCall.OffHours
	if e.OnCall.Person != "" {
		out.Answers = v.Standing(e.OnCall.Unit, e.OnCall.Post, e.OnCall.Person)
	}
	for _, r := range e.Superiors {
		out.Chain = append(out.Chain, v.Standing(r.Unit, r.Post, r.Person))
	}
	for _, t := range e.Steps {
		step := &wanggev1.LadderStep{Time: Stamp(t.At), AtPercent: int32(t.AtPercent), Light: t.Light}
		for _, a := range t.People {
			step.People = append(step.People, v.Standing(a.Unit, a.Post, a.Person))
		}
		out.Steps = append(out.Steps, step)
	}
	for _, i := range e.Due.Counted {
		out.Counted = append(out.Counted, &wanggev1.Stretch{BeginTime: Stamp(i.From), EndTime: Stamp(i.To)})
	}
	for _, k := range e.Due.Skipped {
		out.Skipped = append(out.Skipped, &wanggev1.Stretch{
			BeginTime: Stamp(k.From), EndTime: Stamp(k.To),
			Why: i18n.Text{En: k.Why, Zh: k.WhyZh}.In(v.Language),
		})
	}
}
