// Package record is the stored form of cases and events: one version byte, then a protocol
// buffer of package wangge.record.v1. Decoding refuses what it does not know: an unknown version,
// trailing damage, or an enum at zero where the domain has none. Times come back in UTC.
package record

import (
	"errors"
	"fmt"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/calendar"
	"wangge/dispatch/catalog"
	"wangge/dispatch/roster"
	"wangge/grid"

	"google.golang.org/protobuf/proto"

	pb "wangge/dispatch/desk/record/recordv1"
)

// Version is the first byte of every stored value.
const Version = 1

// eventsVersion is the first byte of the events of one act; version 1 kept each event by itself.
const eventsVersion = 2

// ErrCorrupt is wrapped by every decoding error: the value is damaged or from a later program.
var ErrCorrupt = errors.New("stored record is damaged or of an unknown version")

// Filed ties a reporter's client id to the case that it became.
type Filed struct {
	Case dispatch.CaseID
	Hash []byte // of the report's content
}

// Acted ties a person's request id to what it did.
type Acted struct {
	Case dispatch.CaseID
	Seq  uint64 // of the case after the act
	Hash []byte // of the command
}

// EncodeCase returns the stored form of a case and of the scopes it stands under in the indexes.
func EncodeCase(c *dispatch.Case, scopes []roster.Unit) ([]byte, error) {
	m := &pb.CaseRecord{
		Id: uint64(c.ID), Seq: c.Seq, Stage: int32(c.Stage), Report: report(&c.Report), Place: place(&c.Place),
		Category: string(c.Category), Condition: c.Condition, Severity: int32(c.Severity), Owner: owner(c.Owner),
		CoOwners: owners(c.CoOwners), Rule: c.Rule, Clock: clock(c.Clock), Ladder: c.Ladder, NextStep: int32(c.NextStep),
		NextAt: nanos(c.NextAt), Returns: int32(c.Returns), Reworks: int32(c.Reworks), Handler: string(c.Handler),
		FixedBy: string(c.FixedBy), CheckedBy: string(c.CheckedBy), Closing: c.Closing, Outcome: int32(c.Outcome),
		FiledAt: nanos(c.FiledAt), ResolvedAt: nanos(c.ResolvedAt), ClosedAt: nanos(c.ClosedAt), UpdatedAt: nanos(c.UpdatedAt),
		CityRevision: c.CityRevision, Disposal: clock(c.Disposal),
	}
	for _, u := range scopes {
		m.Scopes = append(m.Scopes, unit(u))
	}
	return encode(m)
}

// DecodeCase reads what EncodeCase wrote.
func DecodeCase(b []byte) (*dispatch.Case, []roster.Unit, error) {
	var m pb.CaseRecord
	if err := decode(b, &m); err != nil {
		return nil, nil, fmt.Errorf("case: %w", err)
	}
	if m.GetId() == 0 || m.GetSeq() == 0 || m.GetStage() <= 0 || m.GetStage() > int32(dispatch.SelfResolved) || m.GetReport() == nil || m.GetReport().GetSource() <= 0 {
		return nil, nil, fmt.Errorf("case %d: stage %d: %w", m.GetId(), m.GetStage(), ErrCorrupt)
	}
	c := &dispatch.Case{
		ID: dispatch.CaseID(m.GetId()), Seq: m.GetSeq(), Stage: dispatch.Stage(m.GetStage()), Report: *reportOf(m.GetReport()),
		Place: *placeOf(m.GetPlace()), Category: catalog.Code(m.GetCategory()), Condition: m.GetCondition(),
		Severity: catalog.Severity(m.GetSeverity()), Owner: ownerOf(m.GetOwner()), CoOwners: ownersOf(m.GetCoOwners()),
		Rule: m.GetRule(), Clock: clockOf(m.GetClock()), Ladder: m.GetLadder(), NextStep: int(m.GetNextStep()),
		NextAt: instant(m.GetNextAt()), Returns: int(m.GetReturns()), Reworks: int(m.GetReworks()),
		Handler: roster.PersonID(m.GetHandler()), FixedBy: roster.PersonID(m.GetFixedBy()), CheckedBy: roster.PersonID(m.GetCheckedBy()),
		Closing: m.GetClosing(), Outcome: dispatch.Outcome(m.GetOutcome()), FiledAt: instant(m.GetFiledAt()),
		ResolvedAt: instant(m.GetResolvedAt()), ClosedAt: instant(m.GetClosedAt()), UpdatedAt: instant(m.GetUpdatedAt()),
		CityRevision: m.GetCityRevision(), Disposal: clockOf(m.GetDisposal()),
	}
	var scopes []roster.Unit
	for _, u := range m.GetScopes() {
		scopes = append(scopes, unitOf(u))
	}
	return c, scopes, nil
}

// EncodeEvents returns the stored form of the events of one act.
func EncodeEvents(events []dispatch.Event) ([]byte, error) {
	m := &pb.EventsRecord{Events: make([]*pb.EventRecord, len(events))}
	for i := range events {
		m.Events[i] = event(&events[i])
	}
	b, err := encode(m)
	if err == nil {
		b[0] = eventsVersion
	}
	return b, err
}

// DecodeEvents reads what EncodeEvents wrote, and the single event of version 1.
func DecodeEvents(b []byte) ([]dispatch.Event, error) {
	if len(b) > 0 && b[0] == eventsVersion {
		var m pb.EventsRecord
		if err := proto.Unmarshal(b[1:], &m); err != nil {
			return nil, fmt.Errorf("events: %w: %w", ErrCorrupt, err)
		}
		if len(m.GetEvents()) == 0 {
			return nil, fmt.Errorf("no events: %w", ErrCorrupt)
		}
		out := make([]dispatch.Event, len(m.GetEvents()))
		for i, e := range m.GetEvents() {
			var err error
			if out[i], err = eventOf(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	var m pb.EventRecord
	if err := decode(b, &m); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	e, err := eventOf(&m)
	return []dispatch.Event{e}, err
}

func event(e *dispatch.Event) *pb.EventRecord {
	m := &pb.EventRecord{
		Seq: e.Seq, Kind: int32(e.Kind), At: nanos(e.At), Actor: string(e.Actor), Post: string(e.Post), Revision: e.Revision,
		Reason: int32(e.Reason), Note: e.Note, Condition: e.Condition, Severity: int32(e.Severity), Owner: owner(e.Owner),
		CoOwners: owners(e.CoOwners), Rule: e.Rule, Ladder: e.Ladder, Clock: clock(e.Clock), NextAt: nanos(e.NextAt),
		Handler: string(e.Handler), Closing: e.Closing, Outcome: int32(e.Outcome), Step: int32(e.Step), Light: e.Light,
		Late: int64(e.Late), Photos: e.Photos,
	}
	if e.Report != nil {
		m.Report = report(e.Report)
	}
	if e.Place != nil {
		m.Place = place(e.Place)
	}
	for _, p := range e.Told {
		m.Told = append(m.Told, string(p))
	}
	return m
}

func eventOf(m *pb.EventRecord) (dispatch.Event, error) {
	if m.GetSeq() == 0 || m.GetKind() <= 0 || m.GetKind() > int32(dispatch.EventImported) {
		return dispatch.Event{}, fmt.Errorf("event %d: kind %d: %w", m.GetSeq(), m.GetKind(), ErrCorrupt)
	}
	e := dispatch.Event{
		Seq: m.GetSeq(), Kind: dispatch.EventKind(m.GetKind()), At: instant(m.GetAt()), Actor: roster.PersonID(m.GetActor()),
		Post: roster.PostID(m.GetPost()), Revision: m.GetRevision(), Reason: dispatch.ReturnReason(m.GetReason()), Note: m.GetNote(),
		Condition: m.GetCondition(), Severity: catalog.Severity(m.GetSeverity()), Owner: ownerOf(m.GetOwner()),
		CoOwners: ownersOf(m.GetCoOwners()), Rule: m.GetRule(), Ladder: m.GetLadder(), Clock: clockOf(m.GetClock()),
		NextAt: instant(m.GetNextAt()), Handler: roster.PersonID(m.GetHandler()), Closing: m.GetClosing(),
		Outcome: dispatch.Outcome(m.GetOutcome()), Step: int(m.GetStep()), Light: m.GetLight(), Late: time.Duration(m.GetLate()),
		Photos: m.GetPhotos(),
	}
	if m.GetReport() != nil {
		e.Report = reportOf(m.GetReport())
	}
	if m.GetPlace() != nil {
		e.Place = placeOf(m.GetPlace())
	}
	for _, p := range m.GetTold() {
		e.Told = append(e.Told, roster.PersonID(p))
	}
	return e, nil
}

// EncodeFiled returns the stored form of a filing.
func EncodeFiled(f Filed) ([]byte, error) {
	return encode(&pb.ReportRecord{CaseId: uint64(f.Case), Hash: f.Hash})
}

// DecodeFiled reads what EncodeFiled wrote.
func DecodeFiled(b []byte) (Filed, error) {
	var m pb.ReportRecord
	if err := decode(b, &m); err != nil {
		return Filed{}, fmt.Errorf("report id: %w", err)
	}
	return Filed{Case: dispatch.CaseID(m.GetCaseId()), Hash: m.GetHash()}, nil
}

// EncodeActed returns the stored form of an act.
func EncodeActed(a Acted) ([]byte, error) {
	return encode(&pb.ActRecord{CaseId: uint64(a.Case), Seq: a.Seq, Hash: a.Hash})
}

// DecodeActed reads what EncodeActed wrote.
func DecodeActed(b []byte) (Acted, error) {
	var m pb.ActRecord
	if err := decode(b, &m); err != nil {
		return Acted{}, fmt.Errorf("request id: %w", err)
	}
	return Acted{Case: dispatch.CaseID(m.GetCaseId()), Seq: m.GetSeq(), Hash: m.GetHash()}, nil
}

func encode(m proto.Message) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend([]byte{Version}, m)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	return b, nil
}

func decode(b []byte, m proto.Message) error {
	if len(b) == 0 || b[0] != Version {
		return fmt.Errorf("version byte is not %d: %w", Version, ErrCorrupt)
	}
	if err := proto.Unmarshal(b[1:], m); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return nil
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

func report(r *dispatch.Report) *pb.ReportContent {
	return &pb.ReportContent{
		ClientId: r.ClientID, Reporter: string(r.Reporter), Source: int32(r.Source), Category: string(r.Category),
		Condition: r.Condition, Text: r.Text, CapturedAt: nanos(r.CapturedAt), ReceivedAt: nanos(r.ReceivedAt), PhotoHashes: r.PhotoHashes,
		Position: &pb.PositionRecord{Lat: r.Position.Lat, Lng: r.Position.Lng, Datum: int32(r.Position.Datum), AccuracyM: r.Position.AccuracyM},
	}
}

func reportOf(m *pb.ReportContent) *dispatch.Report {
	p := m.GetPosition()
	return &dispatch.Report{
		ClientID: m.GetClientId(), Reporter: roster.PersonID(m.GetReporter()), Source: dispatch.Source(m.GetSource()),
		Category: catalog.Code(m.GetCategory()), Condition: m.GetCondition(), Text: m.GetText(),
		CapturedAt: instant(m.GetCapturedAt()), ReceivedAt: instant(m.GetReceivedAt()), PhotoHashes: m.GetPhotoHashes(),
		Position: grid.Position{Lat: p.GetLat(), Lng: p.GetLng(), Datum: grid.Datum(p.GetDatum()), AccuracyM: p.GetAccuracyM()},
	}
}

func place(p *dispatch.Place) *pb.PlaceRecord {
	m := &pb.PlaceRecord{
		Lat: p.Point.Lat, Lng: p.Point.Lng, Cell: uint64(p.Cell), BorderM: p.BorderM, Neighbour: string(p.Neighbour), Ambiguous: p.Ambiguous,
	}
	for _, a := range p.Areas {
		m.Areas = append(m.Areas, string(a))
	}
	return m
}

func placeOf(m *pb.PlaceRecord) *dispatch.Place {
	p := &dispatch.Place{
		Point: grid.Point{Lat: m.GetLat(), Lng: m.GetLng()}, Cell: grid.Cell(m.GetCell()), BorderM: m.GetBorderM(),
		Neighbour: grid.AreaID(m.GetNeighbour()), Ambiguous: m.GetAmbiguous(),
	}
	for _, a := range m.GetAreas() {
		p.Areas = append(p.Areas, grid.AreaID(a))
	}
	return p
}

func unit(u roster.Unit) *pb.UnitRecord { return &pb.UnitRecord{Kind: int32(u.Kind), Id: u.ID} }

func unitOf(m *pb.UnitRecord) roster.Unit {
	return roster.Unit{Kind: roster.UnitKind(m.GetKind()), ID: m.GetId()}
}

func owner(o dispatch.Owner) *pb.OwnerRecord {
	if o == (dispatch.Owner{}) {
		return nil
	}
	return &pb.OwnerRecord{Kind: int32(o.Kind), Unit: unit(o.Unit), Post: string(o.Post)}
}

func ownerOf(m *pb.OwnerRecord) dispatch.Owner {
	return dispatch.Owner{Kind: catalog.OwnerKind(m.GetKind()), Unit: unitOf(m.GetUnit()), Post: roster.PostID(m.GetPost())}
}

func owners(list []dispatch.Owner) []*pb.OwnerRecord {
	var out []*pb.OwnerRecord
	for _, o := range list {
		out = append(out, owner(o))
	}
	return out
}

func ownersOf(list []*pb.OwnerRecord) []dispatch.Owner {
	var out []dispatch.Owner
	for _, o := range list {
		out = append(out, ownerOf(o))
	}
	return out
}

func clock(c dispatch.Clock) *pb.ClockRecord {
	if c == (dispatch.Clock{}) {
		return nil
	}
	return &pb.ClockRecord{
		LimitN: int32(c.Limit.N), LimitUnit: int32(c.Limit.Unit), Consumed: int64(c.Consumed), Since: nanos(c.Since), Due: nanos(c.Due),
		Provisional: c.Provisional,
	}
}

func clockOf(m *pb.ClockRecord) dispatch.Clock {
	return dispatch.Clock{
		Limit:    calendar.Limit{N: int(m.GetLimitN()), Unit: calendar.Unit(m.GetLimitUnit())},
		Consumed: time.Duration(m.GetConsumed()), Since: instant(m.GetSince()), Due: instant(m.GetDue()),
		Provisional: m.GetProvisional(),
	}
}
