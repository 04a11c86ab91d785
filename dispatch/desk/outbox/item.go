package outbox

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/notify"
	"wangge/dispatch/sla"
)

var severities = [...]string{"", "A", "B", "C"}

// requests are the stable words of the kinds of requests.
var requests = map[dispatch.RequestKind]string{
	dispatch.RequestExtension: "extension", dispatch.RequestSuspension: "suspension",
	dispatch.RequestForceClose: "force_close", dispatch.RequestAppeal: "appeal",
}

// itemOf describes an event to a person; "" is no person, but another system. The case is as it is now.
func itemOf(c *city.City, cs *dispatch.Case, e *dispatch.Event, person roster.PersonID) notify.Item {
	i := notify.Item{
		ID: fmt.Sprintf("%s-%d", cs.ID, e.Seq), Case: cs.ID.String(), Kind: e.Kind.String(),
		Request: requests[e.Request], Granted: e.Granted && e.Kind != dispatch.EventSupervised,
		Light: e.Light, Stage: cs.Stage.Text(), Severity: severities[cs.Severity], Report: cs.Report.Text, Address: cs.Report.Address,
		At: e.At.In(c.Location), Late: e.Late, Category: c.CategoryName(cs.Category), Condition: conditionOf(c, cs),
		Reason: e.Note, Cause: e.Reason.Text(), Closing: e.Closing, Outcome: e.Outcome.Text(),
		Due: local(c, cs.Clock.Due), Until: local(c, e.Until),
	}
	i.Counts = sla.CampaignText(c, e.Campaign)
	if cs.Owner.Unit != (roster.Unit{}) {
		i.Owner = c.UnitName(cs.Owner.Unit)
	}
	if e.Kind == dispatch.EventEscalated {
		i.Step = e.Step + 1
	}
	if e.Kind == dispatch.EventMerged || e.Kind == dispatch.EventProposed {
		i.Other = e.Other.String()
	}
	if e.Kind == dispatch.EventDispatched && cs.Reopens != 0 && cs.Returns == 0 {
		i.Reopens = cs.Reopens.String()
	}
	i.Freed = e.Freed && len(e.GoneUnits) == 0 && !slices.Contains(e.NotifiedAs, dispatch.AsFormer) // the owner is the same
	if l := cs.PresentLink(); cs.AtPlatform() {
		if i.Platform = true; l != nil {
			i.PassOn = local(c, l.Due)
		}
	}
	located(c, cs, &i)
	acted(c, cs, e, &i)
	for n, to := range e.Notified {
		i.Told, i.ToldAs = append(i.Told, string(to)), append(i.ToldAs, e.AsOf(n).String())
		if n < len(e.NotifiedPosts) {
			i.Posts = append(i.Posts, string(e.NotifiedPosts[n]))
		}
		if to == person {
			i.As = e.AsOf(n).String()
			i.Sent = e.AsOf(n) == dispatch.AsFormer && n < len(e.NotifiedPosts) && ofInspector(c, e.NotifiedPosts[n])
			if e.AsOf(n) == dispatch.AsCoOwner && n < len(e.NotifiedPosts) {
				part := cs.PartAt(c.UnitOf(e.NotifiedPosts[n]))
				if i.Platform, i.PassOn = part != nil, (time.Time{}); part != nil {
					i.PassOn = local(c, part.SecondDue)
				}
			}
		}
	}
	i.Duties, i.Steps = dutiesFor(c, cs, e, person), stepsFor(c, cs, e, person)
	if i.As != dispatch.AsReporter.String() {
		i.Unsigned = unsigned(c, cs)
	}
	if e.Milestone != "" && len(i.Steps) > 0 { // an alarm of that milestone
		i.Due = i.Steps[0].Due
	}
	return i
}

// ofInspector reports whether a post is that of an inspector.
func ofInspector(c *city.City, post roster.PostID) bool {
	hs := c.Roster.Holdings(post)
	return len(hs) > 0 && hs[0].Role == roster.Inspector
}

// local is an instant in the city's zone; zero stays zero.
func local(c *city.City, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(c.Location)
}

// conditionOf is the filing condition in words, where the category has several.
func conditionOf(c *city.City, cs *dispatch.Case) i18n.Text {
	cat := c.Categories[cs.Category]
	if cat == nil || len(cat.Conditions) < 2 {
		return i18n.Text{}
	}
	for n := range cat.Conditions {
		if k := &cat.Conditions[n]; k.ID == cs.Condition {
			return i18n.Text{En: k.Name, Zh: k.Name}
		}
	}
	return i18n.Text{}
}

// located says where the case is.
func located(c *city.City, cs *dispatch.Case, i *notify.Item) {
	if n := len(cs.Place.Areas); n > 0 {
		i.Place = c.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(cs.Place.Areas[n-1])})
	}
	switch {
	case cs.Place.Located():
	case i.Place == i18n.Text{}:
		i.Place = i18n.F("no position", "无位置")
		return
	default:
		i.Place = i18n.F("%[1]s, no position", "%[2]s（无位置）", i.Place.En, i.Place.Zh)
		return
	}
	i.Point = fmt.Sprintf("%.5f, %.5f (WGS-84)", cs.Place.Point.Lat, cs.Place.Point.Lng)
}

// acted says who acted, from which post. Of a report, only an inspector is named, and never in a confidential case: who
// may know the name reads the case, and the access is logged.
func acted(c *city.City, cs *dispatch.Case, e *dispatch.Event, i *notify.Item) {
	named := cs.Report.Source == dispatch.SourceInspector && !cs.Report.Caller.Confidential
	if e.Actor == "" || e.Kind == dispatch.EventReported && e.Actor == cs.Report.Reporter && !named {
		return
	}
	i.Actor = string(e.Actor)
	if p, ok := c.Roster.Person(e.Actor); ok && p.Name != "" {
		i.Actor = p.Name
	}
	if hs := c.Roster.Holdings(e.Post); len(hs) > 0 {
		unit, role := c.UnitName(hs[0].Unit), hs[0].Role.Text()
		i.ActorPost = i18n.F("%[1]s, %[2]s", "%[3]s %[4]s", role.En, unit.En, unit.Zh, role.Zh)
	}
}

// stepsFor are the milestones under way that a person must complete: of the unit at whose post the person is notified. Of an
// alarm it is the milestone that is late.
func stepsFor(c *city.City, cs *dispatch.Case, e *dispatch.Event, person roster.PersonID) []notify.Duty {
	n := slices.Index(e.Notified, person)
	if n < 0 || n >= len(e.NotifiedPosts) {
		return nil
	}
	if !cs.Open() {
		return nil
	}
	var out []notify.Duty
	for i := range cs.Milestones {
		m := &cs.Milestones[i]
		post := m.Post
		if m.UnitOf(cs) == cs.Owner.Unit && post == "" {
			post = cs.Owner.Post
		}
		if m.Clock.Running() && (e.Milestone == m.ID || e.Milestone == "" && e.Kind != dispatch.EventEscalated && post == e.NotifiedPosts[n]) {
			out = append(out, notify.Duty{Unit: c.UnitName(m.UnitOf(cs)), Text: m.Name, Due: local(c, m.Clock.Due)})
		}
	}
	return out
}

// unsigned are the units that have not signed for the work in time, the owner first: one notice to a person says so of all of them.
// It is nobody while the work stands still.
func unsigned(c *city.City, cs *dispatch.Case) []i18n.Text {
	if cs.Stage != dispatch.Dispatched && cs.Stage != dispatch.Handling {
		return nil
	}
	var out []i18n.Text
	late := func(u roster.Unit, r *dispatch.Receipt) {
		if r.Owed() && r.Missed > 0 {
			out = append(out, c.UnitName(u))
		}
	}
	late(cs.Owner.Unit, &cs.Receipt)
	for n := range cs.CoOwners {
		if o := &cs.CoOwners[n]; o.Open() {
			late(o.Unit, &o.Receipt)
		}
	}
	return out
}

// dutiesFor are the co-owners' parts: for a person who is notified as a co-owner at the post of one, that part alone.
func dutiesFor(c *city.City, cs *dispatch.Case, e *dispatch.Event, person roster.PersonID) []notify.Duty {
	var own roster.PostID
	if n := slices.Index(e.Notified, person); n >= 0 && e.AsOf(n) == dispatch.AsCoOwner && n < len(e.NotifiedPosts) {
		own = e.NotifiedPosts[n]
	}
	of := cs.CoOwners
	if mine := slices.DeleteFunc(slices.Clone(of), func(o dispatch.CoOwner) bool { return o.Post != own }); len(mine) > 0 {
		of = mine
	}
	var out []notify.Duty
	for n := range of {
		one := notify.Duty{Unit: c.UnitName(of[n].Unit), Text: of[n].Duty}
		if cs.Open() {
			one.Due = local(c, of[n].Clock.Due)
		}
		out = append(out, one)
	}
	return out
}
