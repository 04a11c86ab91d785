package client_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"

	"github.com/xuri/excelize/v2"
)

// A list is a table: every column begins at the same place of a terminal in each row, whatever the script of the values.
func TestCaseList_ColumnsAreAligned(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	pipe(o)
	litter(o, "r-2", 126.506)
	o.file("desk", "r-3", &wanggev1.Report{
		Category: "E01", Source: wanggev1.Source_SOURCE_HOTLINE,
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: 126.502, Datum: wanggev1.Datum_DATUM_WGS84},
	})
	for _, lang := range []string{"zh", "en"} {
		out := o.says("boss", "case", "list", "--scope", "area:town", "--open", "--lang", lang)
		golden(t, "list."+lang+".txt", out)
		var starts []int
		for line := range strings.Lines(out) {
			at := columnStarts(strings.TrimRight(line, "\n"))
			if starts == nil {
				starts = at
			}
			if !slices.Equal(at, starts) {
				t.Errorf("the columns of %q begin at %v, those of the titles at %v", line, at, starts)
			}
		}
		if len(starts) != 9 {
			t.Errorf("%d columns in\n%s", len(starts), out)
		}
	}
	if out := o.says("boss", "overdue", "--scope", "area:town", "--lang", "zh"); !strings.HasPrefix(out, "案件号 ") || strings.Count(out, "\n") != 2 || !strings.Contains(out, "节点 修复通水（供水公司）") {
		t.Errorf("overdue printed\n%s", out)
	}
}

// columnStarts are the places of a terminal at which the columns of a line begin: after two blanks or more.
func columnStarts(line string) []int {
	starts, blanks, at := []int{0}, 0, 0
	for _, r := range line {
		if r == ' ' {
			blanks++
		} else {
			if blanks > 1 {
				starts = append(starts, at)
			}
			blanks = 0
		}
		at += cli.Width(string(r))
	}
	return starts
}

// A list for a spreadsheet holds every case, over all pages, with texts that calculate nothing.
func TestCaseList_CSV(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const cases = 205 // more than a page
	for i := range cases {
		o.now = o.now.Add(time.Second)
		o.file("eyes", fmt.Sprint("r-", i), &wanggev1.Report{
			Category: "E01", Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "=HYPERLINK(\"http://x\"),\n第二行",
			Position: &wanggev1.Position{Latitude: 45.706, Longitude: 126.502, Datum: wanggev1.Datum_DATUM_WGS84},
		})
	}
	file := filepath.Join(t.TempDir(), "open.csv")
	list := []string{"case", "list", "--scope", "area:town", "--open", "--lang", "zh", "--csv", "-o", file}
	if _, errs, code := o.run("boss", list...); code != 0 || !strings.Contains(errs, "205 件案件已写入 "+file) {
		t.Fatalf("exit %d: %s", code, errs)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rest, marked := strings.CutPrefix(string(data), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(rest)).ReadAll()
	if err != nil || !marked || len(rows) != 1+cases {
		t.Fatalf("%d rows, marked %t, %v", len(rows), marked, err)
	}
	at := func(title string) int {
		i := slices.Index(rows[0], title)
		if i < 0 {
			t.Fatalf("no column %s in %q", title, rows[0])
		}
		return i
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		seen[row[at("案件号")]] = true
		if got := row[at("上报内容")]; got != "'=HYPERLINK(\"http://x\"),\n第二行" {
			t.Fatalf("the text is %q", got)
		}
		if row[at("属地")] != "小城 > 老城区" || row[at("责任单位")] != "老城区" || row[at("责任人")] != "陈静" || row[at("纬度")] != "45.706000" || row[at("立案条件")] == "" {
			t.Fatalf("a row is %q", row)
		}
	}
	if len(seen) != cases {
		t.Errorf("%d cases, want %d", len(seen), cases)
	}
	if _, errs, code := o.run("boss", list...); code != 2 || !strings.Contains(errs, "已存在；可用 --force 覆盖") {
		t.Errorf("a file that exists: exit %d: %s", code, errs)
	}
	if _, errs, code := o.run("boss", append(list, "--force", "--limit", "7")...); code != 0 || !strings.Contains(errs, "已列出 7 条") {
		t.Errorf("--force: exit %d: %s", code, errs)
	}
	before, err := os.ReadFile(file)
	if err != nil || strings.Count(string(before), "\n第二行") != 7 {
		t.Errorf("--limit 7 wrote %q, %v", before, err)
	}
	if _, _, code := o.run("boss", "case", "list", "--scope", "area:nowhere", "--csv", "-o", file, "--force"); code != 1 {
		t.Errorf("an unknown unit: exit %d", code)
	}
	if after, err := os.ReadFile(file); err != nil || !slices.Equal(after, before) {
		t.Errorf("a list that the server refused changed the file: %q, %v", after, err)
	}
}

// In a workbook numbers are numbers, instants are dates by the clock of the city, and texts are texts.
func TestCaseList_XLSX(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	pipe(o)
	file := filepath.Join(t.TempDir(), "late.xlsx")
	o.says("boss", "overdue", "--scope", "area:town", "--lang", "zh", "--xlsx", "-o", file)
	book, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("案件")
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cell := func(title string) (text, raw string, kind excelize.CellType) {
		name, err := excelize.CoordinatesToCellName(slices.Index(rows[0], title)+1, 2)
		if err != nil {
			t.Fatalf("no column %s in %q", title, rows[0])
		}
		text, _ = book.GetCellValue("案件", name)
		raw, _ = book.GetCellValue("案件", name, excelize.Options{RawCellValue: true})
		kind, _ = book.GetCellType("案件", name)
		return text, raw, kind
	}
	for title, want := range map[string]string{
		"案件号": "20260304-000001", "阶段": "处置中", "等级": "B", "上报时间": "2026-03-04 09:00", "签收截止": "2026-03-04 10:40", "签收时间": "2026-03-04 10:10", "截止时间": "2026-03-12 09:00", "超时（分钟）": "60",
		"回退次数": "1", "返工次数": "0", "纬度": "45.706", "责任单位": "供水公司", "处置人": "刘洋", "来源": "监督员上报", "等待": "供水公司 责任人（刘洋）：处置，截止 2026-03-12 09:00；老城区 责任人（陈静）：协办，close the road，截止 2026-03-16 09:00",
		"上报内容": "供水管破裂，路面积水，路人跌倒<script>alert(1)</script>",
	} {
		if text, _, _ := cell(title); text != want {
			t.Errorf("%s is %q, want %q", title, text, want)
		}
	}
	if _, raw, kind := cell("截止时间"); kind != excelize.CellTypeNumber && kind != excelize.CellTypeUnset || !strings.HasPrefix(raw, "46093.375") {
		t.Errorf("the deadline is %q of type %v, want the serial number of 2026-03-12 09:00", raw, kind)
	}
	if _, _, kind := cell("上报内容"); kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
		t.Errorf("the text is of type %v", kind)
	}
}

// Flags of a sheet that do not go together are refused before the server is asked, and nothing is written.
func TestCaseList_SheetFlags(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file := filepath.Join(t.TempDir(), "x")
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"--csv", "--xlsx"}, "--csv and --xlsx exclude each other"},
		{[]string{"--xlsx"}, "--xlsx needs -o FILE"},
		{[]string{"-o", file}, "-o and --force need --csv or --xlsx"},
		{[]string{"--csv", "--json"}, "--json does not go with --csv and --xlsx"},
	} {
		if _, errs, code := o.run("boss", append([]string{"case", "list", "--scope", "area:town"}, tc.args...)...); code != 2 || !strings.Contains(errs, tc.want) {
			t.Errorf("%v: exit %d: %s, want %q", tc.args, code, errs, tc.want)
		}
	}
	if _, errs, code := o.run("boss", "overdue", "--scope", "area:town", "--summary", "--csv"); code != 2 || !strings.Contains(errs, "--csv does not go with --summary") {
		t.Errorf("--summary --csv: exit %d: %s", code, errs)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a refused call left %s: %v", file, err)
	}
}
