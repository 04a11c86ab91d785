package convert

import (
	"time"

	"wangge/api/wangge/v1"
	"wangge/dispatch"
)

// Event renders an event of a case.
func (v Viewer) Event(e dispatch.Event) *wanggev1.CaseEvent {
	out := &wanggev1.CaseEvent{
		Sequence: e.Seq, Kind: e.Kind.String(), Time: Stamp(e.At), Actor: string(e.Actor), Post: string(e.Post), Note: e.Note,
		Reason: wanggev1.ReturnReason(e.Reason),
		Rule:   e.Rule, Light: e.Light, LateSeconds: int64(e.Late / time.Second), Unit: e.Owner.Unit.String(),
		Condition: e.Condition, Handler: string(e.Handler), PhotoHashes: e.Photos, Closing: e.Closing,
		Outcome: wanggev1.Outcome(e.Outcome), DueTime: Stamp(e.Clock.Due),
	}
	out.Other, out.Milestone, out.Party = Name(e.Other), e.Milestone, e.Party.String()
	out.Ask, out.Until = wanggev1.ApprovalKind(e.Request), Stamp(e.Until)
	if e.Kind == dispatch.EventEscalated || e.Kind == dispatch.EventStepSkipped {
		out.Step = int32(e.Step)
	}
	for _, p := range e.Notified {
		out.Told = append(out.Told, string(p))
	}
	actor, _ := v.City.Roster.Person(e.Actor)
	out.ActorDisplayName = actor.Name
	if e.Report != nil {
		out.ClockSkewSeconds = int64(e.Report.Skew() / time.Second)
	}
	return out
}
