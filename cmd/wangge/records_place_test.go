package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"wangge/dispatch/city"
)

// listOf is a format of past records that names owners and districts.
func listOf(more string) city.Directory {
	return city.Directory{"imports.yaml": []byte("formats:\n  - name: f\n    columns: {id: 编号, opened: 时间, closed: 结束, due: 时限, category: 类别, lat: 纬度, lng: 经度, text: 内容, source: 渠道, department: 部门, district: 区}\n" +
		"    datum: wgs84\n    time_layout: \"2006-01-02 15:04:05\"\n    owners: {环卫: department:D1, 乙片: area:B}\n" + more)}
}

// Records without a position are kept without one, belong to the unit that they name, and are listed: by the import
// with their lines, by case list, and by case show in words.
func TestRecords_WithoutPositionAreKeptAndListed(t *testing.T) {
	t.Parallel()
	at, data := twoDistricts(t, listOf("")), t.TempDir()
	text := strings.TrimSpace(pastHeader) + ",部门,区\n" +
		"1,2026-10-12 09:00:00,,,E1,30.02,120.03,热线,located,环卫,A\n" +
		"2,2026-10-12 09:00:00,,,E1,,,热线,nothing known,,\n" +
		"3,2026-10-12 09:00:00,,,E1,,,热线,a department,环卫,\n" +
		"4,2026-10-12 09:00:00,2026-10-12 10:00:00,,E1,,,热线,an area,乙片,\n" +
		"5,2026-10-12 09:00:00,,,E1,,,热线,a district,,B\n" +
		"6,2026-10-12 09:00:00,,,E1,,,热线,both,环卫,B\n" +
		"7,2026-10-12 09:00:00,,,E1,,,热线,no such district,,丙\n"
	type listed struct {
		imported
		Unlocated int   `json:"unlocated"`
		Lines     []int `json:"unlocated_lines"`
		Owners    []counted
	}
	file := t.TempDir() + "/past.csv"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, run := range []string{"--dry-run", "", "again"} {
		args := []string{"import", file, "--city", at, "--format", "f", "--data", data, "--json"}
		if run == "--dry-run" {
			args = append(args, run)
		}
		out, _ := wangge(t, exitOK, args...)
		var got listed
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		if got.Imported+got.Already != 7 || got.Refused != 0 || got.Unlocated != 6 || !slices.Equal(got.Lines, []int{3, 4, 5, 6, 7, 8}) || got.NoAddress != 0 {
			t.Errorf("%s: %+v", run, got)
		}
		owners := map[string]int{}
		for _, o := range got.Owners {
			owners[o.What] = o.Count
		}
		if owners["area:T"] != 2 || owners["department:D1"] != 2 || owners["area:B"] != 2 || owners["area:A"] != 1 {
			t.Errorf("%s: owners %v", run, owners)
		}
		if !slices.ContainsFunc(got.Flagged, func(f counted) bool {
			return strings.Contains(f.What, "no area that is its district") && f.Lines[0] == 8
		}) {
			t.Errorf("%s: flagged %+v, want line 8 for its district", run, got.Flagged)
		}
	}
	for lang, want := range map[string]string{"en": "without a position: 6, on lines [3 4 5 6 7 8]", "zh": "没有位置 6 条，位于第 [3 4 5 6 7 8] 行"} {
		if out, _ := wangge(t, exitOK, "import", file, "--city", at, "--format", "f", "--data", data, "--lang", lang); !strings.Contains(out, want) {
			t.Errorf("%s: %s", lang, out)
		}
	}
	addr, _ := served(t, "--city", at, "--data", data)
	secret, _ := wangge(t, exitOK, "token", "--city", at, "--data", data, "--person", "lead")
	with := func(words ...string) []string {
		return append(words, "--server", addr, "--token", strings.TrimSpace(secret))
	}
	numbers := func(more ...string) (out []string) {
		text, _ := wangge(t, exitOK, append(with("case", "list", "--scope", "area:T", "--json"), more...)...)
		for line := range strings.Lines(text) {
			var one struct {
				Name  string
				Place struct {
					Unlocated bool
					Cell      string
				}
				Report struct{ Position *struct{} }
			}
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				t.Fatal(err)
			}
			if one.Place.Unlocated != (one.Place.Cell == "") || one.Place.Unlocated != (one.Report.Position == nil) {
				t.Errorf("%s is unlocated and not: %s", one.Name, line)
			}
			if one.Place.Unlocated {
				out = append(out, strings.TrimPrefix(one.Name, "cases/"))
			}
		}
		return out
	}
	if n := numbers("--unlocated"); len(n) != 6 {
		t.Errorf("listed without a position %v, want 6", n)
	}
	if n := numbers("--unlocated", "--open", "--filter", `owner = "area:A" OR owner = "area:B"`); len(n) != 1 {
		t.Errorf("listed open, of a district, without a position %v, want 1", n)
	}
	if n := numbers("--filter", "unlocated = false"); len(n) != 0 {
		t.Errorf("listed as located %v", n)
	}
	number := numbers("--unlocated")[0]
	for lang, want := range map[string]string{"en": "  position     no position\n", "zh": "  坐标      无位置\n"} {
		if out, _ := wangge(t, exitOK, with("case", "show", number, "--lang", lang)...); !strings.Contains(out, want) || strings.Contains(out, "0.000000") {
			t.Errorf("case show in %s: %s", lang, out)
		}
	}
	if out, _ := wangge(t, exitOK, with("case", "duplicates", number)...); out != "" {
		t.Errorf("duplicates of a case without a position: %s", out)
	}
	if _, says := wangge(t, exitWrong, with("case", "list", "--scope", "area:T", "--filter", "unlocated = maybe")...); !strings.Contains(says, "neither true nor false") {
		t.Errorf("unlocated = maybe: %s", says)
	}
}

// A format may have no columns of a position at all; one column alone is a fault of the format.
func TestRecords_FormatWithoutPositions(t *testing.T) {
	t.Parallel()
	format := func(columns string) city.Directory {
		return city.Directory{"imports.yaml": []byte("formats:\n  - name: f\n    columns: {" + columns + "}\n    datum: wgs84\n    time_layout: \"2006-01-02 15:04:05\"\n")}
	}
	const plain = "id: 编号, opened: 时间, category: 类别"
	got, _ := importText(t, exitOK, twoDistricts(t, format(plain)), t.TempDir(), []byte("编号,时间,类别\n1,2026-10-12 09:00:00,E1\n"))
	if got.Imported != 1 || !slices.ContainsFunc(got.Flagged, func(f counted) bool { return strings.Contains(f.What, "no position: kept") }) {
		t.Errorf("import = %+v", got)
	}
	for _, half := range []string{"lat: 纬度", "lng: 经度"} {
		if says, _ := wangge(t, exitWrong, "city", "check", twoDistricts(t, format(plain+", "+half))); !strings.Contains(says, "has no column") {
			t.Errorf("a format with %s alone: %s", half, says)
		}
	}
}

// Past records keep callers, addresses and the numbers of a third system; a number that another record has refuses the second.
func TestRecords_CallersAndNumbers(t *testing.T) {
	t.Parallel()
	at, data := twoDistricts(t, city.Directory{"imports.yaml": []byte("formats:\n  - name: f\n    columns: {id: 编号, opened: 时间, category: 类别, lat: 纬度, lng: 经度, text: 内容, caller_name: 来电人, caller_phone: 电话, confidential: 保密, address: 地址, external_id: 工单号}\n    datum: wgs84\n    time_layout: \"2006-01-02 15:04:05\"\n")}), t.TempDir()
	text := "编号,时间,类别,纬度,经度,内容,来电人,电话,保密,地址,工单号\n" +
		"1,2026-10-12 09:00:00,E1,30.02,120.03,井盖,赵女士,13904517788,是,中央大街 1 号,12345-1\n" +
		"2,2026-10-12 09:00:00,E1,30.02,120.03,井盖,,,,,12345-1\n" +
		"3,2026-10-12 09:00:00,E1,30.02,120.03,井盖,钱先生,,也许,,\n" +
		"4,2026-10-12 09:00:00,E1,30.02,120.03,井盖,,,,,\n"
	file := t.TempDir() + "/past.csv"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, already := range []int{0, 2} {
		out, _ := wangge(t, exitOK, "import", file, "--city", at, "--format", "f", "--data", data, "--json")
		var got imported
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		if got.Imported != 2-already || got.Already != already || got.Refused != 2 {
			t.Errorf("with %d imported before: %s", already, out)
		}
	}
	if out, _ := wangge(t, exitOK, "check", "--city", at, "--data", data); !strings.Contains(out, "2 cases") {
		t.Errorf("check says %s", out)
	}
}
