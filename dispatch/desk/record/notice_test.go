package record

import (
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pb "wangge/dispatch/desk/record/recordv1"
)

// The stored form of a notice, as it was first written: never to change.
const noticeV1 = "01" + "0802" + "110000ca9a3b000000" + "190000943577000000" + "2003" + "2a04626f6f6d" + "3001"

func TestNotice_RoundTrip(t *testing.T) {
	t.Parallel()
	n := Notice{
		State:    NoticeSent,
		At:       time.Unix(0, 0x3b9aca0000).UTC(),
		Since:    time.Unix(0, 0x7735940000).UTC(),
		Attempts: 3,
		Error:    "boom",
		Urgent:   true,
	}
	b, err := EncodeNotice(n)
	if err != nil || hex.EncodeToString(b) != noticeV1 {
		t.Errorf("EncodeNotice = %x, %v; want %s", b, err, noticeV1)
	}
	old, err := hex.DecodeString(noticeV1)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeNotice(old); err != nil || got != n {
		t.Errorf("DecodeNotice = %+v, %v; want %+v", got, err, n)
	}
	var m pb.NoticeRecord
	if err := proto.Unmarshal(
		old[1:],
		&m,
	); err != nil || m.GetState() != 2 || m.GetAt() != n.At.UnixNano() || m.GetSince() != n.Since.UnixNano() || m.GetAttempts() != 3 || m.GetError() != "boom" ||
		!m.GetUrgent() {
		t.Errorf("the schema reads %v, %v", &m, err)
	}
	for _, bad := range []string{"", "02", "01", "010800", "010804", "01ff"} {
		b, err := hex.DecodeString(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeNotice(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("DecodeNotice(%q) = %v, want ErrCorrupt", bad, err)
		}
	}
}
