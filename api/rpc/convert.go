package rpc

import (
	"context"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/roster"
	"wangge/grid"

	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

var eventKinds = map[dispatch.EventKind]string{
	dispatch.EventReported: "reported", dispatch.EventAccepted: "accepted", dispatch.EventFiled: "filed", dispatch.EventDispatched: "dispatched",
	dispatch.EventReturned: "returned", dispatch.EventStarted: "started", dispatch.EventResolved: "resolved", dispatch.EventCheckPassed: "check_passed",
	dispatch.EventCheckFailed: "check_failed", dispatch.EventClosed: "closed", dispatch.EventEscalated: "escalated", dispatch.EventStepSkipped: "step_skipped", dispatch.EventImported: "imported", dispatch.EventRevised: "revised",
}

// stamp leaves an instant that is not set out of the message.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func (s *server) place(ctx context.Context, p dispatch.Place) *wanggev1.Place {
	out := &wanggev1.Place{Latitude: p.Point.Lat, Longitude: p.Point.Lng, Cell: p.Cell.String(), BorderM: p.BorderM, Neighbour: string(p.Neighbour), Ambiguous: p.Ambiguous}
	c := s.desk.City()
	for _, id := range p.Areas {
		ref := &wanggev1.AreaRef{Id: string(id), DisplayName: string(id)}
		if a := c.Areas[id]; a != nil {
			ref.Level = c.Levels[a.Level]
			if ref.DisplayName = a.Name; language(ctx) != "zh" && a.NameEn != "" {
				ref.DisplayName = a.NameEn
			}
		}
		out.Areas = append(out.Areas, ref)
	}
	for _, id := range p.Sections {
		ref := &wanggev1.SectionRef{Id: string(id), DisplayName: c.UnitName(roster.Unit{Kind: roster.UnitSection, ID: string(id)}).In(language(ctx))}
		if section := c.Sections[id]; section != nil {
			ref.Department = section.Department
		}
		out.Sections = append(out.Sections, ref)
	}
	return out
}

func (s *server) owner(ctx context.Context, o dispatch.Owner, at time.Time) *wanggev1.Owner {
	if o.Post == "" {
		return nil
	}
	c := s.desk.City()
	id, _ := c.Roster.OnDuty(o.Post, at)
	person, _ := c.Roster.Person(id)
	return &wanggev1.Owner{Kind: wanggev1.OwnerKind(o.Kind), Unit: o.Unit.String(), UnitDisplayName: c.UnitName(o.Unit).In(language(ctx)), Post: string(o.Post), Person: string(id), PersonDisplayName: person.Name}
}

func (s *server) owners(ctx context.Context, os []dispatch.Owner, at time.Time) []*wanggev1.Owner {
	var out []*wanggev1.Owner
	for _, o := range os {
		out = append(out, s.owner(ctx, o, at))
	}
	return out
}

func (s *server) wire(ctx context.Context, cs *dispatch.Case) *wanggev1.Case {
	c, now := s.desk.City(), s.now()
	out := &wanggev1.Case{
		Name: "cases/" + cs.ID.String(), Etag: etag(cs.Seq), Stage: wanggev1.Stage(cs.Stage), Category: string(cs.Category), Condition: cs.Condition,
		Severity: wanggev1.Severity(cs.Severity), Place: s.place(ctx, cs.Place), Owner: s.owner(ctx, cs.Owner, now), CoOwners: s.owners(ctx, cs.CoOwners, now),
		Rule: cs.Rule, DueTime: stamp(cs.Clock.Due), Overdue: cs.Overdue(now), LadderStep: int32(cs.NextStep), Reporter: string(cs.Report.Reporter),
		CreateTime: stamp(cs.Report.ReceivedAt), UpdateTime: stamp(cs.UpdatedAt), CloseTime: stamp(cs.ClosedAt), Outcome: wanggev1.Outcome(cs.Outcome),
		DueProvisional: cs.Clock.Provisional, Handler: string(cs.Handler), FixedBy: string(cs.FixedBy), CheckedBy: string(cs.CheckedBy), Closing: cs.Closing, ResolveTime: stamp(cs.ResolvedAt),
		Returns: int32(cs.Returns), Reworks: int32(cs.Reworks), CityRevision: cs.CityRevision,
		Report: &wanggev1.Report{
			ClientId: cs.Report.ClientID, Category: string(cs.Report.Category), Condition: cs.Report.Condition, Text: cs.Report.Text, CapturedTime: stamp(cs.Report.CapturedAt),
			Source: wanggev1.Source(cs.Report.Source), PhotoHashes: cs.Report.PhotoHashes, Position: wirePosition(cs.Report.Position),
		},
	}
	if cat := c.Categories[cs.Category]; cat != nil {
		if out.CategoryDisplayName = cat.Name; language(ctx) != "zh" && cat.NameEn != "" {
			out.CategoryDisplayName = cat.NameEn
		}
	}
	if cs.Clock.Limit.N > 0 {
		out.Limit = cs.Clock.Limit.String()
	}
	if out.Overdue {
		out.LateSeconds = int64(now.Sub(cs.Clock.Due) / time.Second)
	}
	for _, a := range dispatch.Acts(c, caller(ctx), cs, now) {
		out.AvailableActs = append(out.AvailableActs, string(a))
	}
	return out
}

func wirePosition(p grid.Position) *wanggev1.Position {
	return &wanggev1.Position{Latitude: p.Lat, Longitude: p.Lng, Datum: wanggev1.Datum(p.Datum), AccuracyM: p.AccuracyM}
}

func wireEvent(e dispatch.Event) *wanggev1.CaseEvent {
	out := &wanggev1.CaseEvent{
		Sequence: e.Seq, Kind: eventKinds[e.Kind], Time: stamp(e.At), Actor: string(e.Actor), Post: string(e.Post), Note: e.Note, Reason: wanggev1.ReturnReason(e.Reason),
		Rule: e.Rule, Light: e.Light, LateSeconds: int64(e.Late / time.Second), Unit: e.Owner.Unit.String(),
		Condition: e.Condition, Handler: string(e.Handler), PhotoHashes: e.Photos, Closing: e.Closing, Outcome: wanggev1.Outcome(e.Outcome), DueTime: stamp(e.Clock.Due),
	}
	if e.Kind == dispatch.EventEscalated || e.Kind == dispatch.EventStepSkipped {
		out.Step = int32(e.Step)
	}
	for _, p := range e.Told {
		out.Told = append(out.Told, string(p))
	}
	return out
}
