package client_test

import (
	"strings"
	"testing"

	"wangge/api/wangge/v1"
)

// A list of a unit that is not the caller's is refused in a sentence, not in the words of the transport.
func TestCaseList_ForeignScopeIsASentence(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for lang, want := range map[string]string{"zh": "无权查看", "en": "NOT_FOUND: "} {
		out, errs, code := o.run("oldo", "case", "list", "--scope", "area:town", "--open", "--lang", lang)
		if code == 0 || out != "" || strings.Contains(errs, "rpc error") || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d: %q %q, want a sentence with %q", lang, code, out, errs, want)
		}
	}
}

// The list of leaders names people, units and roles, not ids, and shows the longest overdue case by its number.
func TestOverdue_LeadersAreNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.at("03-04 09:00")
	number := o.file("desk", "r-1", &wanggev1.Report{
		Category: "E01", Source: wanggev1.Source_SOURCE_HOTLINE,
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: 126.502, Datum: wanggev1.Datum_DATUM_WGS84},
	})
	o.at("03-04 12:00")
	for lang, want := range map[string]string{"zh": "（小城 受理员）：超时 1，最长 ", "en": " (Small Town, acceptor): 1 overdue, worst "} {
		got := o.says("duty", "overdue", "--scope", "area:town", "--leaders", "--lang", lang)
		if !strings.Contains(got, want) || !strings.HasSuffix(strings.TrimSpace(got), number) || strings.Contains(got, "area:") || strings.Contains(got, "posts/") {
			t.Errorf("%s: %q, want %q and the case %s", lang, got, want, number)
		}
	}
}
