package convert

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/resource"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// sheet is a case's message with the messages inside it in one piece: one allocation instead of many.
type sheet struct {
	head     wanggev1.Case
	place    wanggev1.Place
	owner    wanggev1.Owner
	due      timestamppb.Timestamp
	created  timestamppb.Timestamp
	smallest wanggev1.AreaRef
	areas    [1]*wanggev1.AreaRef
}

// Case renders a case as much as the view asks for.
func (v Viewer) Case(cs *dispatch.Case) *wanggev1.Case {
	sh := &sheet{}
	out := &sh.head
	out.Name, out.Etag, out.Stage = resource.Case(cs.ID), Etag(cs.Seq), wanggev1.Stage(cs.Stage)
	out.Category, out.Severity = string(cs.Category), wanggev1.Severity(cs.Severity)
	out.CategoryDisplayName = v.words(v.City.CategoryName(cs.Category))
	out.DueTime, out.CreateTime = stampInto(&sh.due, cs.Clock.Due), stampInto(&sh.created, cs.Report.ReceivedAt)
	out.DueProvisional, out.EscalationStep = cs.Clock.Provisional, int32(cs.NextStep)
	out.LateParts, out.Receipt = v.late(cs), v.receipt(cs, cs.Receipt)
	if out.Overdue = cs.Overdue(v.Now) || len(out.LateParts) > 0; out.Overdue {
		out.Late = Lasting(v.Now.Sub(escalation.EarliestDue(cs)))
	}
	if v.fillOwner(&sh.owner, cs.Owner) {
		out.Owner = &sh.owner
	}
	out.Address, out.ExternalId = cs.Report.Address, cs.Report.ExternalID
	out.Place = &sh.place
	out.Place.Latitude, out.Place.Longitude, out.Place.Unlocated = cs.Place.Point.Lat, cs.Place.Point.Lng, !cs.Place.Located()
	if v.Scope != "" || !v.Basic {
		out.Waits = v.waits(cs)
	}
	if !v.Basic {
		v.rest(out, cs)
	} else if n := len(cs.Place.Areas); n > 0 {
		v.fillArea(&sh.smallest, cs.Place.Areas[n-1])
		sh.areas[0] = &sh.smallest
		out.Place.Areas = sh.areas[:]
	}
	return out
}

// Filed renders the answer to a report: its case, and whether the report made the case.
func (v Viewer) Filed(cs *dispatch.Case, created bool) *wanggev1.CreateReportResponse {
	return &wanggev1.CreateReportResponse{Case: v.Case(cs), Created: created, JoinsUnknown: created && cs.JoinsUnknown()}
}

// late are the parts of a case's work whose deadlines have passed.
func (v Viewer) late(cs *dispatch.Case) (out []*wanggev1.LatePart) {
	for _, d := range escalation.Obligations(cs) {
		if v.Now.After(d.Due) {
			out = append(out, &wanggev1.LatePart{
				Milestone: d.Milestone, DisplayName: d.Name, Unit: resource.Unit(d.Owner.Unit),
				UnitDisplayName: v.words(v.City.UnitName(d.Owner.Unit)), Duty: d.Owner.Duty,
				DueTime: Stamp(d.Due), Late: Lasting(v.Now.Sub(d.Due)),
			})
		}
	}
	return out
}

// rest adds what only the full view carries.
func (v Viewer) rest(out *wanggev1.Case, cs *dispatch.Case) {
	v.fillPlace(out.Place, &cs.Place)
	out.Condition, out.Reporter, out.CityRevision = cs.Condition, resource.Person(cs.Report.Reporter), cs.CityRevision
	if id, ok := routing.PrecedentOf(cs.Rule); ok {
		out.DecidedBy = &wanggev1.Case_Precedent{Precedent: resource.Precedent(id)}
	} else if cs.Rule != "" {
		out.DecidedBy = &wanggev1.Case_Rule{Rule: cs.Rule}
	}
	out.SeverityJudged, out.Rulings = cs.Judged, int32(cs.Rulings)
	out.UpdateTime, out.CloseTime, out.ResolveTime = Stamp(cs.UpdatedAt), Stamp(cs.ClosedAt), Stamp(cs.ResolvedAt)
	out.Outcome, out.Closing, out.Returns, out.Reworks = wanggev1.Outcome(cs.Outcome), cs.Closing, int32(cs.Returns), int32(cs.Reworks)
	out.Handler, out.FixedBy, out.CheckedBy = resource.Person(cs.Handler), resource.Person(cs.FixedBy), resource.Person(cs.CheckedBy)
	out.Report = &wanggev1.Report{
		ClientId: cs.Report.ClientID, Category: string(cs.Report.Category), Condition: cs.Report.Condition, Text: cs.Report.Text,
		CaptureTime: Stamp(cs.Report.CapturedAt),
		Source:      wanggev1.Source(cs.Report.Source), PhotoHashes: cs.Report.PhotoHashes, Position: wirePosition(cs.Report.Position),
		AfterPhotoHashes: cs.Report.AfterPhotos, Joins: resource.Case(cs.Report.Joins), PhoneTime: Stamp(cs.Report.PhoneAt),
		Confidential: cs.Report.Caller.Confidential, Address: cs.Report.Address, ExternalId: cs.Report.ExternalID,
		ComponentId: cs.Report.Component, Building: cs.Report.Building, UnitNo: cs.Report.UnitNo, Floor: cs.Report.Floor,
		Confidence: cs.Report.Confidence,
	}
	if p := v.City.PointOf(cs.Report.Component); p != nil {
		out.Point = resource.Unit(roster.Unit{Kind: roster.UnitPoint, ID: p.ID})
	}
	out.ContactsWithheld = v.contactsOf(cs, true, true) != contacts{}
	out.ClockSkew, out.CaptureTime = Lasting(cs.Report.Skew()), Stamp(cs.Report.CapturedHere())
	out.CaptureAge = Lasting(cs.Report.Stale())
	for _, o := range cs.CoOwners {
		co := &wanggev1.Owner{}
		if v.fillOwner(co, o.Owner) {
			out.CoOwners = append(out.CoOwners, co)
		}
	}
	out.Limit = Limit(cs.Clock.Limit)
	out.Platform, out.PlatformDisplayName, out.Chain = resource.Unit(cs.Platform), v.unitName(cs.Platform), v.Chain(cs.Chain)
	v.work(out, cs)
	v.names(out, cs)
}

// wirePosition leaves out the position that a past record does not have.
func wirePosition(p grid.Position) *wanggev1.Position {
	if p == (grid.Position{}) {
		return nil
	}
	return &wanggev1.Position{Latitude: p.Lat, Longitude: p.Lng, Datum: wanggev1.Datum(p.Datum), AccuracyM: p.AccuracyM}
}

// Chain renders the dispatches of a case or of a matter that is explained.
func (v Viewer) Chain(links []dispatch.ChainLink) []*wanggev1.ChainLink {
	var out []*wanggev1.ChainLink
	for i := range links {
		l := &links[i]
		link := &wanggev1.ChainLink{
			Platform: resource.Unit(l.Platform), PlatformDisplayName: v.unitName(l.Platform), Owner: v.Owner(l.To), ToPlatform: l.To.IsPlatform(),
			Rule: l.Rule, Actor: resource.Person(l.By), DispatchTime: Stamp(l.At), DueTime: Stamp(l.Due), SecondDispatchTime: Stamp(l.On),
			Late: Lasting(l.LateOn(v.Now)), EndTime: Stamp(l.Ended),
		}
		out = append(out, link)
	}
	return out
}
