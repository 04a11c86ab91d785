package sheets_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"wangge/dispatch/city"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/sheets"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
)

func directory(t testing.TB, name string) city.Directory {
	t.Helper()
	fsys, err := cities.FS(name)
	if err != nil {
		t.Fatal(err)
	}
	dir, faults := city.Collect(fsys)
	if faults != nil {
		t.Fatal(faults)
	}
	return dir
}

// A workbook and back is the same, byte for byte, whatever stood in the directory before.
func TestWorkbook_RoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range cities.Names() {
		dir := withTables(t, directory(t, name))
		odd := maps.Clone(dir) // a byte order mark, and lines as Windows ends them
		odd["people.csv"] = append([]byte("\ufeff"), bytes.ReplaceAll(dir["people.csv"], []byte("\n"), []byte("\r\n"))...)
		for _, was := range []city.Directory{dir, odd} {
			book, err := sheets.Workbook(was, nil, "zh")
			if err != nil {
				t.Fatal(err)
			}
			im, err := sheets.ReadWorkbook(book, was)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range im.Faults() {
				t.Errorf("%s: %s", name, f.Diagnostic)
			}
			bare := maps.Clone(was) // also where no table stands yet
			for _, table := range tables.All {
				delete(bare, table.File)
			}
			fresh, err := sheets.ReadWorkbook(book, bare)
			if err != nil {
				t.Fatal(err)
			}
			for file, data := range was {
				if !bytes.Equal(im.Directory()[file], data) {
					t.Errorf("%s: %s is not the same after a round trip", name, file)
				}
				plain := bytes.ReplaceAll(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
				if _, isTable := tables.Of(file); isTable && !bytes.HasPrefix(withAll(t, file, plain), fresh.Directory()[file][:min(20, len(fresh.Directory()[file]))]) {
					t.Errorf("%s: %s is not there after a trip into an empty directory", name, file)
				}
			}
			if len(im.Directory()) != len(was) {
				t.Errorf("%s: %d files became %d", name, len(was), len(im.Directory()))
			}
			sameCity(t, name, dir, fresh.Directory())
		}
	}
}

// withTables adds the tables that a city of the repository does not have, with a row that names one of its areas and its first
// category.
func withTables(t *testing.T, dir city.Directory) city.Directory {
	t.Helper()
	c, faults := compile.Directory(dir)
	if faults != nil {
		t.Fatal(faults)
	}
	code := string(slices.Min(slices.Collect(maps.Keys(c.Categories))))
	for file, text := range map[string]string{
		"tiers.csv":     "area,tier\n" + string(c.Root) + ",007\n",
		"campaigns.csv": "id,name,name_en,categories,grades,after_days,note\nsnow,清冰雪,the snow," + code + ",小雪 中雪 大雪,10,\"以雪为令，\n随下随清\"\n",
		"limits.csv": "category,condition,severity,tier,section_tier,area,season,from,to,campaign,grade,limit,limit_unit,note\n" +
			code + ",,,007,,,,,,snow,大雪,24,hours,\n" + code + ",1,C,,," + string(c.Root) + ",11-01..03-31,2026-11-01,2027-04-01,,,2,work_days,冬季\n",
		"expectations.csv": "lat,lng,category,at,datum,owner,person,due,ladder,rule,note\n" +
			"42.3600,-71.0600," + code + ",2026-06-01 09:00,,,,,,,\n",
	} {
		if dir[file] == nil {
			dir[file] = []byte(text)
		}
	}
	return dir
}

// sameCity checks that two directories say the same in every table that a workbook holds and that moves a limit or an owner.
func sameCity(t *testing.T, name string, was, is city.Directory) {
	t.Helper()
	a, faults := compile.Directory(was)
	b, more := compile.Directory(is)
	if faults != nil || more != nil {
		t.Fatal(name, faults, more)
	}
	is1, is2 := saidOf(a), saidOf(b)
	for what, text := range is1 {
		if text == "" || text != is2[what] {
			t.Errorf("%s: other %s after a trip into an empty directory", name, what)
		}
	}
}

// saidOf is what a city says, in words by table.
func saidOf(c *city.City) map[string]string {
	var categories, campaigns strings.Builder
	for _, code := range slices.Sorted(maps.Keys(c.Categories)) {
		fmt.Fprintf(&categories, "%+v\n", *c.Categories[code])
	}
	for _, id := range slices.Sorted(maps.Keys(c.Campaigns)) {
		fmt.Fprintf(&campaigns, "%+v\n", *c.Campaigns[id])
	}
	return map[string]string{
		"categories": categories.String(), "campaigns": campaigns.String(), "limits": fmt.Sprintf("%+v", c.Limits),
		"rules": fmt.Sprintf("%+v", c.Rules), "tiers": fmt.Sprintf("%+v", c.Tiers), "people": fmt.Sprintf("%+v", c.Roster.People()),
		"expectations": fmt.Sprintf("%+v", c.Expectations),
	}
}

// withAll is a table as an empty directory gets it: with the columns of its description.
func withAll(t *testing.T, file string, data []byte) []byte {
	t.Helper()
	table, _ := tables.Of(file)
	var names []string
	for _, c := range table.Columns {
		names = append(names, c.Name)
	}
	_, rest, _ := bytes.Cut(data, []byte("\n"))
	return append([]byte(strings.Join(names, ",")+"\n"), rest...)
}

// clerk is a workbook with one sheet, filled in by hand.
type clerk struct {
	t *testing.T
	f *excelize.File
}

func newClerk(t *testing.T, sheet string, head ...any) *clerk {
	t.Helper()
	c := &clerk{t, excelize.NewFile()}
	c.do(c.f.SetSheetName("Sheet1", sheet))
	c.do(c.f.SetSheetRow(sheet, "A1", &head))
	return c
}

func (c *clerk) do(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *clerk) set(cell string, v any, format string) {
	c.t.Helper()
	sheet := c.f.GetSheetName(0)
	c.do(c.f.SetCellValue(sheet, cell, v))
	if format != "" {
		style, err := c.f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		c.do(err)
		c.do(c.f.SetCellStyle(sheet, cell, cell, style))
	}
}

func (c *clerk) book() []byte {
	c.t.Helper()
	var b bytes.Buffer
	c.do(c.f.Write(&b))
	return b.Bytes()
}

// What a spreadsheet did to a cell is put right when it can only have been one thing.
func TestImport_SpreadsheetChangesAreUndone(t *testing.T) {
	t.Parallel()
	was := directory(t, "harbin")
	was["people.csv"] = append(was["people.csv"], "0007,零七,0451-55550099,,,\n"...)
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		name, sheet, column string
		value               any
		format, want        string
	}{
		{"a date that is one", "people", "active_from", day(2026, 11, 23), "yyyy-mm-dd", "2026-11-23"},
		{"a date as its number", "people", "active_from", 46349, "General", "2026-11-23"},
		{"a date with strokes", "people", "active_from", "2026/1/5", "", "2026-01-05"},
		{"a date in Chinese", "people", "active_from", "２０２６年 1 月 5 日", "", "2026-01-05"},
		{"a date without strokes", "people", "active_from", 20260105, "", "2026-01-05"},
		{"blanks around", "people", "name", "\u3000 张三 \u00a0", "", "张三"},
		{"full-width id", "people", "id", "ｐ－９９", "", "p-99"},
		{"full-width phone", "people", "phone", "０４５１－５５５５０００１", "", "0451-55550001"},
		{"a mobile phone as a number", "people", "phone", 13812345678, "", "13812345678"},
		{"zeros that a format shows", "people", "id", 42, "0000", "0042"},
		{"zeros that are lost, of a known id", "posts", "person", 7, "", "0007"},
		{"a known id as a number", "people", "id", 7, "", "0007"},
		{"a word in another case", "posts", "role", "Leader", "", "leader"},
		{"a full-width letter to choose", "categories", "severity", "ａ", "", "A"},
		{"a number as text", "categories", "limit", "１０", "", "10"},
		{"a number with a point", "categories", "limit", 10.0, "", "10"},
		{"a time that is one", "shifts", "from", 0.354166666666667, "h:mm", "08:30"},
		{"midnight at the end", "shifts", "to", 1, "h:mm", "24:00"},
		{"a time without a zero", "shifts", "from", "8:30", "", "08:30"},
		{"a full-width time", "shifts", "from", "８：３０", "", "08:30"},
		{"a day off", "absences", "from", "2026/1/5", "", "2026-01-05"},
		{"an hour off, as a number", "absences", "from", 46349.5833333333, "yyyy-mm-dd hh:mm", "2026-11-23 14:00"},
		{"an hour off, with strokes", "absences", "to", "2026/11/23 14:00", "", "2026-11-23 14:00"},
		{"an hour off, in full-width figures", "absences", "to", "２０２６－１１－２３　１４：００", "", "2026-11-23 14:00"},
		{"an hour off, to the second", "absences", "to", "2026-11-23T14:00:30", "", "2026-11-23 14:00:30"},
		{"an hour off, with a zone", "absences", "to", "2026-11-23T14:00:00+08:00", "", "2026-11-23T14:00:00+08:00"},
		{"midnight is a day off", "absences", "to", "2026-11-23 00:00", "", "2026-11-23"},
		{"who stands in, by a known id as a number", "absences", "cover", 7, "", "0007"},
		{"a number of metres", "rules", "within_m", 200.5, "", "200.5"},
	} {
		table, _ := tables.Of(tt.sheet + ".csv")
		head, row := []any{}, map[string]string{}
		for _, c := range table.Columns {
			head = append(head, c.Name)
			row[c.Name] = ""
		}
		c := newClerk(t, tt.sheet, head...)
		for i, name := range head {
			cell, err := excelize.CoordinatesToCellName(i+1, 2)
			c.do(err)
			if name == tt.column {
				c.set(cell, tt.value, tt.format)
			} else if i == 0 || name == table.Key[0] {
				c.set(cell, "x", "")
			}
		}
		im, err := sheets.ReadWorkbook(c.book(), was)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range im.Faults() {
			if !strings.Contains(f.Message.En, "is not there, and the city has values") && !strings.Contains(f.Message.En, `"x"`) {
				t.Errorf("%s: %s", tt.name, f.Diagnostic)
			}
		}
		lines := strings.Split(string(im.Directory()[tt.sheet+".csv"]), "\n")
		names, cells := strings.Split(lines[0], ","), strings.Split(lines[1], ",")
		for i, name := range names {
			if name == tt.column && cells[i] != tt.want {
				t.Errorf("%s: %v reads as %q, want %q", tt.name, tt.value, cells[i], tt.want)
			}
		}
	}
}

// What could have been several things is named with its cell, and how to write it.
func TestImport_AmbiguousCellsAreNamed(t *testing.T) {
	t.Parallel()
	was := city.Directory{"people.csv": []byte("id,name,phone,language,active_from,active_to\n0451,甲,0451-1,,,\n")}
	for _, tt := range []struct {
		name   string
		fill   func(*clerk)
		cell   string
		en, zh string
	}{
		{"month and day in an unknown order", func(c *clerk) { c.set("D2", "1/2/26", "") }, "D2", "more than one way", "有歧义"},
		{"a day with a time", func(c *clerk) { c.set("D2", "2026-01-05 08:00:00", "") }, "D2", "instant", "时刻"},
		{"a number that is no day", func(c *clerk) { c.set("D2", 7, "") }, "D2", "not a day", "不是日期"},
		{"an id that may have lost zeros", func(c *clerk) { c.set("A2", 89, "") }, "A2", "lost zeros", "开头的 0"},
		{"an id that became a date", func(c *clerk) { c.set("A2", time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), "m-d") }, "A2", "took it for a date", "识别为日期"},
		{"a number too long to keep", func(c *clerk) { c.set("A2", 1.2345678901234568e17, "") }, "A2", "15 digits", "末位可能已丢失"},
		{"a formula that failed", func(c *clerk) {
			c.do(c.f.SetCellFormula("people", "B2", "1/0"))
			c.do(c.f.SetCellDefault("people", "B2", "#DIV/0!"))
		}, "B2", "formula failed", "公式出错"},
		{"a merge across columns", func(c *clerk) { c.do(c.f.MergeCell("people", "A2", "B2")) }, "A2", "merged across", "跨列合并"},
		{"a column nobody knows", func(c *clerk) { c.set("F1", "telephone", "") }, "F1", `"telephone" is unknown`, "未知"},
		{"a column without a name", func(c *clerk) { c.set("F2", "x", "") }, "F1", "has values but no name", "没有列名"},
		{"a column twice", func(c *clerk) { c.set("F1", "name", "") }, "F1", "occurs twice", "重复"},
	} {
		c := newClerk(t, "people", "id", "name", "phone", "active_from", "active_to")
		c.do(c.f.SetSheetRow("people", "A2", &[]any{"p", "乙", "13812345678"}))
		if tt.name == "a column without a name" {
			c.set("F1", " ", "")
		}
		tt.fill(c)
		book := c.book()
		im, err := sheets.ReadWorkbook(book, was)
		if err != nil {
			t.Fatal(err)
		}
		if len(im.Faults()) != 1 || im.Faults()[0].Cell != tt.cell || !strings.Contains(im.Faults()[0].Message.En, tt.en) || !strings.Contains(im.Faults()[0].Message.Zh, tt.zh) || im.Faults()[0].Suggestion.Zh == "" {
			t.Errorf("%s: %v, want one fault at %s: %s", tt.name, im.Faults(), tt.cell, tt.en)
			continue
		}
		// It is written back on that very cell of the clerk's own workbook.
		marked, err := sheets.Annotate(book, im.Faults(), "zh")
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(marked))
		if err != nil {
			t.Fatal(err)
		}
		notes, err := f.GetComments("people")
		if err != nil || len(notes) != 1 || notes[0].Cell != tt.cell || !strings.Contains(notes[0].Text, tt.zh) {
			t.Errorf("%s: notes %+v, %v", tt.name, notes, err)
		}
	}
}

// A title above, a name broken in two, a wide name, an explanation: the columns are found. A cell
// merged over rows is each row's.
func TestImport_HeadersAndMergedCells(t *testing.T) {
	t.Parallel()
	c := newClerk(t, " 岗位 ", "哈尔滨市网格岗位表（2026年）")
	sheet := c.f.GetSheetName(0)
	c.do(c.f.MergeCell(sheet, "A1", "D1"))
	c.do(c.f.SetSheetRow(sheet, "A3", &[]any{"unit\n（单位）", " ＲＯＬＥ ", "per\nson", "Rank / 次序"}))
	c.do(c.f.SetCellStr(sheet, "C3", "person\n人员编号"))
	c.do(c.f.SetSheetRow(sheet, "A4", &[]any{"area:230100", "leader", "p-leader", 1}))
	c.do(c.f.SetSheetRow(sheet, "A5", &[]any{nil, "owner", "p-owner", 1}))
	c.do(c.f.SetSheetRow(sheet, "A7", &[]any{"area:230102", "owner", "p-owner"}))
	c.do(c.f.MergeCell(sheet, "A4", "A5"))
	im, err := sheets.ReadWorkbook(c.book(), city.Directory{})
	if err != nil || len(im.Faults()) > 0 {
		t.Fatalf("%v, %v", im.Faults(), err)
	}
	want := "id,unit,role,person,rank,shift,from,to\n,area:230100,leader,p-leader,1,,,\n,area:230100,owner,p-owner,1,,,\n,area:230102,owner,p-owner,,,,\n"
	if got := string(im.Directory()["posts.csv"]); got != want {
		t.Errorf("posts.csv = %q, want %q", got, want)
	}
	// A fault of the city finds its way back to the row of the sheet.
	f := im.Place(diag.Diagnostic{File: "posts.csv", Line: 4})
	if f.Sheet != sheet || f.Cell != "A7" && f.Cell != "B7" {
		t.Errorf("line 4 stands at %s!%s", f.Sheet, f.Cell)
	}
}

func TestImport_CSV(t *testing.T) {
	t.Parallel()
	was := city.Directory{"people.csv": []byte("id,name,phone,language,active_from,active_to\n007,甲,0451-1,,,\n")}
	plain := "id,name,phone,language,active_from,active_to\r\n7,甲,0451-1,,2026/1/5,\r\n８,乙　,0451-2,,,\r\n"
	want := "id,name,phone,language,active_from,active_to\n007,甲,0451-1,,2026-01-05,\n8,乙,0451-2,,,\n"
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(plain, ",", "\t"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"UTF-8": plain, "UTF-8 with a mark": "\ufeff" + plain, "GBK": gbk, "UTF-16 with tabs": wide, "semicolons": strings.ReplaceAll(plain, ",", ";"),
	} {
		im, err := sheets.ReadTable("C:\\新建\\People.CSV", []byte(text), was)
		if err != nil || len(im.Faults()) > 0 {
			t.Errorf("%s: %v, %v", name, im, err)
			continue
		}
		if got := string(im.Directory()["people.csv"]); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	im, err := sheets.ReadTable("people.csv", []byte("id,name\nx,\xff\xff\xff\n"), was)
	if err != nil || len(im.Faults()) != 1 || !strings.Contains(im.Faults()[0].Message.En, "neither UTF-8 nor GBK") {
		t.Errorf("no encoding at all: %v, %v", im, err)
	}
	im, err = sheets.ReadTable("people.csv", []byte("id,name,phone,language,active_from,active_to\n2.30102E+14,a,13812345678,,,\n"), was)
	if err != nil || len(im.Faults()) != 1 || im.Faults()[0].Cell != "A2" {
		t.Errorf("a number cut short: %v, %v", im, err)
	}
	if _, err := sheets.ReadTable("roster.csv", nil, was); err == nil {
		t.Error("a file that could be any table")
	}
}

// Faults, help and drop-downs are in the workbook that is written.
func TestWorkbook_DiagnosticsHelpAndChoices(t *testing.T) {
	t.Parallel()
	dir := citytest.ToyDirectory()
	dir["posts.csv"] = bytes.Replace(dir["posts.csv"], []byte("mayor"), []byte("p-nobody"), 1)
	_, faults := compile.Directory(dir)
	book, err := sheets.Workbook(dir, faults, "en")
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	notes, err := f.GetComments("posts")
	if err != nil {
		t.Fatal(err)
	}
	byCell := map[string]string{}
	for _, n := range notes {
		byCell[n.Cell] = n.Text
	}
	if !strings.Contains(byCell["D2"], `"p-nobody" is not in people.csv`) || !strings.Contains(byCell["C1"], "duty at the unit") {
		t.Errorf("comments of posts: %v", byCell)
	}
	validations, err := f.GetDataValidations("posts")
	if err != nil {
		t.Fatal(err)
	}
	var lists []string
	for _, v := range validations {
		lists = append(lists, v.Formula1)
	}
	if all := strings.Join(lists, " "); !strings.Contains(all, "dispatcher") || !strings.Contains(all, "people") || !strings.Contains(all, "shifts") {
		t.Errorf("drop-downs of posts: %v", lists)
	}
}

func TestImport_NotAWorkbook(t *testing.T) {
	t.Parallel()
	if _, err := sheets.ReadWorkbook([]byte("PK\x03\x04 no"), city.Directory{}); err == nil {
		t.Error("a torn workbook is read")
	}
	c := newClerk(t, "people", "id", "name", "phone")
	_, err := c.f.NewSheet("草稿")
	c.do(err)
	c.do(c.f.SetCellStr("草稿", "A1", "x"))
	im, err := sheets.ReadWorkbook(c.book(), city.Directory{})
	if err != nil || len(im.Faults()) != 1 || im.Faults()[0].Sheet != "草稿" {
		t.Errorf("a strange sheet: %v, %v", im, err)
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte("id,name,phone\n1,甲,0451\n"))
	f.Add([]byte("id;name\n\"a"))
	f.Add([]byte("\xff\xfei\x00d\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		was := city.Directory{"people.csv": []byte("id,name,phone,language,active_from,active_to\n007,a,1,,,\n")}
		im, err := sheets.ReadTable("people.csv", data, was)
		if err == nil && len(im.Faults()) == 0 {
			again, err := sheets.ReadTable("people.csv", im.Directory()["people.csv"], im.Directory())
			if err != nil || len(again.Faults()) > 0 || !bytes.Equal(again.Directory()["people.csv"], im.Directory()["people.csv"]) {
				t.Errorf("what was read and written reads otherwise: %q", im.Directory()["people.csv"])
			}
		}
	})
}
