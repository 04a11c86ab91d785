package ledger

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
)

// A notice is queued for each person and channel where the person has what the channel needs, and for nobody else. A
// webhook has one notice for all.
func TestNotices_ByWhatAChannelNeeds(t *testing.T) {
	t.Parallel()
	m := testdir.Toy()
	rows := strings.ReplaceAll(string(m["people.csv"].Data), "\n", ",\n")
	rows = strings.Replace(rows, "email,\n", "email,wecom\n", 1)
	rows = strings.Replace(rows, "0002,zh,,\n", "0002,zh,,chief.zhi\n", 1)
	m["people.csv"].Data = []byte(rows)
	c, faults := compile.FS(m)
	if len(faults) > 0 {
		t.Fatal(faults[0])
	}
	told := []roster.PersonID{"mayor", "chief", "acceptor"}
	events := []dispatch.Event{
		{Seq: 2, Kind: dispatch.EventCommented, At: time.Unix(1_800_000_000, 0)},
		{Seq: 3, Kind: dispatch.EventEscalatedByHand, At: time.Unix(1_800_000_000, 0), Notified: told},
	}
	ops, err := Notices(city.Channels, c, &dispatch.Case{ID: 20261123_000000001}, events)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, op := range ops {
		if id, err := NoticeOf(op.Key); err == nil {
			got = append(got, id.Channel+":"+string(id.Person))
		}
	}
	want := []string{
		"log:mayor", "log:chief", "log:acceptor", "email:mayor", "webhook:", "wecom:chief", "sms:mayor", "sms:chief", "sms:acceptor",
	}
	if !slices.Equal(got, want) {
		t.Errorf("notices %v, want %v", got, want)
	}
}
