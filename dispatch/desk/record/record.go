// Package record is the stored form of cases and events: one version byte, then a protocol buffer of
// package wangge.record.v1, written and read by the tables in fields.go. Decoding refuses what it
// does not know: an unknown version, trailing damage, or an enum at zero where the domain has none.
// Times come back in UTC.
package record

import (
	"errors"
	"fmt"
	"wangge/dispatch"
	"wangge/dispatch/roster"
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

// About what records take: more costs a copy, less a little memory.
const (
	caseSize  = 640
	eventSize = 256
	idSize    = 64
)

// EncodeCase returns the stored form of a case and of the scopes it stands under in the indexes.
func EncodeCase(c *dispatch.Case, scopes []roster.Unit) ([]byte, error) {
	return encode(Version, caseTable, &kept{c, scopes}, caseSize)
}

// DecodeCase reads what EncodeCase wrote.
func DecodeCase(b []byte) (*dispatch.Case, []roster.Unit, error) {
	c := kept{Case: &dispatch.Case{}}
	if err := decode(b, Version, caseTable, &c); err != nil {
		return nil, nil, fmt.Errorf("case: %w", err)
	}
	if c.ID == 0 || c.Seq == 0 || c.Stage <= 0 || c.Stage > dispatch.SelfResolved || c.Report.Source <= 0 {
		return nil, nil, fmt.Errorf("case %d: stage %d: %w", c.ID, c.Stage, ErrCorrupt)
	}
	return c.Case, c.scopes, nil
}

// EncodeEvents returns the stored form of the events of one act.
func EncodeEvents(events []dispatch.Event) ([]byte, error) {
	return encode(eventsVersion, actTable, &act{events}, eventSize*(1+len(events)))
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
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	if len(a.events) == 0 {
		return nil, fmt.Errorf("no events: %w", ErrCorrupt)
	}
	for i := range a.events {
		if e := &a.events[i]; e.Seq == 0 || e.Kind <= 0 || e.Kind > dispatch.EventImported {
			return nil, fmt.Errorf("event %d: kind %d: %w", e.Seq, e.Kind, ErrCorrupt)
		}
	}
	return a.events, nil
}

// EncodeFiled returns the stored form of a filing.
func EncodeFiled(f Filed) ([]byte, error) { return encode(Version, filedTable, &f, idSize) }

// DecodeFiled reads what EncodeFiled wrote.
func DecodeFiled(b []byte) (f Filed, err error) {
	if err := decode(b, Version, filedTable, &f); err != nil {
		return Filed{}, fmt.Errorf("report id: %w", err)
	}
	return f, nil
}

// EncodeActed returns the stored form of an act.
func EncodeActed(a Acted) ([]byte, error) { return encode(Version, actedTable, &a, idSize) }

// DecodeActed reads what EncodeActed wrote.
func DecodeActed(b []byte) (a Acted, err error) {
	if err := decode(b, Version, actedTable, &a); err != nil {
		return Acted{}, fmt.Errorf("request id: %w", err)
	}
	return a, nil
}

func encode[T any](version byte, m *message[T], v *T, size int) ([]byte, error) {
	w := writer{b: append(make([]byte, 0, size), version)}
	if m.write(&w, v); w.bad {
		return nil, errors.New("encode record: a text is not UTF-8")
	}
	return w.b, nil
}

func decode[T any](b []byte, version byte, m *message[T], v *T) error {
	if len(b) == 0 || b[0] != version {
		return fmt.Errorf("version byte is not %d: %w", version, ErrCorrupt)
	}
	r := newReader(b[1:])
	if m.read(r, v); r.bad {
		return ErrCorrupt
	}
	return nil
}
