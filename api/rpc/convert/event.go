package convert

import (
	"cmp"
	"strings"

	"wangge/api/resource"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
)

// Event renders an event of a case.
func (v Viewer) Event(e dispatch.Event) *wanggev1.CaseEvent {
	out := &wanggev1.CaseEvent{
		Sequence: e.Seq, Kind: wanggev1.EventKind(e.Kind), Time: Stamp(e.At), Note: e.Note,
		Actor: resource.Person(e.Actor), ActorDisplayName: v.personName(e.Actor), Post: resource.Post(e.Post),
		Reason: wanggev1.ReturnReason(e.Reason), Unit: resource.Unit(e.Owner.Unit),
		Light: light(e.Light), Late: Lasting(e.Late),
		Condition: e.Condition, Handler: resource.Person(e.Handler), PhotoHashes: e.Photos, Closing: e.Closing,
		Outcome: wanggev1.Outcome(e.Outcome), DueTime: Stamp(e.Clock.Due),
		Other: resource.Case(e.Other), Milestone: e.Milestone, Party: resource.Unit(e.Party),
		Requested: wanggev1.ApprovalKind(e.Request), ResumeTime: Stamp(e.Until),
	}
	if e.Kind == dispatch.EventRevised && e.Granted { // the request goes on with the new owner
		out.Requested = wanggev1.ApprovalKind_APPROVAL_KIND_UNSPECIFIED
	}
	if id, ok := routing.PrecedentOf(e.Rule); ok {
		out.DecidedBy = &wanggev1.CaseEvent_Precedent{Precedent: resource.Precedent(id)}
	} else if e.Kind == dispatch.EventProposed && e.Rule != "" {
		for word := range strings.SplitSeq(e.Rule, ",") {
			out.Mismatches = append(out.Mismatches, Enum[wanggev1.MismatchReason](wanggev1.MismatchReason_value, "MISMATCH_REASON_", word))
		}
	} else if e.Rule != "" {
		out.DecidedBy = &wanggev1.CaseEvent_Rule{Rule: e.Rule}
	}
	if e.Kind == dispatch.EventEscalated || e.Kind == dispatch.EventStepSkipped || e.Kind == dispatch.EventReceiptMissed {
		out.Step = int32(e.Step)
	}
	out.UnitDisplayName, out.PartyDisplayName, out.HandlerDisplayName = v.unitName(e.Owner.Unit), v.unitName(e.Party), v.personName(e.Handler)
	if e.Post != "" {
		u := v.City.UnitOf(e.Post)
		if u == (roster.Unit{}) { // of a unit that is gone
			_, unit, _ := strings.Cut(string(e.Post), "@")
			u, _ = roster.ParseUnit(unit)
		}
		out.PostUnitDisplayName = v.unitName(u)
	}
	for _, p := range e.Notified {
		out.Notified = append(out.Notified, resource.Person(p))
		out.NotifiedDisplayNames = append(out.NotifiedDisplayNames, cmp.Or(v.personName(p), string(p)))
	}
	if e.Category != "" {
		out.Category, out.CategoryDisplayName = string(e.Category), v.words(v.City.CategoryName(e.Category))
	}
	out.FormerUnits, out.FormerUnitDisplayNames = All(e.GoneUnits, resource.Unit), All(e.GoneUnits, v.unitName)
	if e.Kind == dispatch.EventFiled || e.Kind == dispatch.EventReclassified {
		out.Severity, out.SeverityJudged = wanggev1.Severity(e.Severity), e.Judged
	}
	out.Campaign = v.campaign(e.Campaign)
	if e.Kind == dispatch.EventVerified || e.Kind == dispatch.EventAppealDecided {
		out.Granted = new(e.Granted)
	}
	if e.Receipt != nil {
		out.ReceiptDueTime = Stamp(e.Receipt.Due)
	}
	if e.Report != nil {
		out.ClockSkew = Lasting(e.Report.Skew())
	}
	return out
}
