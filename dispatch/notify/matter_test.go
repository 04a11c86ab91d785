package notify

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch/i18n"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/matters.txt and testdata/notices.txt anew; review the difference")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is\n%s", file, got)
	}
}

// of is an item about a matter, by the key of its row.
func of(key string) Item {
	at := time.Date(2026, 11, 27, 10, 30, 0, 0, time.FixedZone("CST", 8*3600))
	kind, rest, _ := strings.Cut(key, "/")
	i := Item{
		ID: "20261127-000001-3", Case: "20261127-000001", Kind: kind, As: rest, Request: rest, Severity: "C",
		Category: i18n.F("exposed rubbish", "暴露垃圾"), Condition: i18n.F("over 1 m²", "1 平方米以上"),
		Place: i18n.F("Xiangyang", "向阳社区"), Point: "45.75500, 126.60000 (WGS-84)", Address: "尚志大街 12 号门前",
		Report: "门前垃圾堆放，影响通行", Owner: i18n.F("Sanitation", "环卫中心"), Stage: i18n.F("dispatched", "已派遣"),
		At: at, Due: at.Add(4 * time.Hour), Reason: "请今日清运", Actor: "王建国", ActorPost: i18n.F("dispatcher, Daoli", "道里区 派遣员"),
		Granted: rest != "not_found" && rest != "" || kind == "verified" && rest == "",
	}
	switch key {
	case "co_owner":
		i.Kind, i.As = "dispatched", "co_owner"
		i.Duties = []Duty{{i18n.F("Traffic Police", "交警支队"), "围挡现场", at.Add(time.Hour)}}
	case "sent":
		i.Kind, i.As = "reclassified", "sent"
	case "recalled":
		i.Kind, i.As, i.Sent = "voided", "former", true
	case "dispatched/again":
		i.Reopens = "20261101-000007"
	case "revised/freed":
		i.As, i.Freed = "owner", true
	case "revised/lapsed":
		i.As, i.Request, i.Granted = "asker", "extension", false
	case "merged":
		i.Other = "20261126-000003"
	case "suspended", "asked/suspension":
		i.Until = at.AddDate(0, 0, 10)
	case "receipt_missed":
		i.Unsigned = []i18n.Text{i.Owner, i18n.F("Traffic Police", "交警支队")}
	case "returned":
		i.Cause, i.Owner = i18n.F("not my area", "非本辖区"), i18n.Text{}
	case "closed":
		i.As, i.Due, i.Outcome, i.Closing = "reporter", time.Time{}, i18n.F("fixed", "已解决"), "垃圾已清运"
	}
	return i
}

// The subject and the first line of every matter, in both languages, in the words of the trade.
func TestMatters_InBothLanguages(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(matters)) {
		i := of(key)
		if m := matterOf(&i); m != matters[key] {
			t.Errorf("an item of %s is about %s", key, m.label.En)
		}
		for _, lang := range []string{"zh", "en"} {
			text := Words([]Item{i}, 1, lang, "")
			first, _, _ := strings.Cut(text.Body, "\n")
			fmt.Fprintf(&b, "%s %s\n  %s\n  %s\n", key, lang, text.Subject, first)
		}
	}
	for _, light := range []string{"green", "yellow", "red", "", "blue"} {
		for _, late := range []time.Duration{-time.Hour, 0} {
			i := of("escalated")
			i.Light, i.Due = light, i.At.Add(-late)
			for _, lang := range []string{"zh", "en"} {
				text := Words([]Item{i}, 1, lang, "")
				first, _, _ := strings.Cut(text.Body, "\n")
				fmt.Fprintf(&b, "escalated %q %s %s\n  %s\n  %s\n", light, late, lang, text.Subject, first)
			}
		}
	}
	golden(t, "matters.txt", b.String())
}

// Whole notices: a dispatch, a co-owner's part, a supervision, a return, a check that failed, a suspension, a closing.
func TestNotices_Whole(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, key := range []string{"dispatched", "co_owner", "supervised", "returned", "check_failed", "suspended", "closed"} {
		for _, lang := range []string{"zh", "en"} {
			text := Words([]Item{of(key)}, 1, lang, "https://grid.example")
			fmt.Fprintf(&b, "%s\n%s\n\n", text.Subject, text.Body)
		}
	}
	golden(t, "notices.txt", b.String())
}

// gap is a word without its value, or a value that was not filled in.
var gap = regexp.MustCompile(`【】|\[\]|（）|\(\)|（ |\( |：(，|$)|: ?(,|$)|^(，|, )|，，|, ,|  |%!|<nil>|0001-01-01`)

// digestHead is the first line of a digest, which ends in a colon.
var digestHead = regexp.MustCompile(`^(\d+ notices about cases:|您有 \d+ 条案件通知：)$`)

// Whatever an item lacks, its message has no empty word.
func TestWords_NoEmptyWord(t *testing.T) {
	t.Parallel()
	keys := append(slices.Sorted(maps.Keys(matters)), "escalated", "news of a later version")
	rapid.Check(t, func(t *rapid.T) {
		i := of(rapid.SampledFrom(keys).Draw(t, "matter"))
		lacks := func(what string) bool { return rapid.Bool().Draw(t, "lacks "+what) }
		for what, empty := range map[string]func(){
			"condition": func() { i.Condition = i18n.Text{} },
			"address":   func() { i.Address = "" },
			"point":     func() { i.Point = "" },
			"report":    func() { i.Report = " \n " },
			"owner":     func() { i.Owner = i18n.Text{} },
			"severity":  func() { i.Severity = "" },
			"due":       func() { i.Due = time.Time{} },
			"reason":    func() { i.Reason = "" },
			"actor":     func() { i.Actor = "" },
			"post":      func() { i.ActorPost = i18n.Text{} },
			"duties":    func() { i.Duties = nil },
			"duty":      func() { i.Duties = []Duty{{Unit: i18n.F("Police", "公安局")}} },
			"place":     func() { i.Place = i18n.Text{} },
			"light":     func() { i.Light = "" },
		} {
			if lacks(what) {
				empty()
			}
		}
		for _, lang := range []string{"zh", "en"} {
			for _, n := range []int{1, 3} {
				items := []Item{i, i, i}[:n]
				text := Words(items, n, lang, "")
				for line := range strings.SplitSeq(text.Subject+"\n"+text.Body, "\n") {
					if gap.MatchString(line) && !digestHead.MatchString(line) || line == "" {
						t.Fatalf("%s: %q in\n%s\n%s", lang, line, text.Subject, text.Body)
					}
				}
			}
		}
	})
}

// What people wrote is told up to a bound, on one line.
func TestWords_LongReportIsCut(t *testing.T) {
	t.Parallel()
	i := of("dispatched")
	i.Report = strings.Repeat("垃圾\n", MaxReportRunes)
	text := Words([]Item{i}, 1, "zh", "")
	for line := range strings.SplitSeq(text.Body, "\n") {
		if said, ok := strings.CutPrefix(line, "问题描述："); ok {
			if n := len([]rune(said)); n > MaxReportRunes+1 || !strings.HasSuffix(said, "…") {
				t.Errorf("%d characters are told: %s", n, said)
			}
			return
		}
	}
	t.Errorf("the report is not told: %s", text.Body)
}
