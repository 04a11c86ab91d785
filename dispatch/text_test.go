package dispatch_test

import (
	"strings"
	"testing"
	"unicode"

	"wangge/dispatch"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Every value of every vocabulary has its word in both languages.
func TestText_BothLanguages(t *testing.T) {
	t.Parallel()
	both := func(what any, text i18n.Text) {
		t.Helper()
		han := false
		for _, r := range text.Zh {
			han = han || unicode.Is(unicode.Han, r)
		}
		if text.En == "" || text.En == "unknown" || !han || text.Zh == "未知" {
			t.Errorf("%T %v is said %+v", what, what, text)
		}
	}
	for s := dispatch.Reported; s <= dispatch.SelfResolved; s++ {
		both(s, s.Text())
	}
	for k := range dispatch.EventKind(256) {
		if k.Known() {
			both(k, k.Text())
		}
	}
	for _, a := range dispatch.Acts() {
		both(a, a.Text())
	}
	for r := dispatch.NotMyArea; r <= dispatch.Duplicate; r++ {
		both(r, r.Text())
	}
	for o := dispatch.OutcomeFixed; o <= dispatch.OutcomeNotFixed; o++ {
		both(o, o.Text())
	}
	for u := calendar.Hours; u <= calendar.Days; u++ {
		both(u, calendar.Limit{N: 2, Unit: u}.Text())
	}
	for _, r := range roster.Roles {
		both(r, r.Text())
	}
	for _, word := range []string{"green", "yellow", "red"} {
		both(word, dispatch.LightText(word))
	}
	for _, word := range []string{"extension", "suspension", "force_close", "appeal"} {
		both(word, dispatch.RequestText(word))
	}
	for _, word := range []string{"filed", "upheld", "exempted"} {
		both(word, dispatch.AppealText(word))
	}
	if got := (calendar.Limit{N: 1, Unit: calendar.WorkDays}).Text().En; got != "1 work day" {
		t.Errorf("one work day is said %q", got)
	}
}

// A stage stands in a sentence, in either language.
func TestStage_Words(t *testing.T) {
	t.Parallel()
	for s, want := range map[dispatch.Stage]string{
		dispatch.Reported: "reported", dispatch.Verifying: "being verified", dispatch.Handling: "being handled", dispatch.Checking: "being checked",
		dispatch.Arbitration: "in arbitration", dispatch.SelfResolved: "self-resolved", dispatch.Closed: "closed",
	} {
		if got := s.Words(); got.En != want || got.Zh != s.Text().Zh {
			t.Errorf("%v.Words() = %q, %q, want %q, %q", s, got.En, got.Zh, want, s.Text().Zh)
		}
	}
	for s := dispatch.Reported; s <= dispatch.SelfResolved; s++ {
		if got := s.Words(); strings.Contains(got.En, "_") || got.En == "unknown" {
			t.Errorf("%v.Words() = %q", s, got.En)
		}
	}
}
