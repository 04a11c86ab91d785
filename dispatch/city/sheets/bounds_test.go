package sheets_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"wangge/dispatch/city"
	"wangge/dispatch/city/sheets"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// packed is a workbook of one sheet "people" whose XML is written by hand, so that it can be what no
// program writes; extra parts come on top.
func packed(t *testing.T, at string, sheet func(w io.Writer), extra map[string]func(w io.Writer)) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	text := func(s string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, s) } }
	parts := map[string]func(io.Writer){
		"[Content_Types].xml":        text(`<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/` + at + `" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`),
		"_rels/.rels":                text(`<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`),
		"xl/workbook.xml":            text(`<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="people" sheetId="1" r:id="rId1"/></sheets></workbook>`),
		"xl/_rels/workbook.xml.rels": text(`<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="/` + at + `"/></Relationships>`),
		at: func(w io.Writer) {
			_, _ = io.WriteString(w, `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
			sheet(w)
		},
	}
	maps.Copy(parts, extra)
	for name, write := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		write(w)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const head = `<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>name</t></is></c><c r="C1" t="inlineStr"><is><t>phone</t></is></c></row>`

// A workbook beyond a bound is refused with the bound in the sentence, before its cells are read.
func TestBounds_WorkbooksBeyondAreRefused(t *testing.T) {
	t.Parallel()
	const usual = "xl/worksheets/sheet1.xml"
	many := func(n int, format string) func(io.Writer) {
		return func(w io.Writer) {
			_, _ = io.WriteString(w, head)
			for i := range n {
				fmt.Fprintf(w, format, i+2)
			}
			_, _ = io.WriteString(w, `</sheetData></worksheet>`)
		}
	}
	for _, tc := range []struct {
		name  string
		book  []byte
		words string
	}{
		{"formats down to the last row", packed(t, usual, many(1, `<row r="1048576" s="1" customFormat="1"/><!--%d-->`), nil), "rows down to 1048576"},
		{"a million formatted rows", packed(t, usual, many(1_000_000, `<row r="%d" s="1"/>`), nil), "rows down to 100001"},
		{"rows without numbers", packed(t, usual, many(300_000, `<row/><!--%d-->`), nil), "rows down to 100001"},
		{"each row formatted to the last column", packed(t, usual, many(5_000, `<row r="%[1]d"><c r="XFD%[1]d" s="1"/></row>`), nil), "more than 1000000 cells"},
		{"such a sheet packed elsewhere", packed(t, "xl/other.xml", many(5_000, `<row r="%[1]d"><c r="XFD%[1]d" s="1"/></row>`), nil), "more than 1000000 cells"},
		{"a row number that is none", packed(t, usual, many(1, `<row r="99999999999999999999"/><!--%d-->`), nil), "rows down to"},
		{"thousands of merged ranges", packed(t, usual, func(w io.Writer) {
			_, _ = io.WriteString(w, head+`</sheetData><mergeCells>`)
			for i := range 3_000 {
				fmt.Fprintf(w, `<mergeCell ref="A%d:A%d"/>`, 2*i+2, 2*i+3)
			}
			_, _ = io.WriteString(w, `</mergeCells></worksheet>`)
		}, nil), "more than 2000 merged ranges"},
		{"a bomb", packed(t, usual, many(0, ""), map[string]func(io.Writer){"xl/media/image1.png": func(w io.Writer) {
			zeros := make([]byte, 1<<20)
			for range 200 {
				_, _ = w.Write(zeros)
			}
		}}), "unpacks to more than 64 MiB"},
		{"strings without end", packed(t, usual, many(0, ""), map[string]func(io.Writer){"xl/sharedStrings.xml": func(w io.Writer) {
			some := []byte(strings.Repeat("<si/>", 200_000))
			_, _ = io.WriteString(w, "<sst>")
			for range 60 {
				_, _ = w.Write(some)
			}
		}}), "XML tags"},
		{"a file of many megabytes", make([]byte, sheets.MaxBytes+1), "more than 16 MiB"},
	} {
		_, err := sheets.ReadWorkbook(tc.book, city.Directory{})
		if !errors.Is(err, sheets.ErrTooLarge) || !strings.Contains(err.Error(), tc.words) || i18n.Of(err).Zh == err.Error() {
			t.Errorf("%s (%d KiB): %v, want %q", tc.name, len(tc.book)>>10, err, tc.words)
		}
		if _, err := sheets.Annotate(tc.book, nil, "en"); !errors.Is(err, sheets.ErrTooLarge) {
			t.Errorf("%s: Annotate: %v", tc.name, err)
		}
	}
	// What is below is read.
	im, err := sheets.ReadWorkbook(packed(t, usual, many(2, `<row r="%[1]d"><c r="A%[1]d" t="inlineStr"><is><t>p%[1]d</t></is></c><c r="B%[1]d" t="inlineStr"><is><t>n</t></is></c><c r="C%[1]d" t="inlineStr"><is><t>0571-1</t></is></c></row>`), nil), city.Directory{})
	if err != nil || len(im.Faults()) > 0 || !strings.Contains(string(im.Directory()["people.csv"]), "p3,n,,0571-1") && !strings.Contains(string(im.Directory()["people.csv"]), "p3,n,0571-1") {
		t.Errorf("a small workbook: %v, %v", im, err)
	}
	wide := "id,name,phone" + strings.Repeat(",", sheets.MaxColumns) + "\n"
	if _, err := sheets.ReadTable("people.csv", []byte(wide), city.Directory{}); !errors.Is(err, sheets.ErrTooLarge) {
		t.Errorf("a CSV of too many columns: %v", err)
	}
	long := "id,name,phone\n" + strings.Repeat("a,b,1\n", sheets.MaxRows)
	if _, err := sheets.ReadTable("people.csv", []byte(long), city.Directory{}); !errors.Is(err, sheets.ErrTooLarge) {
		t.Errorf("a CSV of too many rows: %v", err)
	}
}

// A text that many cells share is small in the file and large in the table: it counts for each of them.
func TestBounds_SharedTexts(t *testing.T) {
	t.Parallel()
	shared := func(length int) map[string]func(io.Writer) {
		text := func(s string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, s) } }
		return map[string]func(io.Writer){
			"xl/sharedStrings.xml":       text(`<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>` + strings.Repeat("张", length) + `</t></si></sst>`),
			"xl/_rels/workbook.xml.rels": text(`<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="/xl/worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`),
		}
	}
	sheet := func(rows, columns int) func(io.Writer) {
		return func(w io.Writer) {
			_, _ = io.WriteString(w, head)
			for i := range rows {
				fmt.Fprintf(w, `<row r="%[1]d"><c r="A%[1]d" t="inlineStr"><is><t>p%[1]d</t></is></c>%[2]s</row>`, i+2, strings.Repeat(`<c t="s"><v>0</v></c>`, columns))
			}
			_, _ = io.WriteString(w, `</sheetData></worksheet>`)
		}
	}
	for _, tt := range []struct {
		name                  string
		rows, columns, length int
		words                 string
	}{
		{"many rows of one long name", 90_000, 1, 30_000, "more than 64 MiB of text"},
		{"many columns of one long name", 20, 60, 30_000, "more than 64 MiB of text"},
		{"one cell", 1, 1, sheets.MaxCell + 1, "cell B2 has more than 32767 characters"},
		{"a cell as long as it may be", 1, 1, sheets.MaxCell, ""},
		{"many rows of a usual name", 1_000, 1, 3, ""},
	} {
		_, err := sheets.ReadWorkbook(packed(t, "xl/worksheets/sheet1.xml", sheet(tt.rows, tt.columns), shared(tt.length)), city.Directory{})
		if tt.words == "" && err != nil || tt.words != "" && (!errors.Is(err, sheets.ErrTooLarge) || !strings.Contains(err.Error(), tt.words) || i18n.Of(err).Zh == err.Error()) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.words)
		}
	}
	if _, err := sheets.ReadTable("people.csv", []byte("id,name,phone\na,"+strings.Repeat("张", sheets.MaxCell+1)+",1\n"), city.Directory{}); !errors.Is(err, sheets.ErrTooLarge) {
		t.Errorf("a CSV with a long cell: %v", err)
	}
}

// Every fault is in the marked workbook: several on one cell, on a merged one, beside the clerk's own
// comment, and those that stand on no sheet.
func TestAnnotate_EveryDiagnosticIsMarked(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(f.SetSheetName("Sheet1", "notes"))
	_, err := f.NewSheet("people")
	do(err)
	do(f.SetSheetVisible("notes", true))
	do(f.SetSheetRow("people", "A1", &[]string{"id", "name", "phone"}))
	do(f.MergeCell("people", "B2", "B4"))
	do(f.AddComment("people", excelize.Comment{Author: "王一", Cell: "A1", Text: "my own note"}))
	var book bytes.Buffer
	do(f.Write(&book))
	fault := func(sheet, cell, words string) sheets.Diagnostic {
		return sheets.Diagnostic{Sheet: sheet, Cell: cell, Diagnostic: diag.Diagnostic{File: "x.csv", Line: 7, Message: i18n.F("%s", "%s", words), Suggestion: i18n.F("mend it", "请修正")}}
	}
	faults := []sheets.Diagnostic{
		fault("people", "", "one"), fault("people", "A1", "two"), fault("people", "A1", "two"), fault("people", "B3", "three"), fault("people", "B4", "four"), fault("", "", "five"), fault("gone", "C9", "six"), fault("people", "XFD1048576", "seven"),
	}
	for i := range 2_000 {
		faults = append(faults, fault("people", "C1", fmt.Sprintf("many %d", i)))
	}
	marked, err := sheets.Annotate(book.Bytes(), faults, "en")
	do(err)
	again, err := sheets.Annotate(marked, faults[:1], "zh")
	do(err)
	for _, data := range [][]byte{marked, again} {
		back, err := excelize.OpenReader(bytes.NewReader(data))
		do(err)
		said := map[string]string{}
		for _, s := range back.GetSheetList() {
			all, err := back.GetComments(s)
			do(err)
			for _, c := range all {
				if said[s+c.Cell] != "" {
					t.Errorf("%s!%s has two comments", s, c.Cell)
				}
				said[s+c.Cell] = c.Text
				for _, r := range c.Paragraph {
					said[s+c.Cell] += r.Text
				}
			}
		}
		for at, words := range map[string][]string{"peopleA1": {"my own note", "one", "two"}, "peopleB2": {"three", "four"}, "notesA1": {"x.csv:7: five", "x.csv:7: six"}, "peopleXFD1048576": {"seven"}, "peopleC1": {"many 0", "more"}} {
			for _, w := range words {
				if strings.Count(said[at], w) == 0 || strings.Count(said[at], "two") > 1 {
					t.Errorf("the comment on %s is %q, want %q in it", at, said[at], w)
				}
			}
		}
		if n := len(said["peopleC1"]); n > 10_000 {
			t.Errorf("a comment of %d characters", n)
		}
	}
}

// A workbook whose program packs comments under other names, as openpyxl does, keeps them apart.
func TestAnnotate_CommentsUnderOtherNames(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(f.SetSheetName("Sheet1", "people"))
	_, err := f.NewSheet("posts")
	do(err)
	for _, s := range []string{"people", "posts"} {
		do(f.AddComment(s, excelize.Comment{Author: "王一", Cell: "A1", Text: "note on " + s}))
	}
	var book, other bytes.Buffer
	do(f.Write(&book))
	z, err := zip.NewReader(bytes.NewReader(book.Bytes()), int64(book.Len()))
	do(err)
	w := zip.NewWriter(&other)
	_, err = w.Create("xl/worksheets/_rels/") // some programs pack folders, too
	do(err)
	names := strings.NewReplacer("../comments", "/xl/comments/comment", "xl/comments", "xl/comments/comment", "../drawings/vmlDrawing", "/xl/drawings/commentsDrawing", "xl/drawings/vmlDrawing", "xl/drawings/commentsDrawing")
	for _, part := range z.File {
		in, err := part.Open()
		do(err)
		text, err := io.ReadAll(in)
		do(err)
		to, err := w.Create(names.Replace(part.Name))
		do(err)
		_, err = io.WriteString(to, names.Replace(string(text)))
		do(err)
	}
	do(w.Close())
	var faults []sheets.Diagnostic
	for _, s := range []string{"people", "posts"} {
		for _, words := range []string{"one", "two"} {
			faults = append(faults, sheets.Diagnostic{Sheet: s, Cell: "A1", Diagnostic: diag.Diagnostic{Message: i18n.F("%s", "%s", words+" of "+s)}})
		}
	}
	marked, err := sheets.Annotate(other.Bytes(), faults, "en")
	do(err)
	back, err := excelize.OpenReader(bytes.NewReader(marked))
	do(err)
	for _, s := range []string{"people", "posts"} {
		all, err := back.GetComments(s)
		do(err)
		if len(all) != 1 || all[0].Cell != "A1" {
			t.Fatalf("comments of %s: %+v", s, all)
		}
		for _, want := range []string{"note on " + s, "one of " + s, "two of " + s} {
			if !strings.Contains(all[0].Text, want) {
				t.Errorf("the comment of %s is %q, want %q in it", s, all[0].Text, want)
			}
		}
	}
}

// A workbook without styles, without fonts or with one that has no name is marked like any other.
func TestAnnotate_WorkbookWithoutFonts(t *testing.T) {
	t.Parallel()
	styles := func(text string) map[string]func(io.Writer) {
		part := func(s string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, s) } }
		if text == "" {
			return nil
		}
		return map[string]func(io.Writer){
			"xl/styles.xml": part(`<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + text + `</styleSheet>`),
		}
	}
	for _, text := range []string{"", " ", `<fonts count="0"/>`, `<fonts count="1"><font/></fonts>`, `<fonts count="1"><font><name/></font></fonts>`, `<fonts count="1"><font><name val="Arial"/></font></fonts>`} {
		book := packed(t, "xl/worksheets/sheet1.xml", func(w io.Writer) { _, _ = io.WriteString(w, head+`</sheetData></worksheet>`) }, styles(text))
		marked, err := sheets.Annotate(book, []sheets.Diagnostic{{Sheet: "people", Cell: "A1", Diagnostic: diag.Diagnostic{Message: i18n.F("wrong", "有误"), Suggestion: i18n.F("mend", "请更正")}}}, "en")
		if err != nil {
			t.Errorf("styles %q: %v", text, err)
			continue
		}
		f, err := excelize.OpenReader(bytes.NewReader(marked))
		if err != nil {
			t.Errorf("styles %q: the marked workbook: %v", text, err)
			continue
		}
		if comments, err := f.GetComments("people"); err != nil || len(comments) != 1 || !strings.Contains(comments[0].Text, "wrong") {
			t.Errorf("styles %q: %v, %v", text, comments, err)
		}
		_ = f.Close()
	}
}

// Sheets are counted before one is read, also when many are one part of the file.
func TestBounds_ManySheetsAreRefused(t *testing.T) {
	t.Parallel()
	book := func(n int) []byte {
		return packed(t, "xl/worksheets/sheet1.xml", func(w io.Writer) { _, _ = io.WriteString(w, head+`</sheetData></worksheet>`) }, map[string]func(io.Writer){"xl/workbook.xml": func(w io.Writer) {
			_, _ = io.WriteString(w, `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="people" sheetId="1" r:id="rId1"/>`)
			for i := 2; i <= n; i++ {
				fmt.Fprintf(w, `<sheet name="s%[1]d" sheetId="%[1]d" r:id="rId1"/>`, i)
			}
			_, _ = io.WriteString(w, `</sheets></workbook>`)
		}})
	}
	for _, n := range []int{sheets.MaxSheets + 1, 50_000} {
		if _, err := sheets.ReadWorkbook(book(n), city.Directory{}); !errors.Is(err, sheets.ErrTooLarge) || !strings.Contains(err.Error(), "more than 200 sheets") {
			t.Errorf("%d sheets: %v", n, err)
		}
	}
	if im, err := sheets.ReadWorkbook(book(sheets.MaxSheets), city.Directory{}); err != nil || len(im.Faults()) != sheets.MaxSheets-1 {
		t.Errorf("%d sheets: %v", sheets.MaxSheets, err)
	}
}
