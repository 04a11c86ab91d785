// Package record is the stored form of cases and events: one version byte, then a protocol buffer of
// package wangge.record.v1, written and read by the tables in fields.go. Decoding refuses what it
// does not know: an unknown version, trailing damage, or an enum at zero where the domain has none.
// Times come back in UTC.
package record

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
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

// EncodeCase returns the stored form of a case and of the scopes it stands under in the indexes.
func EncodeCase(c *dispatch.Case, scopes []roster.Unit) ([]byte, error) {
	return encode(Version, caseTable, &kept{c, scopes})
}

// EncodeFiling returns the stored form of a case that nobody has acted on: its events, from the first.
func EncodeFiling(events []dispatch.Event, scopes []roster.Unit) ([]byte, error) {
	return encode(filingVersion, filingTable, &filing{events, scopes})
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
		c := kept{Case: &dispatch.Case{}}
		err := decode(b, Version, caseTable, &c)
		return Stored{Case: c.Case, Scopes: c.scopes}, err
	}
	var f filing
	if err := decode(b, filingVersion, filingTable, &f); err != nil {
		return Stored{}, err
	}
	if err := sound(f.events); err != nil {
		return Stored{}, err
	}
	for i := range f.events {
		e, first := &f.events[i], i == 0
		if e.Seq != uint64(i)+1 || first != (e.Kind == dispatch.EventReported) || first && (e.Report == nil || e.Place == nil) {
			return Stored{}, fmt.Errorf("event %d of kind %d in place %d: %w", e.Seq, e.Kind, i+1, ErrCorrupt)
		}
	}
	return Stored{Case: dispatch.FoldAll(&dispatch.Case{ID: id}, f.events), Scopes: f.scopes, Filing: f.events}, nil
}

// EncodeEvents returns the stored form of the events of one act.
func EncodeEvents(events []dispatch.Event) ([]byte, error) {
	return encode(eventsVersion, actTable, &act{events})
}

// DecodeEvents reads what EncodeEvents wrote, and the single event of version 1.
func DecodeEvents(b []byte) ([]dispatch.Event, error) {
	var a act
	var err error
	if len(b) > 0 && b[0] == Version {
		a.events = make([]dispatch.Event, 1)
		err = decode(b, Version, eventTable, &a.events[0])
	} else {
		err = decode(b, eventsVersion, actTable, &a)
	}
	if err == nil {
		err = sound(a.events)
	}
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return a.events, nil
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

// EncodeFiled returns the stored form of a filing.
func EncodeFiled(f Filed) ([]byte, error) { return encode(Version, filedTable, &f) }

// DecodeFiled reads what EncodeFiled wrote.
func DecodeFiled(b []byte) (f Filed, err error) {
	if err := decode(b, Version, filedTable, &f); err != nil {
		return Filed{}, fmt.Errorf("report id: %w", err)
	}
	return f, nil
}

// EncodeActed returns the stored form of an act.
func EncodeActed(a Acted) ([]byte, error) { return encode(Version, actedTable, &a) }

// DecodeActed reads what EncodeActed wrote.
func DecodeActed(b []byte) (a Acted, err error) {
	if err := decode(b, Version, actedTable, &a); err != nil {
		return Acted{}, fmt.Errorf("request id: %w", err)
	}
	return a, nil
}

// writers are used over and over; what was written is handed out as a copy of its size.
var writers = sync.Pool{New: func() any { return &writer{} }}

// readers are used over and over; nothing that was read stays in them.
var readers = sync.Pool{New: func() any { return &reader{} }}

func encode[T any](version byte, m *message[T], v *T) ([]byte, error) {
	w := writers.Get().(*writer)
	defer writers.Put(w)
	w.b, w.bad = append(w.b[:0], version), false
	if m.write(w, v); w.bad {
		return nil, errors.New("encode record: a text is not UTF-8")
	}
	return bytes.Clone(w.b), nil
}

func decode[T any](b []byte, version byte, m *message[T], v *T) error {
	if len(b) == 0 || b[0] != version {
		return fmt.Errorf("version byte is not %d: %w", version, ErrCorrupt)
	}
	r := readers.Get().(*reader)
	defer readers.Put(r)
	*r = reader{b: b[1:], all: string(b[1:]), end: len(b) - 1}
	m.read(r, v)
	bad := r.bad
	if *r = (reader{}); bad {
		return ErrCorrupt
	}
	return nil
}
