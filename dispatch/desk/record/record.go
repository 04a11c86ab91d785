// Package record is the stored form of cases, events and what belongs to them: a version byte, then a message of
// package wangge.record.v1. Decoding refuses what no encoder wrote: an unknown version, damage, or an enum at zero where
// the domain has none. Times come back in UTC.
package record

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
)

// Version is the first byte of every stored value.
const Version = 1

// eventsVersion is the first byte of the events of one act; version 1 kept each event by itself.
const eventsVersion = 2

// filingVersion is the first byte of a case that nobody has acted on: it is stored as its events alone.
const filingVersion = 3

// ErrCorrupt is wrapped by every decoding error: the value is damaged or from a later program.
var ErrCorrupt = errors.New("stored record is damaged or of an unknown version")

// Stored is a case as it was kept.
type Stored struct {
	Case   *dispatch.Case
	Scopes []roster.Unit
	Filing []dispatch.Event // all its events, when it was kept as those; nil when they stand elsewhere
}

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

// EncodeCase returns the stored form of a case and of the units that have a posting of the case.
func EncodeCase(c *dispatch.Case, scopes []roster.Unit) ([]byte, error) {
	return drafted(Version, func(d *draft) proto.Message { return d.caseRecord(c, scopes) })
}

// EncodeFiling returns the stored form of a case that nobody has acted on: its events, from the first.
func EncodeFiling(events []dispatch.Event, scopes []roster.Unit) ([]byte, error) {
	return drafted(filingVersion, func(d *draft) proto.Message { return d.filing(events, scopes) })
}

// DecodeCase reads what EncodeCase or EncodeFiling wrote for a case.
func DecodeCase(id dispatch.CaseID, b []byte) (Stored, error) {
	s, err := decodeCase(id, b)
	if err != nil {
		return Stored{}, fmt.Errorf("case %s: %w", id, err)
	}
	if c := s.Case; c.ID != id || c.Seq == 0 || c.Stage <= 0 || c.Stage > dispatch.SelfResolved || c.Report.Source <= 0 {
		return Stored{}, fmt.Errorf("case %s: number %d, stage %d: %w", id, c.ID, c.Stage, ErrCorrupt)
	}
	return s, nil
}

func decodeCase(id dispatch.CaseID, b []byte) (Stored, error) {
	if len(b) > 0 && b[0] == Version {
		var m pb.CaseRecord
		if err := decode(b, Version, &m); err != nil {
			return Stored{}, err
		}
		c := caseOf(&m)
		return Stored{Case: &c, Scopes: values(m.GetScopes(), unitOf)}, nil
	}
	var m pb.FilingRecord
	if err := decode(b, filingVersion, &m); err != nil {
		return Stored{}, err
	}
	events := values(m.GetEvents(), eventOf)
	if err := sound(events); err != nil {
		return Stored{}, err
	}
	for i := range events {
		e, first := &events[i], i == 0
		if e.Seq != uint64(i)+1 || first != (e.Kind == dispatch.EventReported) || first && (e.Report == nil || e.Place == nil) {
			return Stored{}, fmt.Errorf("event %d of kind %d in place %d: %w", e.Seq, e.Kind, i+1, ErrCorrupt)
		}
	}
	return Stored{Case: dispatch.FoldNew(id, events), Scopes: values(m.GetScopes(), unitOf), Filing: events}, nil
}

// EncodeEvents returns the stored form of the events of one act.
func EncodeEvents(events []dispatch.Event) ([]byte, error) {
	return drafted(eventsVersion, func(d *draft) proto.Message { return d.act(events) })
}

// DecodeEvents reads what EncodeEvents wrote, and the single event of version 1.
func DecodeEvents(b []byte) ([]dispatch.Event, error) {
	var m pb.EventsRecord
	var err error
	if len(b) > 0 && b[0] == Version {
		m.Events = []*pb.EventRecord{{}}
		err = decode(b, Version, m.Events[0])
	} else {
		err = decode(b, eventsVersion, &m)
	}
	events := values(m.GetEvents(), eventOf)
	if err == nil {
		err = sound(events)
	}
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return events, nil
}

// sound refuses events that the domain could not have made.
func sound(events []dispatch.Event) error {
	if len(events) == 0 {
		return fmt.Errorf("no events: %w", ErrCorrupt)
	}
	for i := range events {
		if e := &events[i]; e.Seq == 0 || !e.Kind.Known() {
			return fmt.Errorf("event %d: kind %d: %w", e.Seq, e.Kind, ErrCorrupt)
		}
	}
	return nil
}

// reportRecord is a filing.
func (d *draft) reportRecord(f Filed) *pb.ReportRecord {
	m := d.filed.next()
	*m = pb.ReportRecord{CaseId: uint64(f.Case), Hash: f.Hash}
	return m
}

// EncodeFiled returns the stored form of a filing.
func EncodeFiled(f Filed) ([]byte, error) {
	return drafted(Version, func(d *draft) proto.Message { return d.reportRecord(f) })
}

// DecodeFiled reads what EncodeFiled wrote.
func DecodeFiled(b []byte) (Filed, error) {
	var m pb.ReportRecord
	if err := decode(b, Version, &m); err != nil {
		return Filed{}, fmt.Errorf("report id: %w", err)
	}
	return Filed{Case: dispatch.CaseID(m.GetCaseId()), Hash: m.GetHash()}, nil
}

// EncodeActed returns the stored form of an act.
func EncodeActed(a Acted) ([]byte, error) {
	return encode(Version, &pb.ActRecord{CaseId: uint64(a.Case), Seq: a.Seq, Hash: a.Hash})
}

// DecodeActed reads what EncodeActed wrote.
func DecodeActed(b []byte) (Acted, error) {
	var m pb.ActRecord
	if err := decode(b, Version, &m); err != nil {
		return Acted{}, fmt.Errorf("request id: %w", err)
	}
	return Acted{Case: dispatch.CaseID(m.GetCaseId()), Seq: m.GetSeq(), Hash: m.GetHash()}, nil
}
