package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/city"

	"google.golang.org/protobuf/encoding/protojson"

	wanggev1 "wangge/api/wangge/v1"
)

// townDirectory is the small city, with the holidays of 2026.
func townDirectory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "api", "rpc", "testdata", "town"))); err != nil {
		t.Fatal(err)
	}
	holidays, err := os.ReadFile(filepath.Join("..", "..", "dispatch", "city", "calendar", "testdata", "2026.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "holidays"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "holidays", "2026.json"), holidays, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// servedTown runs a server of the small city for the length of a test. The function that it returns gives the flags by
// which a command speaks to the server as a person.
func servedTown(t *testing.T) (dir, data string, as func(person string) []string) {
	t.Helper()
	dir, data = townDirectory(t), t.TempDir()
	addr, _ := served(t, "--city", dir, "--data", data)
	return dir, data, func(person string) []string {
		secret, _ := wangge(t, exitOK, "token", "--city", dir, "--data", data, "--person", person)
		return []string{"--server", addr, "--token", strings.TrimSpace(secret)}
	}
}

// Each line that a command prints with --json is one object that says something, by the names of the wire.
func TestJSON_OneObjectALine(t *testing.T) {
	t.Parallel()
	dir, data, as := servedTown(t)
	eyes, boss, chief, old := as("eyes"), as("boss"), as("duty"), as("oldo")
	at := time.Now().Add(-time.Minute).Format(time.RFC3339)
	lines := func(want int, args ...string) []map[string]any {
		t.Helper()
		out, says := wangge(t, want, append(args, "--json")...)
		var all []map[string]any
		for line := range strings.Lines(out) {
			var one map[string]any
			if err := json.Unmarshal([]byte(line), &one); err != nil || len(one) == 0 {
				t.Errorf("wangge %v printed %q: %v", args[:2], line, err)
			}
			for key := range one {
				if key != strings.ToLower(key) {
					t.Errorf("wangge %v printed the key %q", args[:2], key)
				}
			}
			all = append(all, one)
		}
		if want == exitOK && says != "" && !strings.HasPrefix(says, "stopped") {
			t.Errorf("wangge %v said %q", args[:2], says)
		}
		return all
	}
	with := func(flags []string, words ...string) []string { return append(words, flags...) }
	filed := lines(exitOK, with(eyes, "report", "45.706", "126.502", "E01", "--id", "r-1", "--at", at)...)
	number := strings.TrimPrefix(filed[0]["case"].(map[string]any)["name"].(string), "cases/")
	one := lines(exitOK, with(boss, "case", "list", "--scope", "area:town")...)[0]
	for _, key := range []string{"due_time", "overdue", "escalation_step", "late_parts", "category_display_name", "co_owners"} { // also where they are 0, false or empty
		if _, ok := one[key]; !ok {
			t.Errorf("a listed case has no %q: %v", key, one)
		}
	}
	for _, args := range [][]string{
		with(boss, "case", "show", number), with(old, "case", "act", number, "start"), with(boss, "overdue", "--scope", "area:town", "--summary"),
		with(boss, "deadline", "--case", number), with(boss, "city", "log"), with(boss, "outbox", "replay"), with(boss, "case", "reproject", "--reason", "x"),
		with(chief, "precedent", "create", "--unit", "area:new", "--categories", "E01", "--area", "old", "--text", "x"), with(chief, "precedent", "list"),
		with(boss, "precedent", "export", filepath.Join(t.TempDir(), "rulings.csv")),
		{"city", "check", dir},
		{"city", "prove", dir, "--from", "2026-03-02", "--to", "2026-03-09"},
		{"city", "export", dir, "--csv", t.TempDir()},
		{"city", "grid", dir, "--csv", filepath.Join(t.TempDir(), "grid.csv")},
		{"route", "45.706", "126.502", "E01", "--city", dir},
		{"locate", "45.706", "126.502", "--city", dir},
		{"on-duty", "45.706", "126.502", "E01", "--city", dir},
		{"deadline", dir, "--from", "2026-03-02T09:00", "--limit", "1", "--unit", "days"},
		{"token", "--city", dir, "--data", data, "--person", "eyes"},
		{"token", "--city", dir, "--data", data, "--person", "look", "--revoke"},
	} {
		if got := lines(exitOK, args...); len(got) == 0 {
			t.Errorf("wangge %v printed nothing", args[:2])
		}
	}
	for _, args := range [][]string{ // lists that are empty
		with(boss, "overdue", "--scope", "area:town"), with(boss, "overdue", "--scope", "area:town", "--leaders"), with(boss, "outbox", "list"), with(boss, "case", "duplicates", number),
		with(boss, "case", "list", "--scope", "area:town", "--filter", "severity = A"), with(chief, "precedent", "list", "--from", "2020-01-01", "--to", "2020-01-02"),
	} {
		if got := lines(exitOK, args...); len(got) != 0 {
			t.Errorf("wangge %v printed %v", args[:2], got)
		}
		for lang, want := range map[string]string{"en": "none", "zh": "无"} {
			if out, says := wangge(t, exitOK, append(args, "--lang", lang)...); out != "" || strings.TrimSpace(says) != want && !strings.Contains(says, "没有案件") {
				t.Errorf("wangge %v printed %q and said %q, want %q", args[:2], out, says, want)
			}
		}
	}
	if out, says := wangge(t, exitWrong, with(chief, "precedent", "list", "--from", "x")...); out != "" || strings.Contains(says, "none") || !strings.Contains(says, "--from \"x\"") {
		t.Errorf("precedent list --from x printed %q and said %q", out, says)
	}
	// What a server refuses names the field of the wire and the flag that fills it.
	for _, tc := range []struct {
		args              []string
		code, field, flag string
	}{
		{with(eyes, "report", "95.706", "126.502", "E01"), "INVALID_ARGUMENT", "report.position.latitude", "LAT"},
		{with(eyes, "report", "45.706", "126.502", "nonesuch"), "INVALID_ARGUMENT", "report.category", "CATEGORY"},
		{with(eyes, "report", "45.706", "126.502", "E01", "--id", "a b", "--at", at), "INVALID_ARGUMENT", "report.client_id", "--id"},
		{with(boss, "case", "list", "--scope", "area:town", "--page", "x"), "INVALID_ARGUMENT", "page_token", "--page"},
		{with(boss, "case", "list", "--scope", "area:town", "--order", "colour"), "INVALID_ARGUMENT", "order_by", "--order"},
		{with(boss, "case", "show", "x"), "INVALID_ARGUMENT", "name", "NUMBER"},
		{with(boss, "deadline", "--case", "x"), "INVALID_ARGUMENT", "name", "--case"},
		{with(boss, "outbox", "replay", "--case", "x"), "INVALID_ARGUMENT", "case", "--case"},
		{with(old, "case", "act", number, "return"), "FAILED_PRECONDITION", "", ""},
		{with(old, "case", "act", number, "resolve"), "INVALID_ARGUMENT", "", ""},
		{with(boss, "case", "show", "20200101-000001"), "NOT_FOUND", "", ""},
		{with(eyes, "case", "act", number, "force_close"), "", "", ""},
	} {
		_, says := wangge(t, exitWrong, append(tc.args, "--json")...)
		var got failure
		if err := json.Unmarshal([]byte(says), &got); err != nil || got.Message == "" || got.Code == "" {
			t.Errorf("wangge %v said %q: %v", tc.args[:3], says, err)
		}
		if tc.code != "" && got.Code != tc.code || tc.field != "" && (got.Field != tc.field || got.Flag != tc.flag) {
			t.Errorf("wangge %v said %+v, want %s of %s (%s)", tc.args[:3], got, tc.code, tc.field, tc.flag)
		}
		if tc.field != "" {
			if _, says := wangge(t, exitWrong, tc.args...); !strings.Contains(says, "  "+tc.flag+" ("+tc.field+"): ") {
				t.Errorf("wangge %v said %q, want %s", tc.args[:3], says, tc.flag)
			}
		}
	}
}

// The words of a case are printed: what was reported, where, when and by whom, and what was said with each act.
func TestCaseShow_PrintsTheWords(t *testing.T) {
	t.Parallel()
	_, _, as := servedTown(t)
	eyes, boss, old := as("eyes"), as("boss"), as("oldo")
	out, _ := wangge(t, exitOK, append([]string{"report", "45.706", "126.502", "E01", "--text", "井盖缺失，路人跌倒"}, eyes...)...)
	number := strings.Fields(out)[0]
	wangge(t, exitOK, append([]string{"case", "act", number, "return", "--reason", "not_my_line", "--note", "这是物业的"}, old...)...)
	// Who did what is named everywhere, not only where an event begins.
	if out, _ := wangge(t, exitOK, append([]string{"case", "show", number}, boss...)...); !strings.Contains(out, "  reporter   采集员\n") || strings.Contains(out, "eyes") {
		t.Errorf("the reporter is not named:\n%s", out)
	}
	for lang, want := range map[string][]string{
		"en": {"井盖缺失，路人跌倒", "area ", "Small Town > Old Town", "45.706000, 126.502000 (WGS-84", "received ", "采集员", "not my line", "老城负责人: not my line, 这是物业的", "; 这是物业的"},
		"zh": {"井盖缺失，路人跌倒", "属地 ", "小城 > 老城区", "45.706000，126.502000（WGS-84", "采集员", "非本部门职责", "老城负责人：非本部门职责，这是物业的", "；这是物业的"},
	} {
		out, _ := wangge(t, exitOK, append([]string{"case", "show", number, "--lang", lang}, boss...)...)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("case show --lang %s lacks %q:\n%s", lang, w, out)
			}
		}
	}
}

// An overdue case in JSON is the case as every other list prints it, with the keys beside that earlier scripts read.
func TestOverdue_JSONIsACase(t *testing.T) {
	t.Parallel()
	data, dir := t.TempDir(), twoDistricts(t, nil)
	importText(t, exitOK, dir, data, []byte(pastHeader+"1,2026-10-12 09:00:00,,,暴露垃圾,30.02,120.03,热线,未结\n"))
	addr, _ := served(t, "--city", dir, "--data", data)
	secret, _ := wangge(t, exitOK, "token", "--city", dir, "--data", data, "--person", "lead")
	late, _ := wangge(t, exitOK, "overdue", "--scope", "area:T", "--json", "--server", addr, "--token", strings.TrimSpace(secret))
	n := 0
	for line := range strings.Lines(late) {
		n++
		var cs wanggev1.Case
		read := protojson.UnmarshalOptions{DiscardUnknown: true} // case, areas and due stand beside the names of the wire
		if err := read.Unmarshal([]byte(line), &cs); err != nil || !strings.Contains(line, `"case":"cases/`) || !strings.Contains(line, `"due":"`) || !cs.GetOverdue() || cs.GetLate().GetSeconds() == 0 || !strings.Contains(line, `"late_seconds":`+strconv.FormatInt(cs.GetLate().GetSeconds(), 10)) || cs.GetDueTime() == nil || !strings.Contains(line, `"late_parts":`) {
			t.Errorf("%s: %v", line, err)
		}
	}
	if n == 0 {
		t.Error("nothing is overdue among past records")
	}
}

// Two checks of a faulty city print the same, so that they can be compared.
func TestCityCheck_SameOutputEachTime(t *testing.T) {
	t.Parallel()
	dir := twoDistricts(t, city.Directory{"calendar.yaml": []byte("weekend: [sunday]\nhours: 8\nfoo: 1\nbar: 2\n"), "areas.geojson": []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"adcode":1,"b":2,"c":3,"d":4},"geometry":null}]}`)})
	for _, args := range [][]string{{"city", "check", dir}, {"city", "check", dir, "--json"}, {"city", "check", dir, "--lang", "zh", "--json"}} {
		first, _ := wangge(t, exitWrong, args...)
		for range 5 {
			if again, _ := wangge(t, exitWrong, args...); again != first {
				t.Errorf("wangge %v printed\n%s, before\n%s", args[3:], again, first)
			}
		}
	}
}
