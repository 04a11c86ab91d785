package record

import (
	"fmt"
	"time"
)

// NoticeState is how far a notice has come. Values are stored.
type NoticeState int

// Notice states; zero is unset.
const (
	NoticeUnknown NoticeState = iota
	NoticeQueued
	NoticeSent
	NoticeParked
)

// Notice is a message to one person by one channel about one event.
type Notice struct {
	State    NoticeState
	At       time.Time // when it goes, or goes again; when it was sent, or parked
	Since    time.Time // when the event happened
	Attempts int
	Error    string // of the last try
	Urgent   bool
}

var noticeTable = table(
	number(1, func(n *Notice) *NoticeState { return &n.State }),
	instant(2, func(n *Notice) *time.Time { return &n.At }),
	instant(3, func(n *Notice) *time.Time { return &n.Since }),
	number(4, func(n *Notice) *int { return &n.Attempts }),
	text(5, func(n *Notice) *string { return &n.Error }),
	truth(6, func(n *Notice) *bool { return &n.Urgent }),
)

// EncodeNotice returns the stored form of a notice.
func EncodeNotice(n Notice) ([]byte, error) { return encode(Version, noticeTable, &n) }

// DecodeNotice reads what EncodeNotice wrote.
func DecodeNotice(b []byte) (n Notice, err error) {
	if err := decode(b, Version, noticeTable, &n); err != nil {
		return Notice{}, fmt.Errorf("notice: %w", err)
	}
	if n.State <= NoticeUnknown || n.State > NoticeParked {
		return Notice{}, fmt.Errorf("notice: state %d: %w", n.State, ErrCorrupt)
	}
	return n, nil
}
