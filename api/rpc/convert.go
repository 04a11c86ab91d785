package rpc

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// stamp leaves an instant that is not set out of the message.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// viewer is for whom cases are written down: what is asked of the call and of the city once.
type viewer struct {
	city   *city.City
	person roster.PersonID
	zh     bool
	now    time.Time
	basic  bool
}

func (s *server) viewer(ctx context.Context, view wanggev1.CaseView) viewer {
	return viewer{s.desk.City(), auth.PersonOf(ctx), auth.LanguageOf(ctx) == "zh", s.now(), view == wanggev1.CaseView_CASE_VIEW_BASIC}
}

// caseView refuses a view that there is not.
func caseView(ctx context.Context, f *faults, v wanggev1.CaseView) wanggev1.CaseView {
	if _, ok := wanggev1.CaseView_name[int32(v)]; !ok {
		f.add(ctx, "view", i18n.F("%d is not a view", "%d 不是视图", v))
	}
	return v
}

func (s *server) place(ctx context.Context, p dispatch.Place) *wanggev1.Place {
	out := &wanggev1.Place{Latitude: p.Point.Lat, Longitude: p.Point.Lng}
	s.viewer(ctx, wanggev1.CaseView_CASE_VIEW_FULL).fillPlace(out, &p)
	return out
}

func (s *server) owner(ctx context.Context, o dispatch.Owner, at time.Time) *wanggev1.Owner {
	v := s.viewer(ctx, wanggev1.CaseView_CASE_VIEW_FULL)
	v.now = at
	if out := (&wanggev1.Owner{}); v.fillOwner(out, o) {
		return out
	}
	return nil
}

func (s *server) owners(ctx context.Context, os []dispatch.Owner, at time.Time) []*wanggev1.Owner {
	var out []*wanggev1.Owner
	for _, o := range os {
		out = append(out, s.owner(ctx, o, at))
	}
	return out
}

// wire is a case in full.
func (s *server) wire(ctx context.Context, cs *dispatch.Case) *wanggev1.Case {
	return s.viewer(ctx, wanggev1.CaseView_CASE_VIEW_FULL).show(cs)
}

func (v viewer) words(t i18n.Text) string {
	if v.zh {
		return t.Zh
	}
	return t.En
}

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

// show writes a case down, as much of it as the view asks for.
func (v viewer) show(cs *dispatch.Case) *wanggev1.Case {
	sh := &sheet{}
	out := &sh.head
	out.Name, out.Etag, out.Stage = "cases/"+cs.ID.String(), etag(cs.Seq), wanggev1.Stage(cs.Stage)
	out.Category, out.Severity = string(cs.Category), wanggev1.Severity(cs.Severity)
	out.CategoryDisplayName = v.words(v.city.CategoryName(cs.Category))
	out.DueTime, out.CreateTime = stampInto(&sh.due, cs.Clock.Due), stampInto(&sh.created, cs.Report.ReceivedAt)
	out.DueProvisional, out.LadderStep = cs.Clock.Provisional, int32(cs.NextStep)
	out.LateParts = v.late(cs)
	if out.Overdue = cs.Overdue(v.now) || len(out.LateParts) > 0; out.Overdue {
		out.LateSeconds = int64(v.now.Sub(escalation.DueFirst(cs)) / time.Second)
	}
	if v.fillOwner(&sh.owner, cs.Owner) {
		out.Owner = &sh.owner
	}
	out.Place = &sh.place
	out.Place.Latitude, out.Place.Longitude, out.Place.Unlocated = cs.Place.Point.Lat, cs.Place.Point.Lng, !cs.Place.Located()
	if !v.basic {
		v.rest(out, cs)
	} else if n := len(cs.Place.Areas); n > 0 {
		v.fillArea(&sh.smallest, cs.Place.Areas[n-1])
		sh.areas[0] = &sh.smallest
		out.Place.Areas = sh.areas[:]
	}
	return out
}

// late are the parts of a case's work whose deadlines have passed.
func (v viewer) late(cs *dispatch.Case) (out []*wanggev1.LatePart) {
	for _, d := range escalation.Debts(cs) {
		if v.now.After(d.Due) {
			out = append(out, &wanggev1.LatePart{
				Milestone: d.Milestone, DisplayName: d.Name, Unit: d.Owner.Unit.String(), UnitDisplayName: v.words(v.city.UnitName(d.Owner.Unit)), Duty: d.Owner.Duty,
				DueTime: stamp(d.Due), LateSeconds: int64(v.now.Sub(d.Due) / time.Second),
			})
		}
	}
	return out
}

// rest adds what only the full view carries.
func (v viewer) rest(out *wanggev1.Case, cs *dispatch.Case) {
	v.fillPlace(out.Place, &cs.Place)
	out.Condition, out.Rule, out.Reporter, out.CityRevision = cs.Condition, cs.Rule, string(cs.Report.Reporter), cs.CityRevision
	out.UpdateTime, out.CloseTime, out.ResolveTime = stamp(cs.UpdatedAt), stamp(cs.ClosedAt), stamp(cs.ResolvedAt)
	out.Outcome, out.Closing, out.Returns, out.Reworks = wanggev1.Outcome(cs.Outcome), cs.Closing, int32(cs.Returns), int32(cs.Reworks)
	out.Handler, out.FixedBy, out.CheckedBy = string(cs.Handler), string(cs.FixedBy), string(cs.CheckedBy)
	out.Report = &wanggev1.Report{
		ClientId: cs.Report.ClientID, Category: string(cs.Report.Category), Condition: cs.Report.Condition, Text: cs.Report.Text, CapturedTime: stamp(cs.Report.CapturedAt),
		Source: wanggev1.Source(cs.Report.Source), PhotoHashes: cs.Report.PhotoHashes, Position: wirePosition(cs.Report.Position),
		AfterPhotoHashes: cs.Report.AfterPhotos, Joins: name(cs.Report.Joins), PhoneTime: stamp(cs.Report.PhoneAt),
	}
	out.ClockSkewSeconds, out.CapturedTime = int64(cs.Report.Skew()/time.Second), stamp(cs.Report.CapturedHere())
	out.CaptureAgeSeconds = int64(cs.Report.Stale() / time.Second)
	for _, o := range cs.CoOwners {
		co := &wanggev1.Owner{}
		if v.fillOwner(co, o.Owner) {
			out.CoOwners = append(out.CoOwners, co)
		}
	}
	if cs.Clock.Limit.N > 0 {
		out.Limit = cs.Clock.Limit.String()
	}
	v.work(out, cs)
}

// fillPlace adds what the full view says of a place.
func (v viewer) fillPlace(out *wanggev1.Place, p *dispatch.Place) {
	if p.Located() {
		out.Cell, out.BorderM, out.Neighbour, out.Ambiguous = p.Cell.String(), p.BorderM, string(p.Neighbour), p.Ambiguous
	}
	refs := make([]wanggev1.AreaRef, len(p.Areas))
	out.Areas = make([]*wanggev1.AreaRef, len(p.Areas))
	for i, id := range p.Areas {
		v.fillArea(&refs[i], id)
		out.Areas[i] = &refs[i]
	}
	for _, id := range p.Sections {
		ref := &wanggev1.SectionRef{Id: string(id), DisplayName: v.words(v.city.UnitName(roster.Unit{Kind: roster.UnitSection, ID: string(id)}))}
		if section := v.city.Sections[id]; section != nil {
			ref.Department = section.Department
		}
		out.Sections = append(out.Sections, ref)
	}
}

func (v viewer) fillArea(out *wanggev1.AreaRef, id grid.AreaID) {
	out.Id, out.DisplayName = string(id), string(id)
	if a := v.city.Areas[id]; a != nil {
		out.Level = v.city.Levels[a.Level]
		if out.DisplayName = a.Name; !v.zh && a.NameEn != "" {
			out.DisplayName = a.NameEn
		}
	}
}

// fillOwner writes down an owner and who stands there; false when there is none.
func (v viewer) fillOwner(out *wanggev1.Owner, o dispatch.Owner) bool {
	if o.Post == "" {
		return false
	}
	id, _ := v.city.Roster.OnDuty(o.Post, v.now)
	person, _ := v.city.Roster.Person(id)
	out.Kind, out.Unit, out.UnitDisplayName = wanggev1.OwnerKind(o.Kind), o.Unit.String(), v.words(v.city.UnitName(o.Unit))
	out.Post, out.Person, out.PersonDisplayName = string(o.Post), string(id), person.Name
	return true
}

// stampInto is stamp into a message that is there already.
func stampInto(out *timestamppb.Timestamp, t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	out.Seconds, out.Nanos = t.Unix(), int32(t.Nanosecond())
	return out
}

// wirePosition leaves out the position that a past record does not have.
func wirePosition(p grid.Position) *wanggev1.Position {
	if p == (grid.Position{}) {
		return nil
	}
	return &wanggev1.Position{Latitude: p.Lat, Longitude: p.Lng, Datum: wanggev1.Datum(p.Datum), AccuracyM: p.AccuracyM}
}

func wireEvent(e dispatch.Event) *wanggev1.CaseEvent {
	out := &wanggev1.CaseEvent{
		Sequence: e.Seq, Kind: e.Kind.String(), Time: stamp(e.At), Actor: string(e.Actor), Post: string(e.Post), Note: e.Note, Reason: wanggev1.ReturnReason(e.Reason),
		Rule: e.Rule, Light: e.Light, LateSeconds: int64(e.Late / time.Second), Unit: e.Owner.Unit.String(),
		Condition: e.Condition, Handler: string(e.Handler), PhotoHashes: e.Photos, Closing: e.Closing, Outcome: wanggev1.Outcome(e.Outcome), DueTime: stamp(e.Clock.Due),
	}
	out.Other, out.Milestone, out.Party, out.Ask, out.Until = name(e.Other), e.Milestone, e.Party.String(), asks[e.Ask], stamp(e.Until)
	if e.Kind == dispatch.EventEscalated || e.Kind == dispatch.EventStepSkipped {
		out.Step = int32(e.Step)
	}
	for _, p := range e.Told {
		out.Told = append(out.Told, string(p))
	}
	if e.Report != nil {
		out.ClockSkewSeconds = int64(e.Report.Skew() / time.Second)
	}
	return out
}
