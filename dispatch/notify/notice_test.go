package notify_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/notify"
)

func item(kind string) notify.Item {
	at := time.Date(2026, 3, 4, 11, 30, 0, 0, time.FixedZone("CST", 8*3600))
	return notify.Item{
		ID:       "20260304-000001-5",
		Case:     "20260304-000001",
		Kind:     kind,
		Step:     3,
		Light:    "red",
		Category: i18n.F("fallen pole", "杆塔倾倒"),
		Place:    i18n.F("Xiangyang", "向阳社区"),
		Owner: i18n.F(
			"Street Lighting",
			"路灯管理处",
		),
		Stage:    i18n.F("handling", "处置中"),
		Severity: "A",
		At:       at,
		Due:      at.Add(-90 * time.Minute),
		Late:     2 * time.Hour,
	}
}

// What people read, in both languages: what, where, whose, by when, why, and where to see it.
func TestMessage_Words(t *testing.T) {
	t.Parallel()
	raised := item("raised")
	raised.Reason = "a child was hurt"
	for _, tt := range []struct {
		items []notify.Item
		count int
		lang  string
		link  string
		want  []string
	}{
		{[]notify.Item{item("escalated")}, 1, "en", "https://grid.example/", []string{"[Overdue: red light] fallen pole, case 20260304-000001", "Xiangyang", "Street Lighting, handling", "2026-03-04 10:00, overdue by 1 h 30 min", "notice is 2 h late", "https://grid.example/cases/20260304-000001"}},
		{[]notify.Item{item("escalated")}, 1, "zh", "", []string{"【超时提醒（红灯）】杆塔倾倒，案件 20260304-000001", "向阳社区", "路灯管理处，处置中", "已超时 1 小时 30 分", "wangge case show 20260304-000001"}},
		{[]notify.Item{raised}, 1, "zh-CN", "", []string{"已手动升级至您", "原因：a child was hurt"}},
		{[]notify.Item{item("nudged")}, 1, "", "", []string{"Nobody has acted on the case"}},
		{[]notify.Item{item("escalated"), item("nudged")}, 500, "en", "https://grid.example", []string{"500 notices about cases", "- [Overdue: red light] fallen pole, case", "and 498 more", "https://grid.example/overdue"}},
		{[]notify.Item{item("escalated"), item("nudged")}, 2, "zh", "", []string{"您有 2 条案件通知", "- 【催办】杆塔倾倒，案件"}},
	} {
		text := notify.Words(tt.items, tt.count, tt.lang, tt.link)
		for _, w := range tt.want {
			if !strings.Contains(text.Subject+"\n"+text.Body, w) {
				t.Errorf("%s of %d: no %q in %s\n%s", tt.lang, tt.count, w, text.Subject, text.Body)
			}
		}
		if strings.Contains(text.Subject+text.Body, "%!") || strings.Contains(text.Subject, "\n") {
			t.Errorf("%s: %s\n%s", tt.lang, text.Subject, text.Body)
		}
	}
}

// Each channel that a city can name has a sender of its name here.
func TestChannel_Names(t *testing.T) {
	t.Parallel()
	var got []string
	for _, ch := range []notify.Channel{notify.Log{}, &notify.Email{}, &notify.Webhook{}, &notify.WeCom{}, &notify.SMS{}} {
		got = append(got, ch.Name())
	}
	if !slices.Equal(got, city.Channels) {
		t.Errorf("senders %v, channels of a city %v", got, city.Channels)
	}
}

// What can't work is refused when the server starts, or at once when it is met.
func TestChannel_RefusesBadConfig(t *testing.T) {
	t.Parallel()
	for target, secret := range map[string]string{"ftp://x/": "whsec_AAAA", "http://": "whsec_AAAA", "http://x/": "", "http://y/": "whsec_not base64"} {
		if _, err := notify.NewWebhook(target, secret); err == nil {
			t.Errorf("NewWebhook(%q, %q) = nil", target, secret)
		}
	}
	for _, c := range []notify.EmailConfig{
		{Server: "mail", From: "a@b.example"},
		{Server: ":25", From: "a@b.example"},
		{Server: "mail:", From: "a@b.example"},
		{Server: "mail:25", From: "nobody"},
		{Server: "mail:25", From: "A <a@b.example>"},
		{Server: "mail:25", From: "a@b.example", TLS: "off"},
	} {
		if _, err := notify.NewEmail(c); err == nil {
			t.Errorf("NewEmail(%+v) = nil", c)
		}
	}
	e, err := notify.NewEmail(notify.EmailConfig{Server: "127.0.0.1:1", From: "a@b.example"})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Send(t.Context(), notify.Message{To: roster.Person{ID: "p", Email: "p@x\r\nBcc: all@x"}}); !notify.IsPermanent(err) {
		t.Errorf("an address with a header in it: %v, want it refused for good", err)
	}
	if err := e.Send(t.Context(), notify.Message{To: roster.Person{ID: "p", Email: "p@x.example"}}); err == nil || notify.IsPermanent(err) {
		t.Errorf("a server that is down: %v, want to try again", err)
	}
}

// A webhook's body has the page of the case, and no field that is empty.
func TestWebhook_BodyHasNoEmptyField(t *testing.T) {
	t.Parallel()
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { body, _ = io.ReadAll(r.Body) }))
	defer srv.Close()
	w, err := notify.NewWebhook(srv.URL, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	items := []notify.Item{{ID: "20261123-000417-5", Case: "20261123-000417", Kind: "dispatched", Told: []string{"p-1"}}}
	m := notify.Message{Items: items, Count: 1, At: time.Unix(1_800_000_000, 0), Link: notify.Page(items, 1, "https://grid.example/")}
	if err := w.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var event struct {
		Data map[string]any `json:"data"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		t.Fatal(err)
	}
	if got := event.Data["link"]; got != "https://grid.example/cases/20261123-000417" {
		t.Errorf("link = %v", got)
	}
	for name, value := range event.Data {
		if value == "" || value == 0. || value == nil {
			t.Errorf("%s is %v; an empty field is left out", name, value)
		}
	}
}

// A receiver may send anywhere else, answer without an end or not at all: a try ends, and a signed
// body goes nowhere else.
func TestWebhook_ReceiverMisbehaves(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a signed body went where it was redirected to") }),
	)
	defer elsewhere.Close()
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		taken  bool
	}{
		"redirects": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, false},
		"answers ten million": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 10<<20)) }, true},
		"never answers":       {func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(tt.answer)
			defer srv.Close()
			w, err := notify.NewWebhook(srv.URL, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if name == "never answers" {
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
			}
			defer cancel()
			err = w.Send(
				ctx,
				notify.Message{Items: []notify.Item{{ID: "20261123-000417-5", Case: "20261123-000417"}}, Count: 1, At: time.Unix(1_800_000_000, 0)},
			)
			if taken := err == nil; taken != tt.taken || notify.IsPermanent(err) {
				t.Errorf("Send = %v, want taken %v, and a failure to be tried again", err, tt.taken)
			}
		})
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0") // a mail server that takes the call and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lis.Close() }()
	e, err := notify.NewEmail(notify.EmailConfig{Server: lis.Addr().String(), From: "a@b.example"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := e.Send(ctx, notify.Message{To: roster.Person{ID: "p", Email: "p@x.example"}}); err == nil || notify.IsPermanent(err) {
		t.Errorf("a mail server that says nothing: %v, want to try again", err)
	}
}
