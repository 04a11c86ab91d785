package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wangge/dispatch/city"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// twoDistricts is a city of two squares, written by hand; files replaces or adds tables.
func twoDistricts(t testing.TB, files city.Directory) string {
	t.Helper()
	square := func(id, level, parent string, west, east float64) string {
		return fmt.Sprintf(`{"type":"Feature","properties":{"id":%q,"name":%q,"level":%q,"parent":%q},"geometry":{"type":"Polygon","coordinates":[[[%[5]g,30],[%[6]g,30],[%[6]g,30.05],[%[5]g,30.05],[%[5]g,30]]]}}`, id, id, level, parent, west, east)
	}
	dir := city.Directory{
		"city.yaml": []byte("name: 两区市\nname_en: Twodistricts\ncode: TWO\ntime_zone: Asia/Shanghai\nlanguages: [zh, en]\ncell_resolution: 10\nlevels: [city, district]\ntable_version: t-1\n" +
			"defaults: {accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 4, near_border_m: 30}\n"),
		"areas.geojson":   []byte(`{"type":"FeatureCollection","features":[` + strings.Join([]string{square("T", "city", "", 120, 120.1), square("A", "district", "T", 120, 120.05), square("B", "district", "T", 120.05, 120.1)}, ",\n") + "]}"),
		"calendar.yaml":   []byte("weekend: [saturday, sunday]\nhours: [{from: \"08:30\", to: \"17:00\"}]\nwork_day: counted\nrequire_holidays: false\nholidays_apply: true\n"),
		"categories.csv":  []byte("code,kind,class,class_en,name,name_en,severity,limit,limit_unit,closing,parent\nE1,event,市容,look,暴露垃圾,litter,C,2,work_days,,\n"),
		"departments.csv": []byte("id,name,name_en,parent,phone\nD1,环卫处,Sanitation,,0571-1\n"),
		"people.csv":      []byte("id,name,phone,language,active_from,active_to\nlead,王一,0571-10,zh,,\nacc,李二,0571-11,zh,,\nda,张三,0571-12,zh,,\n"),
		"posts.csv": []byte("id,unit,role,person,rank,shift,from,to\n,area:T,leader,lead,1,,,\n,area:T,acceptor,acc,1,,,\n,area:T,dispatcher,acc,1,,,\n,area:T,grid_office,lead,1,,,\n" +
			",area:A,owner,da,1,,,\n,area:B,owner,da,1,,,\n,department:D1,owner,da,1,,,\n"),
		"rules.csv":    []byte("order,category,area,near,within_m,from,to,owner,co_owners,note\n99,*,,,,,,block:district,,\n"),
		"imports.yaml": []byte("formats:\n  - name: f\n    columns: {id: 编号, opened: 时间, closed: 结束, due: 时限, category: 类别, lat: 纬度, lng: 经度, text: 内容, source: 渠道}\n    datum: wgs84\n    time_layout: \"2006-01-02 15:04:05\"\n"),
	}
	at := filepath.Join(t.TempDir(), "two")
	maps.Copy(dir, files)
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range dir {
		if err := os.WriteFile(filepath.Join(at, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return at
}

// imported is what import --json says.
type imported struct {
	Records, Imported, Already, Refused int
	Reasons, Flagged                    []counted
	NoAddress                           int      `json:"no_address"`
	RefusedFile                         string   `json:"refused_file"`
	Compared                            []string `json:"compared_columns"`
	Unread                              []string `json:"unread_columns"`
}

// importText imports a text as a file of past records.
func importText(t *testing.T, want int, at, data string, text []byte, more ...string) (imported, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "past.csv")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs := wangge(t, want, append([]string{"import", file, "--city", at, "--format", "f", "--data", data, "--json"}, more...)...)
	var got imported
	if out != "" {
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
	}
	return got, errs
}

const pastHeader = "编号,时间,结束,时限,类别,纬度,经度,渠道,内容\n"

// Past records are read in each encoding and with each separator that city import reads, or the fault
// names what was tried.
func TestRecords_EachEncoding(t *testing.T) {
	t.Parallel()
	at := twoDistricts(t, nil)
	plain := pastHeader + "1,2026-10-12 09:00:00,,,暴露垃圾,30.02,120.03,热线,\"两行\n文字\"\n\n2,2026-10-12 09:00:00,,,暴露垃圾,30.02,120.03,热线,垃圾满溢\n3,昨天,,,暴露垃圾,30.02,120.03,,\n"
	encoded := func(e encoding.Encoding, text string) []byte {
		out, err := e.NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(encoded(simplifiedchinese.GBK, plain)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"UTF-8": []byte(plain), "UTF-8 with a mark": []byte("\ufeff" + plain), "GBK": encoded(simplifiedchinese.GBK, plain), "GB 18030": encoded(simplifiedchinese.GB18030, plain),
		"UTF-16 LE": encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), plain), "UTF-16 BE": encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), plain),
		"semicolons": []byte(strings.ReplaceAll(plain, ",", ";")), "tabs": encoded(simplifiedchinese.GBK, strings.ReplaceAll(plain, ",", "\t")), "CR LF": []byte(strings.ReplaceAll(plain, "\n", "\r\n")),
		"UTF-8 with two marks": []byte("\ufeff\ufeff" + plain), "a mark in quotes": []byte("\ufeff\"编号\"" + strings.TrimPrefix(plain, "编号")), "CR": []byte(strings.ReplaceAll(plain, "\n", "\r")),
		"UTF-16 LE without a mark": encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), plain), "UTF-16 BE without a mark": encoded(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), plain),
		"an unseen character in the header": []byte(strings.Replace(plain, "纬度", "纬度\u200b", 1)), "commas at the end of the header": []byte(strings.Replace(plain, "内容\n", "内容,,\n", 1)),
		"a title above": []byte("2026 年 10 月案件,,,,,,,,\n" + plain), "gzip": packed.Bytes(),
	} {
		got, _ := importText(t, exitOK, at, t.TempDir(), text)
		line := 6
		if name == "a title above" {
			line++
		}
		if got.Records != 3 || got.Imported != 2 || len(got.Reasons) != 1 || !slices.Equal(got.Reasons[0].Lines, []int{line}) {
			t.Errorf("%s: %+v, want 2 imported and line %d refused", name, got, line)
		}
	}
	for name, tc := range map[string]struct {
		text  []byte
		words string
	}{
		"other columns":  {encoded(simplifiedchinese.GBK, "甲;乙\n1;2\n"), "read as GBK with semicolons"},
		"empty":          {nil, "the file is empty"},
		"a workbook":     {[]byte("PK\x03\x04rest"), "save its sheet as CSV"},
		"an old one":     {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"), "save its sheet as CSV"},
		"zeros":          {make([]byte, 10_000), "…"},
		"torn gzip":      {packed.Bytes()[:packed.Len()-9], "unexpected EOF"},
		"a column twice": {[]byte(strings.TrimSpace(pastHeader) + ",编号\n"), "stand twice"},
	} {
		if _, errs := importText(t, exitWrong, at, t.TempDir(), tc.text); !strings.Contains(errs, tc.words) {
			t.Errorf("%s: %q, want %q in it", name, errs, tc.words)
		}
	}
}

// Each odd record is taken with a flag or refused with a reason, by its line; no column is dropped in
// silence.
func TestRecords_OddOnesAreNamed(t *testing.T) {
	t.Parallel()
	const place = "E1,30.02,120.03"
	format := func(more string) city.Directory {
		return city.Directory{"imports.yaml": []byte("formats:\n  - name: f\n    columns: {id: 编号, opened: 时间, closed: 结束, due: 时限, category: 类别, lat: 纬度, lng: 经度, text: 内容, source: 渠道}\n    datum: wgs84\n" + more)}
	}
	one := format("    time_layout: \"2006-01-02 15:04:05\"\n")
	several := format("    time_layout: [\"2006-01-02 15:04:05\", \"02/01/2006 15:04\"]\n    no_address: [{lat: 30.01, lng: 120.01}]\n")
	for _, tc := range []struct {
		name, row    string
		city         city.Directory
		flag, reason string
	}{
		{"closed two seconds before", "1,2026-10-12 16:03:21,2026-10-12 16:03:19,," + place + ",,", one, "closed before opened: closing set to the opening", ""},
		{"closed a day before", "1,2026-10-12 16:03:21,2026-10-11 16:03:19,," + place + ",,", one, "closed before opened: closing set to the opening", ""},
		{"closed on a date without time", "1,2026-10-12 16:03:21,2026-10-14,," + place + ",,", one, "closed: a date without a time: taken as 00:00", ""},
		{"opened on a date without time", "1,2026/10/12,,," + place + ",,", one, "opened: a date without a time: taken as 00:00", ""},
		{"year first, written otherwise", "1,2026-10-12T08:00:00Z,2026/10/13 9:05,2026年10月14日 8时0分," + place + ",,", one, "", ""},
		{"day first, not in the format", "1,12/10/2026 16:03,,," + place + ",,", one, "", "unreadable opened"},
		{"day first, in the format", "1,12/10/2026 16:03,2026-10-13 00:00:00,," + place + ",,", several, "", ""},
		{"unreadable due", "1,2026-10-12 16:03:21,,soon," + place + ",,", one, "unreadable due: left out", ""},
		{"unreadable closing", "1,2026-10-12 16:03:21,yes,," + place + ",,", one, "", "unreadable closed"},
		{"opened in the future", "1,2099-10-12 16:03:21,,," + place + ",,", one, "", "received in the future"},
		{"closed in the future", "1,2026-10-12 16:03:21,2099-10-12 16:03:21,," + place + ",,", one, "", "closed in the future"},
		{"no opening", "1,,,," + place + ",,", one, "", "needs the time at which it was received"},
		{"no position, none to stand for it", "1,2026-10-12 16:03:21,,,E1,,,,", one, "no position: kept without one", ""},
		{"no position, one to stand for it", "1,2026-10-12 16:03:21,,,E1,,,,", several, "no position: placed at the first no_address", ""},
		{"half a position", "1,2026-10-12 16:03:21,,,E1,30.02,,,", several, "", "unreadable lng"},
		{"decimal commas", "1,2026-10-12 16:03:21,,,E1,\"30,02\",\"120,03\",,", several, "", "unreadable lat"},
		{"control characters in words", "1,2026-10-12 16:03:21,,," + place + ",热\u202e线,垃\x1b[2J圾", one, "control characters: removed", ""},
		{"control characters in an id", "1\x1b,2026-10-12 16:03:21,,," + place + ",,", one, "", "holds a control character"},
		{"unknown category", "1,2026-10-12 16:03:21,,,E9,30.02,120.03,,", one, "", "unknown category"},
		{"a quote left open", "1,2026-10-12 16:03:21,,," + place + ",,\"x", one, "", "never closed"},
		{"fractions of a second", "1,2026-10-12 16:03:21.123,2026-10-12T17:03:21.5+08:00,," + place + ",,", one, "", ""},
		{"an afternoon", "1,2026-10-12 4:03 PM,2026年10月12日 下午5:03,," + place + ",,", one, "", ""},
		{"seconds since 1970", "1,1791767100,1791767100999,," + place + ",,", one, "opened: a number: taken as seconds since 1970", ""},
		{"a spreadsheet's day number", "1,46307.375,46307.5,," + place + ",,", one, "taken as a spreadsheet's day number", ""},
		{"a number that may be anything", "1,12345,,," + place + ",,", one, "", "unreadable opened"},
		{"a zone that is several", "1,2026-10-12 09:00:00 CST,,," + place + ",,", one, "", "unreadable opened"},
		{"a day that does not exist", "1,2026-02-30 09:00:00,,," + place + ",,", one, "", "unreadable opened"},
		{"a year before the calendar", "1,1900-01-01 09:00:00,,," + place + ",,", one, "", "no calendar of the year 1900"},
		{"closed, and never opened", "1,,2026-10-12 09:00:00,," + place + ",,", one, "", "needs the time at which it was received"},
		{"an empty closing in words", "1,2026-10-12 09:00:00,NULL,," + place + ",,", one, "closed \"NULL\": read as empty", ""},
		{"an empty closing as a date", "1,2026-10-12 09:00:00,0000-00-00 00:00:00,," + place + ",,", one, "read as empty", ""},
		{"an empty opening in words", "1,无,,," + place + ",,", one, "", "needs the time at which it was received"},
		{"an empty position in words", "1,2026-10-12 09:00:00,,,E1,NULL,NULL,,", one, "no position: kept without one", ""},
		{"half a position in words", "1,2026-10-12 09:00:00,,,E1,30.02,NULL,,", one, "", "unreadable lng"},
		{"a position at 0,0", "1,2026-10-12 09:00:00,,,E1,0,0.000000,,", one, "position 0,0: taken as none", ""},
		{"a position at 0,0, one to stand for it", "1,2026-10-12 09:00:00,,,E1,0,0,,", several, "no position: placed at the first no_address", ""},
		{"half a position at 0", "1,2026-10-12 09:00:00,,,E1,0,120.03,,", one, "", "outside the city"},
		{"swapped", "1,2026-10-12 09:00:00,,,E1,120.03,30.02,,", one, "", "impossible position"},
		{"outside the city", "1,2026-10-12 09:00:00,,,E1,31,120.03,,", one, "", "outside the city"},
		{"not a number", "1,2026-10-12 09:00:00,,,E1,+Inf,120.03,,", one, "", "unreadable lat"},
		{"minutes and seconds", "1,2026-10-12 09:00:00,,,E1,30°1'12,120.03,,", one, "", "unreadable lat"},
		{"signs of degrees, full width, unseen characters", "1,２０２６-10-12 09:00:00\u200b,,,E1\u200e,３０.０２°,\u00a0120.03\u200b,,", one, "", ""},
		{"an id as a formula", "\"=\"\"0012\"\"\",2026-10-12 09:00:00,,," + place + ",,", one, "", ""},
		{"an id that is a rounded number", "1.76023E+18,2026-10-12 09:00:00,,," + place + ",,", one, "", "an id that a spreadsheet rounded"},
		{"no id", ",2026-10-12 09:00:00,,," + place + ",,", one, "", "needs an id"},
		{"commas at the end", "1,2026-10-12 09:00:00,,," + place + ",,,,,", one, "", ""},
		{"a cell too many", "1,2026-10-12 09:00:00,,," + place + ",,,x", one, "", "wrong number of fields"},
		{"a letter", "1,2026-10-12 09:00:00,,," + place + ",," + strings.Repeat("长", 30000), one, "", "longer than 65536 bytes"},
		{"a cell too few", "1,2026-10-12 16:03:21,,," + place + ",", one, "", "wrong number of fields"},
	} {
		data := t.TempDir()
		want := exitOK
		if tc.reason != "" {
			want = exitWrong
		}
		got, _ := importText(t, want, twoDistricts(t, tc.city), data, []byte(pastHeader+tc.row+"\n"))
		if tc.reason == "" && (got.Imported != 1 || got.RefusedFile != "") || tc.reason != "" && (got.Refused != 1 || len(got.Reasons) != 1 || !strings.Contains(got.Reasons[0].What, tc.reason) || got.Reasons[0].Lines[0] != 2 || got.RefusedFile == "") {
			t.Errorf("%s: %+v, want the reason %q", tc.name, got, tc.reason)
		}
		if tc.flag == "" && len(got.Flagged) > 0 || tc.flag != "" && !slices.ContainsFunc(got.Flagged, func(f counted) bool { return strings.Contains(f.What, tc.flag) && f.Lines[0] == 2 }) {
			t.Errorf("%s: flagged %+v, want %q", tc.name, got.Flagged, tc.flag)
		}
	}
	got, _ := importText(t, exitOK, twoDistricts(t, nil), t.TempDir(), []byte(strings.Replace(pastHeader, "\n", ",,\n", 1)+"1,2026-10-12 16:03:21,,,"+place+",,,x,\n2,2026-10-12 16:03:21,,,"+place+",,\n"))
	if got.Imported != 2 || len(got.Flagged) != 1 || !strings.Contains(got.Flagged[0].What, "a column without a name") || got.Flagged[0].Lines[0] != 2 {
		t.Errorf("a value under no name: %+v", got)
	}
	got, _ = importText(t, exitOK, twoDistricts(t, nil), t.TempDir(), []byte("备注,"+pastHeader+"x,1,2026-10-12 16:03:21,,,"+place+",热线,\n"))
	if !slices.Equal(got.Unread, []string{"备注"}) || !slices.Equal(got.Compared, []string{"时限"}) {
		t.Errorf("columns not read %q, compared %q", got.Unread, got.Compared)
	}
}

// Refused records are mended in their file and imported from there, until none is left.
func TestRecords_RefusedAreMendedAndImported(t *testing.T) {
	t.Parallel()
	at, data := twoDistricts(t, nil), t.TempDir()
	text := pastHeader + "1,2026-10-12 09:00:00,,,E1,30.02,120.03,热线,ok\n2,yesterday,,,E1,30.02,120.03,,\"=HYPERLINK(\"\"x\"\")\nsecond line\"\n3,2026-10-12 09:00:00,,,E1,3,120.03,,\n4,\"2026-10-12 09:00:00,,,E1,30.02,120.03,,open\n"
	got, _ := importText(t, exitOK, at, data, []byte(text))
	if got.Imported != 1 || got.Refused != 3 {
		t.Fatalf("import = %+v", got)
	}
	first, err := os.ReadFile(got.RefusedFile)
	if err != nil {
		t.Fatal(err)
	}
	rd := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(first, []byte("\ufeff"))))
	rd.FieldsPerRecord = -1
	all, err := rd.ReadAll()
	if err != nil || len(all) != 4 || strings.Join(all[0], ",")+"\n" != "refused_reason,"+pastHeader || !strings.Contains(all[1][0], `unreadable opened "yesterday"`) || all[1][1] != "2" || !strings.HasPrefix(all[1][9], "'=") {
		t.Fatalf("refused file = %q, %v", all, err)
	}
	// The same again is the same file; other refused records get a file of their own.
	if again, _ := importText(t, exitOK, at, data, []byte(text)); again.Already != 1 || again.RefusedFile != got.RefusedFile {
		t.Errorf("import again = %+v", again)
	}
	other, _ := importText(t, exitWrong, at, data, []byte(pastHeader+"9,never,,,E1,30.02,120.03,,\n"))
	if now, err := os.ReadFile(got.RefusedFile); err != nil || !bytes.Equal(now, first) || other.RefusedFile == got.RefusedFile {
		t.Errorf("%s was overwritten, or %s is it: %v", got.RefusedFile, other.RefusedFile, err)
	}
	// Mended one after another, in place.
	mended := filepath.Join(t.TempDir(), "mended.csv")
	text = strings.Replace(string(first), ",yesterday,", ",2026-10-13 09:00:00,", 1)
	half, _ := importText(t, exitOK, at, data, []byte(text), "--refused", mended)
	if half.Imported != 1 || half.Refused != 2 || half.RefusedFile != mended {
		t.Fatalf("half mended = %+v", half)
	}
	left, err := os.ReadFile(mended)
	if err != nil {
		t.Fatal(err)
	}
	text = strings.NewReplacer(",3,120.03,", ",30.03,120.03,", `"4,""2026-10-12 09:00:00,,,E1,30.02,120.03,,open"`, "4,2026-10-12 09:00:00,,,E1,30.02,120.03,,closed").Replace(string(left))
	done, _ := importText(t, exitOK, at, data, []byte(text), "--refused", mended)
	if done.Imported != 2 || done.Refused != 0 {
		t.Errorf("all mended = %+v in %s", done, text)
	}
	if left, err := os.ReadFile(mended); err != nil || strings.Count(string(left), "\n") != 1 {
		t.Errorf("what is left is %q, %v", left, err)
	}
	names, err := filepath.Glob(filepath.Join(data, ".refused-*"))
	if err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

// An id that comes again with the same content is there already; what it would change is named, not done.
func TestRecords_RepeatedAreNamed(t *testing.T) {
	t.Parallel()
	const first = "1,2026-10-12 09:00:00,,,E1,30.02,120.03,热线,垃圾\n"
	for _, tc := range []struct{ name, again, flag, reason string }{
		{"the same", first, "", ""},
		{"another source", strings.Replace(first, "热线", "网站", 1), "", ""},
		{"another due", strings.Replace(first, ",,,E1", ",,2026-10-14 09:00:00,E1", 1), "", ""},
		{"closed meanwhile", strings.Replace(first, ",,,E1", ",2026-10-13 09:00:00,,E1", 1), "already there with another closing", ""},
		{"another opening", strings.Replace(first, "09:00", "09:01", 1), "", "capture_time"},
		{"another text", strings.Replace(first, "垃圾", "垃圾满溢", 1), "", "text"},
		{"another position", strings.Replace(first, "30.02", "30.03", 1), "", "position"},
		{"no position", strings.Replace(first, "30.02,120.03", ",", 1), "", "position"},
	} {
		at, data := twoDistricts(t, nil), t.TempDir()
		for _, text := range []string{first + tc.again, tc.again} { // in one file, and in the next
			got, _ := importText(t, exitOf(tc.reason != "" && text == tc.again), at, data, []byte(pastHeader+text))
			switch {
			case tc.reason == "" && (got.Refused > 0 || got.Already == 0):
				t.Errorf("%s: %+v, want it there already", tc.name, got)
			case tc.reason != "" && (got.Refused != 1 || !strings.HasSuffix(got.Reasons[0].What, ": "+tc.reason)):
				t.Errorf("%s: %+v, want it refused for %s", tc.name, got, tc.reason)
			}
			if flagged := slices.ContainsFunc(got.Flagged, func(f counted) bool { return tc.flag != "" && strings.Contains(f.What, tc.flag) }); flagged != (tc.flag != "") {
				t.Errorf("%s: flagged %+v, want %q", tc.name, got.Flagged, tc.flag)
			}
		}
	}
}

func exitOf(wrong bool) int {
	if wrong {
		return exitWrong
	}
	return exitOK
}

// The datum of a record is its own where the format has a column for it.
func TestRecords_Datum(t *testing.T) {
	t.Parallel()
	at := twoDistricts(t, city.Directory{"imports.yaml": []byte("formats:\n  - name: f\n    columns: {id: 编号, opened: 时间, category: 类别, lat: 纬度, lng: 经度, datum: 坐标系}\n    datum: wgs84\n    time_layout: \"2006-01-02 15:04:05\"\n    owners: {}\n")})
	text := "编号,时间,类别,纬度,经度,坐标系\n"
	names := []string{"", "WGS84", "wgs-84", "GPS", "GCJ-02", "gcj02", "火星坐标", "ＧＣＪ０２", "BD09", "百度坐标系", "CGCS2000", "国家2000", "Beijing54"}
	for i, name := range names { // 120.053 is in B; as GCJ-02, and more so as BD-09, it is in A
		text += fmt.Sprintf("%d,2026-10-12 09:00:00,E1,30.02,120.053,%s\n", i, name)
	}
	file := filepath.Join(t.TempDir(), "past.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := wangge(t, exitOK, "import", file, "--city", at, "--format", "f", "--data", t.TempDir(), "--json")
	var got struct {
		imported
		Owners []counted
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	owners := map[string]int{}
	for _, o := range got.Owners {
		owners[o.What] = o.Count
	}
	if got.Imported != 12 || got.Refused != 1 || got.Reasons[0].Lines[0] != 14 || !strings.Contains(got.Reasons[0].What, `unknown datum "Beijing54"`) || owners["area:A"] != 6 || owners["area:B"] != 6 {
		t.Errorf("%+v, owners %v; want 6 in A, 6 in B, and line 14 refused", got.imported, owners)
	}
}

// counted is how many records have one thing said of them, with lines, as import --json prints it.
type counted struct {
	What  string
	Count int
	Lines []int
}
