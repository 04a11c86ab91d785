package rpc

import (
	"context"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/notify"
	"wangge/storage/mem"
)

// mailbox is an inbox that stands for the mail of a city.
type mailbox struct{ inbox }

func (b *mailbox) Name() string { return "email" }

// withMail is the toy city in which some people have an address, and the others none.
func withMail(t *testing.T, ids ...string) *city.City {
	t.Helper()
	rows := strings.Split(strings.TrimSpace(string(citytest.ToyDirectory()["people.csv"])), "\n")
	columns := strings.Split(rows[0], ",")
	mail := slices.Index(columns, "email")
	for n, row := range rows[1:] {
		cells := strings.Split(row, ",")
		if cells[mail] = ""; slices.Contains(ids, cells[0]) {
			cells[mail] = cells[0] + "@city.example"
		}
		rows[n+1] = strings.Join(cells, ",")
	}
	return citytest.Varied(t, map[string]string{
		"people.csv": strings.Join(rows, "\n") + "\n",
		"city.yaml":  strings.Replace(string(citytest.ToyDirectory()["city.yaml"]), "near_border_m: 30}", "near_border_m: 30, receipt_minutes: {A: 10, B: 60}}", 1),
	})
}

// A street is flooded, severity A. The people of the water bureau have no address by the only channel of the service. Work: a
// dead letter at once, with the reason in words, in the list of undelivered notices and at the case. The alarm of the receipt: the
// duty chief is told in place of each, and reads who could not be told. Nothing is tried again; a replay finds nobody either.
func TestNotice_NoAddress(t *testing.T) {
	t.Parallel()
	c := withMail(t, "chief", "inspector-w1a")
	lis := bufconn.Listen(1 << 20)
	dial := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) })
	tw := receiptWorld{&townWorld{newWorldDesk(t, desk.Config{Store: mem.Open(), City: c, Channels: []string{"email"}}, lis, Config{}, dial), c.Location}}
	box := &mailbox{}
	relay := tw.desk.Relay(outbox.RelayConfig{Channels: []notify.Channel{box}, Rand: rand.New(rand.NewPCG(1, 2))})
	deliver := func() (out []string) {
		box.got = nil
		if _, next, err := relay.DeliverDue(t.Context(), tw.Now()); err != nil || !next.IsZero() {
			t.Fatalf("DeliverDue: next %s, %v; want nothing left to try", next, err)
		}
		for _, m := range box.got {
			out = append(out, string(m.To.ID))
		}
		return out
	}
	tw.at("2026-03-06 10:00")
	name := tw.reported("flood", citytest.Flooding, citytest.InW1A).GetName()
	if got := deliver(); len(got) != 0 {
		t.Errorf("of the dispatch %q are told, want nobody: the unit has no address", got)
	}
	const dead, none = wanggev1.NoticeState_NOTICE_STATE_DEAD_LETTER, wanggev1.NoticeChannel_NOTICE_CHANNEL_UNSPECIFIED
	lost := func(lang, reason string) (people []string) {
		t.Helper()
		resp, err := wanggev1.NewAdminServiceClient(tw.conn).ListDeadLetters(tw.as(citytest.Mayor, lang), &wanggev1.ListDeadLettersRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range resp.GetNotices() {
			if n.GetCase() != name || n.GetState() != dead || n.GetChannel() != none || !strings.HasPrefix(n.GetError(), reason) {
				t.Errorf("%v is listed, want a dead letter with the reason %q", n, reason)
			}
			people = append(people, strings.TrimPrefix(n.GetPerson(), "people/"))
		}
		return people
	}
	work := lost("zh", "无通知地址")
	if len(work) == 0 || len(lost("en", "no address")) != len(work) {
		t.Fatalf("%q could not be told, want the owner", work)
	}
	list, err := tw.cases().ListCaseNotices(tw.as(citytest.Mayor, "zh"), &wanggev1.ListCaseNoticesRequest{Parent: name})
	if err != nil || len(list.GetNotices()) != len(work) || !strings.HasPrefix(list.GetNotices()[0].GetError(), "无通知地址") {
		t.Errorf("the case shows %v, %v; want the dead letters with their reason", list, err)
	}
	tw.until("2026-03-06 10:10")
	if got := deliver(); !slices.Equal(got, []string{"chief"}) {
		t.Fatalf("of the alarm %q are told, want the duty chief in place of the water bureau", got)
	}
	body := box.got[0].Text.Body
	for _, id := range lost("zh", "无通知地址") {
		if p, _ := c.Roster.Person(roster.PersonID(id)); !slices.Contains(work, id) && !strings.Contains(body, p.Name) {
			t.Errorf("the duty chief does not read that %s could not be told:\n%s", p.Name, body)
		}
	}
	if !strings.Contains(body, "（无通知地址），请转告") {
		t.Errorf("the duty chief reads\n%s", body)
	}
	replayed, err := wanggev1.NewAdminServiceClient(tw.conn).ReplayNotices(tw.as(citytest.Mayor, "zh"), &wanggev1.ReplayNoticesRequest{})
	if err != nil || replayed.GetReplayed() != 0 {
		t.Errorf("Replay = %v, %v; want none: there is still no address", replayed, err)
	}
}
