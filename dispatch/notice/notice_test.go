package notice_test

import (
	"strings"
	"testing"
	"time"
	"wangge/dispatch/notice"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
)

func item(kind string) notice.Item {
	at := time.Date(2026, 3, 4, 11, 30, 0, 0, time.FixedZone("CST", 8*3600))
	return notice.Item{
		ID: "20260304-000001-5", Case: "20260304-000001", Kind: kind, Step: 3, Light: "red", Category: say.F("fallen pole", "杆塔倾倒"), Place: say.F("Xiangyang", "向阳社区"),
		Owner: say.F("Street Lighting", "路灯管理处"), Stage: say.F("handling", "处置中"), Severity: "A", At: at, Due: at.Add(-90 * time.Minute), Late: 2 * time.Hour,
	}
}

// What people read, in both languages: what, where, whose, by when, why, and where to see it.
func TestWords(t *testing.T) {
	raised := item("raised")
	raised.Reason = "a child was hurt"
	for _, tt := range []struct {
		items []notice.Item
		count int
		lang  string
		link  string
		want  []string
	}{
		{[]notice.Item{item("escalated")}, 1, "en", "https://grid.example/", []string{"[fallen pole] red light, case 20260304-000001", "Xiangyang", "Street Lighting, handling", "2026-03-04 10:00, overdue by 1h30m", "notice is 2h0m0s late", "https://grid.example/cases/20260304-000001"}},
		{[]notice.Item{item("escalated")}, 1, "zh", "", []string{"[杆塔倾倒] 红灯：案件 20260304-000001", "向阳社区", "路灯管理处，处置中", "已超时 1h30m", "wangge case show 20260304-000001"}},
		{[]notice.Item{raised}, 1, "zh-CN", "", []string{"已手动升级至您", "原因：a child was hurt"}},
		{[]notice.Item{item("nudged")}, 1, "", "", []string{"nobody has touched case"}},
		{[]notice.Item{item("escalated"), item("nudged")}, 500, "en", "https://grid.example", []string{"500 cases wait for you", "- red light, case", "and 498 more", "https://grid.example/overdue"}},
		{[]notice.Item{item("escalated"), item("nudged")}, 2, "zh", "", []string{"您有 2 件案件", "无人处理"}},
	} {
		text := notice.Words(tt.items, tt.count, tt.lang, tt.link)
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

// What can't work is refused when the server starts, or at once when it is met.
func TestChannelsRefuseWhatCantBe(t *testing.T) {
	for target, secret := range map[string]string{"ftp://x/": "whsec_AAAA", "http://": "whsec_AAAA", "http://x/": "", "http://y/": "whsec_not base64"} {
		if _, err := notice.NewWebhook(target, secret); err == nil {
			t.Errorf("NewWebhook(%q, %q) = nil", target, secret)
		}
	}
	for server, from := range map[string]string{"mail": "a@b.example", "mail:25": "nobody", "mail:26": "A <a@b.example>"} {
		if _, err := notice.NewEmail(server, from, "", ""); err == nil {
			t.Errorf("NewEmail(%q, %q) = nil", server, from)
		}
	}
	e, err := notice.NewEmail("127.0.0.1:1", "a@b.example", "", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Send(t.Context(), notice.Message{To: roster.Person{ID: "p", Email: "p@x\r\nBcc: all@x"}}); !notice.IsPermanent(err) {
		t.Errorf("an address with a header in it: %v, want it refused for good", err)
	}
	if err := e.Send(t.Context(), notice.Message{To: roster.Person{ID: "p", Email: "p@x.example"}}); err == nil || notice.IsPermanent(err) {
		t.Errorf("a server that is down: %v, want to try again", err)
	}
}
