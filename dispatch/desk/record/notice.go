package record

import (
	"fmt"
	"time"

	pb "wangge/dispatch/desk/record/recordv1"
)

// NoticeState is how far a notice has come. Values are stored.
type NoticeState int

// Notice states; zero is unset.
const (
	NoticeUnknown NoticeState = iota
	NoticeQueued
	NoticeSent
	NoticeDeadLetter
)

// Notice is a message to one person by one channel about one event.
type Notice struct {
	State    NoticeState
	At       time.Time // when it goes, or goes again; when it was sent, or became a dead letter
	Since    time.Time // when the event happened
	Attempts int
	Error    string // of the last try
	Urgent   bool
	Quiet    bool // not sent within the quiet hours, however often it is tried
	OnShift  bool // of the news of an act: sent within the quiet hours, too, while the person is on shift
}

// EncodeNotice returns the stored form of a notice.
func EncodeNotice(n Notice) ([]byte, error) {
	return encode(Version, &pb.NoticeRecord{
		State: int32(n.State), At: stamp(n.At), Since: stamp(n.Since), Attempts: int32(n.Attempts), Error: n.Error,
		Urgent: n.Urgent, Quiet: n.Quiet, OnShift: n.OnShift,
	})
}

// DecodeNotice reads what EncodeNotice wrote.
func DecodeNotice(b []byte) (Notice, error) {
	var m pb.NoticeRecord
	if err := decode(b, Version, &m); err != nil {
		return Notice{}, fmt.Errorf("notice: %w", err)
	}
	n := Notice{
		State:    NoticeState(m.GetState()),
		At:       stampOf(m.GetAt()),
		Since:    stampOf(m.GetSince()),
		Attempts: int(m.GetAttempts()),
		Error:    m.GetError(),
		Urgent:   m.GetUrgent(),
		Quiet:    m.GetQuiet(),
		OnShift:  m.GetOnShift(),
	}
	if n.State <= NoticeUnknown || n.State > NoticeDeadLetter {
		return Notice{}, fmt.Errorf("notice: state %d: %w", n.State, ErrCorrupt)
	}
	return n, nil
}
