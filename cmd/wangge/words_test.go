package main

import (
	"bufio"
	"context"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wangge/dispatch/lifecycle"
)

// identifier is what stays as it is typed in any language: ids, names of files and posts, hashes, acts.
var identifier = regexp.MustCompile(`^[A-Za-z]*[0-9:_@./*%-][A-Za-z0-9:_@./*%#-]*$`)

// strangers are the English words that a Chinese line should not hold.
func strangers(text string) []string {
	known := []string{"etag", "TOY", "GREEN", "wangge", "KB"}
	for _, a := range lifecycle.PersonsActs() {
		known = append(known, string(a))
	}
	var out []string
	for _, w := range regexp.MustCompile(`[A-Za-z0-9:_@./*%#-]+`).FindAllString(text, -1) {
		if strings.HasPrefix(w, "--") {
			continue // a flag
		}
		w = strings.Trim(w, ".:-/")
		if len(w) > 1 && regexp.MustCompile(`^[A-Za-z]`).MatchString(w) && !identifier.MatchString(w) && !slices.Contains(known, w) {
			out = append(out, w)
		}
	}
	return out
}

// A person who reads Chinese meets no English in the main commands.
func TestChinese_OutputHoldsNoEnglish(t *testing.T) {
	if got := strangers("案件 cases/20260304-000001 handling 由 p-leader 处置 due"); !slices.Equal(got, []string{"handling", "due"}) {
		t.Fatalf("strangers = %q", got)
	}
	t.Parallel()
	city, data := toyCity(t), t.TempDir()
	replace(t, filepath.Join(city, "people.csv"), "\ninspector,", "\ninspector-1,") // an id that is no English word
	replace(t, filepath.Join(city, "posts.csv"), ",inspector,inspector,", ",inspector,inspector-1,")
	ctx, stop := context.WithCancel(t.Context())
	rd, wr := io.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() {
		run(ctx, []string{"serve", "--city", city, "--data", data, "--listen", "127.0.0.1:0"}, wr, io.Discard)
		_ = wr.Close()
	})
	defer wg.Wait()
	defer stop()
	ready, err := bufio.NewReader(rd).ReadString('\n')
	if err != nil {
		t.Fatalf("serve said %q, %v", ready, err)
	}
	addr := strings.TrimSpace(ready[strings.LastIndex(ready, " ")+1:])
	as := func(person string) []string {
		secret, _ := wangge(t, exitOK, "token", "--city", city, "--data", data, "--person", person)
		return []string{"--lang", "zh", "--server", addr, "--token", strings.TrimSpace(secret)}
	}
	inspector, leader, owner := as("inspector-1"), as("mayor"), as("grid-e1a")
	says := func(want int, words string, args ...string) string {
		t.Helper()
		out, errs := wangge(t, want, args...)
		if alien := strangers(out + errs); alien != nil {
			t.Errorf("wangge %v holds %q\n%s%s", args[:2], alien, out, errs)
		}
		if !strings.Contains(out+errs, words) {
			t.Errorf("wangge %v printed %q%q, want %q in it", args[:2], out, errs, words)
		}
		return out
	}
	filed := says(exitOK, "已派遣", append([]string{"report", "45.7535", "126.609", "E0101", "--id", "r-1", "--at", time.Now().Add(-time.Minute).Format(time.RFC3339)}, inspector...)...)
	number := strings.Fields(filed)[0]
	says(exitOK, "处置中", append([]string{"case", "act", number, "start"}, owner...)...)
	says(exitOK, "4 个工作时", append([]string{"case", "show", number}, leader...)...)
	says(exitOK, "处置中", append([]string{"case", "list", "--scope", "area:E"}, leader...)...)
	says(exitOK, "未结", append([]string{"overdue", "--scope", "area:TOY", "--summary"}, leader...)...)
	says(exitOK, "4 个工作时，自 ", append([]string{"deadline", "--case", number}, leader...)...)
	says(exitWrong, "当前可执行：", append([]string{"case", "act", number, "start"}, owner...)...)
	says(exitWrong, "派遣员、值班长", append([]string{"case", "act", number, "dispatch", "--unit", "department:GREEN"}, leader...)...)
	says(exitWrong, "当前可执行：", append([]string{"case", "act", number, "return"}, owner...)...)
	says(exitWrong, "必须提供", append([]string{"case", "act", number, "resolve"}, owner...)...)
	says(exitOK, "社区", "locate", "45.7535", "126.609", "--city", city, "--lang", "zh")
	says(exitWrong, "位于城市之外", "locate", "40.755", "127.900", "--city", city, "--lang", "zh")
	says(exitOK, "个区域", "city", "check", city, "--lang", "zh")
	says(exitOK, "个单元网格", "city", "grid", city, "--area", "E1A", "--csv", filepath.Join(t.TempDir(), "grid.csv"), "--lang", "zh")
	says(exitWrong, "people.csv", "token", "--city", city, "--data", data, "--person", "nobody-1", "--lang", "zh")
	says(exitOK, "现行", append([]string{"city", "log"}, leader...)...)
	says(exitOK, "监督员", append([]string{"me"}, inspector...)...)
	says(exitOK, "可自行处置", append([]string{"categories", "E0101"}, inspector...)...)
	says(exitOK, "主责：", append([]string{"units"}, inspector...)...)
	says(exitOK, "下辖 2 个", append([]string{"areas"}, inspector...)...)
	says(exitWrong, "没有数据", "check", "--data", t.TempDir(), "--lang", "zh")
	says(exitOK, "国庆节", "deadline", toyInHarbin(t), "--from", "2026-09-30T16:30", "--limit", "4", "--unit", "work_hours", "--lang", "zh")
}

// Nothing that a person who reads Chinese is refused with is English, but for what is typed: flags, ids, words of lists.
func TestChinese_RefusalsHoldNoEnglish(t *testing.T) {
	t.Parallel()
	dir, data, as := servedTown(t)
	eyes, boss := as("eyes"), as("boss")
	typed := []string{ // words of closed lists, names of arguments, codes of the wire
		"LAT", "LNG", "CATEGORY", "NUMBER", "DIR", "FILE", "TIME", "HOST", "PORT", "TLS", "CSV", "INVALID_ARGUMENT", "NOT_FOUND", "UNAVAILABLE", "FAILED_PRECONDITION", "PERMISSION_DENIED",
		"wgs84", "gcj02", "bd09", "cgcs2000", "minutes", "hours", "work_hours", "work_days", "days", "inspector", "hotline", "public", "media", "leader", "video", "area", "department", "section", "point", "keep", "reroute",
		"unit", "overdue", "worst", "open", "zh", "en", "check", "show", "city", "harbin", "boston", "town", "moon", "colour", "nowhere", "nonesuch", "wangge.db", "soon", "position.latitude", "report.position.latitude",
		"report.position.accuracy_m", "report.category", "report.condition", "report.client_id", "page_token", "order_by", "name", "filter", "scope", "create_time", "due_time", "state", "people.csv", "person", "people",
		"chek", "shw", "help", "case", "grid", "position", "condition", "locate", "ceilings", "lone", "reports", "batches", "mixed", "pages", "watch", "perhaps", "true", "false", "cases", "desc", "sections", "points",
	}
	for _, tc := range []struct {
		want int
		args []string
	}{
		{exitUsage, []string{"city", "chek"}},
		{exitUsage, []string{"case", "shw"}},
		{exitUsage, []string{"locate", "45"}},
		{exitUsage, []string{"locate", "45", "x"}},
		{exitUsage, []string{"locate", "45", "126", "--datum", "moon"}},
		{exitUsage, []string{"locate", "45", "126", "--accuracy", "-1"}},
		{exitUsage, []string{"locate", "45", "126", "--json=perhaps"}},
		{exitWrong, []string{"locate", "126.6", "45.7", "--city", dir}},
		{exitWrong, []string{"locate", "45.7", "226.5", "--city", dir}},
		{exitWrong, []string{"locate", "45", "126", "--city", dir}},
		{exitWrong, []string{"locate", "45", "126", "--city", "nowhere"}},
		{exitWrong, []string{"route", "45.706", "126.502", "nonesuch", "--city", dir}},
		{exitWrong, []string{"route", "45.706", "126.502", "E01", "--condition", "nonesuch", "--city", dir}},
		{exitUsage, []string{"route", "45"}},
		{exitUsage, []string{"deadline", dir, "--from", "soon", "--limit", "1", "--unit", "days"}},
		{exitUsage, []string{"deadline", dir, "--from", "2026-03-02T09:00", "--limit", "x", "--unit", "days"}},
		{exitUsage, []string{"deadline", dir, "--from", "2026-03-02T09:00", "--limit", "1", "--unit", "moon"}},
		{exitUsage, []string{"deadline", dir, "--from", "2026-03-02T09:00", "--limit", "1", "--unit", "days", "--owner", "moon:1"}},
		{exitWrong, []string{"deadline", dir, "--from", "2030-03-02T09:00", "--limit", "1", "--unit", "work_days"}},
		{exitUsage, []string{"serve", "--city", dir, "--data", data, "--listen", "0.0.0.0:7443"}},
		{exitUsage, []string{"serve", "--city", dir, "--data", data, "--listen", "nowhere"}},
		{exitWrong, []string{"check", "--data", data}}, // a server has the store open
		{exitWrong, []string{"check", "--data", filepath.Join(t.TempDir(), "nowhere")}},
		{exitUsage, []string{"token", "--city", dir, "--data", data, "--person", "eyes", "--ttl", "soon"}},
		{exitUsage, []string{"load", "--phases", "moon"}},
		{exitUsage, []string{"sim", "--days", "4000"}},
		{exitUsage, []string{"city", "grid", dir}},
		{exitUsage, []string{"city", "export", dir}},
		{exitWrong, append([]string{"report", "95.7", "126.502", "E01"}, eyes...)},
		{exitWrong, append([]string{"report", "126.502", "45.706", "E01"}, eyes...)},
		{exitWrong, append([]string{"report", "45", "126", "E01"}, eyes...)},
		{exitWrong, append([]string{"report", "45.706", "126.502", "nonesuch"}, eyes...)},
		{exitWrong, append([]string{"report", "45.706", "126.502", "E01", "--condition", "nonesuch"}, eyes...)},
		{exitWrong, append([]string{"case", "list", "--scope", "moon:1"}, boss...)},
		{exitWrong, append([]string{"case", "list", "--scope", "area:town", "--order", "colour"}, boss...)},
		{exitWrong, append([]string{"case", "show", "20200101-000001"}, boss...)},
		{exitWrong, append([]string{"case", "show", "x"}, boss...)},
	} {
		out, errs := wangge(t, tc.want, append(tc.args, "--lang", "zh")...)
		said := strings.NewReplacer(dir, "", data, "", t.TempDir(), "").Replace(out + errs)
		alien := slices.DeleteFunc(strangers(said), func(w string) bool {
			return slices.Contains(typed, w) || slices.Contains(tc.args, w) || strings.Contains(w, "/")
		})
		if len(alien) > 0 {
			t.Errorf("wangge %v holds %q\n%s", tc.args[:2], alien, said)
		}
	}
}
