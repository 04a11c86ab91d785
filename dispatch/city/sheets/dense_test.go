package sheets_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"wangge/dispatch/city"
	"wangge/dispatch/city/sheets"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// They are small files with much in them: each is refused with its bound, or read to its end. None may
// take time or memory out of proportion to its cells; see the bounds of the package. WANGGE_DEEP=1 fills those that are read
// up to their bounds; without it they have a tenth of that.
func TestWorkbook_DenseFilesAreReadOrRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("some twenty workbooks at their bounds take minutes with the race detector, and share no memory")
	}
	t.Parallel()
	part := 10
	if os.Getenv("WANGGE_DEEP") == "1" {
		part = 1
	}
	many := 50_000 / part
	const usual = "xl/worksheets/sheet1.xml"
	const end = `</sheetData></worksheet>`
	write := func(parts ...string) func(io.Writer) {
		return func(w io.Writer) {
			for _, p := range parts {
				_, _ = io.WriteString(w, p)
			}
		}
	}
	rows := func(n int, tail string, row func(w io.Writer, at int)) func(io.Writer) {
		return func(w io.Writer) {
			_, _ = io.WriteString(w, head)
			for i := range n {
				row(w, i+2)
			}
			_, _ = io.WriteString(w, tail)
		}
	}
	format := func(text string) func(io.Writer, int) {
		return func(w io.Writer, at int) { _, _ = fmt.Fprintf(w, text, at) }
	}
	person := `<row r="%[1]d"><c r="A%[1]d"><v>%[1]d</v></c><c r="B%[1]d" t="str"><v>n</v></c><c r="C%[1]d"><v>4515550101</v></c></row>`
	styles := func(n int) func(io.Writer) {
		return func(w io.Writer) {
			_, _ = io.WriteString(w, `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts>`)
			for i := range n {
				_, _ = fmt.Fprintf(w, `<numFmt numFmtId="%d" formatCode="%s"/>`, 200+i, strings.Repeat("0", 1+i%20))
			}
			_, _ = io.WriteString(w, `</numFmts><cellXfs><xf/>`)
			for i := range n {
				_, _ = fmt.Fprintf(w, `<xf numFmtId="%d" applyNumberFormat="1"/>`, 200+i)
			}
			_, _ = io.WriteString(w, `</cellXfs></styleSheet>`)
		}
	}
	shared := func(text string) map[string]func(io.Writer) {
		return map[string]func(io.Writer){"xl/sharedStrings.xml": write(`<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>`, text, `</t></si></sst>`)}
	}
	zeros := city.Directory{"people.csv": []byte("id,name,phone\n" + strings.Repeat("x", 7) + ",n,0451 5550\n")}
	for i := range many + 2 {
		zeros["people.csv"] = fmt.Appendf(zeros["people.csv"], "0%06d,n,0451 5550\n", i)
	}
	for _, tt := range []struct {
		name   string
		sheet  func(io.Writer)
		extra  map[string]func(io.Writer)
		was    city.Directory
		words  string // of the refusal; "" = it is read
		faults int    // at least
		people int    // rows of people.csv
	}{
		{name: "one value far to the right in each row", sheet: rows(14_998, end, format(`<row r="%[1]d"><c r="BL%[1]d" t="str"><v>x</v></c></row>`)), faults: 1, people: 14_998},
		{name: "one value beyond the columns", sheet: rows(1, end, format(`<row r="%[1]d"><c r="BM%[1]d" t="str"><v>x</v></c></row>`)), words: "64 columns"},
		{name: "more of them than there may be cells", sheet: rows(15_700, end, format(`<row r="%[1]d"><c r="BL%[1]d" t="str"><v>x</v></c></row>`)), words: "cells"},
		{name: "failed formulas", sheet: rows(90_000/part, end, format(`<row r="%[1]d"><c r="A%[1]d" t="e"><f>B1+C1</f><v>#REF!</v></c></row>`)), faults: sheets.MaxFaults},
		{name: "failed formulas in rows without numbers", sheet: rows(90_000/part, end, func(w io.Writer, _ int) { _, _ = io.WriteString(w, `<row><c t="e"><f>B1+C1</f><v>#REF!</v></c></row>`) }), faults: sheets.MaxFaults},
		{name: "formulas that give texts", sheet: rows(many, end, format(`<row r="%[1]d"><c r="A%[1]d" t="str"><f>CONCATENATE("p",ROW())</f><v>p%[1]d</v></c><c r="B%[1]d" t="str"><f>A%[1]d</f><v>n</v></c><c r="C%[1]d"><f>SUM(A1:A%[1]d)</f><v>4515550101</v></c></row>`)), people: many},
		{name: "formulas without values", sheet: rows(many, end, format(`<row r="%[1]d"><c r="A%[1]d"><f>SUM(A1:A%[1]d)</f></c></row>`))},
		{name: "a formula that all rows share", sheet: rows(many, end, format(`<row r="%[1]d"><c r="A%[1]d"><f t="shared" si="0"/><v>%[1]d</v></c><c r="B%[1]d" t="str"><v>n</v></c><c r="C%[1]d"><v>4515550101</v></c></row>`)), people: many},
		{name: "numbers with formats", sheet: rows(many, end, func(w io.Writer, at int) {
			_, _ = fmt.Fprintf(w, strings.ReplaceAll(person, `"><v>`, fmt.Sprintf(`" s="%d"><v>`, 1+at%900)), at)
		}), extra: map[string]func(io.Writer){"xl/styles.xml": styles(900)}, people: many},
		{name: "too many formats", sheet: rows(1, end, format(person)), extra: map[string]func(io.Writer){"xl/styles.xml": styles(sheets.MaxFormats + 1)}, words: "number formats"},
		{name: "numbers that may have lost zeros", sheet: rows(many, end, format(person)), was: zeros, people: many},
		{name: "a text of 60 MB that cells share", sheet: rows(1, end, format(`<row r="%[1]d"><c r="A%[1]d" t="s"><v>0</v></c></row>`)), extra: shared(strings.Repeat("x", 60<<20)), words: "a text or a tag of more than 512 KiB"},
		{name: "such a text in a cell", sheet: write(head, `<row r="2"><c r="A2" t="inlineStr"><is><t>`, strings.Repeat("x", 4<<20)), words: "a text or a tag of more than 512 KiB"},
		{name: "such a comment", sheet: write(head, `<!--`, strings.Repeat("< ", 4<<20), `-->`, end), words: "a text or a tag of more than 512 KiB"},
		{name: "such a section", sheet: write(head, `<row r="2"><c r="A2" t="str"><v><![CDATA[`, strings.Repeat("< ", 4<<20), `]]></v></c></row>`, end), words: "a text or a tag of more than 512 KiB"},
		{name: "two million attributes", sheet: write(head, `<row `, strings.Repeat(`a="" `, 2_000_000), `/>`, end), words: "a text or a tag of more than 512 KiB"},
		{name: "one attribute of megabytes", sheet: write(head, `<row a="`, strings.Repeat("x>", 2<<20), `"/>`, end), words: "a text or a tag of more than 512 KiB"},
		{name: "many attributes in many tags", sheet: rows(2_000/part, end, func(w io.Writer, at int) {
			_, _ = fmt.Fprintf(w, `<row r="%d" %s/>`, at, strings.Repeat(`a="" `, 2_000))
		})},
		{name: "merged columns over each other", sheet: rows(60_000, `</sheetData><mergeCells>`+strings.Repeat(`<mergeCell ref="B2:B60000"/>`, 1_900)+`</mergeCells></worksheet>`, format(person)), words: "text"},
		{name: "a long text in a merged column", sheet: write(head, `<row r="2"><c r="B2" t="str"><v>`, strings.Repeat("x", sheets.MaxCell), `</v></c></row><row r="60000"><c r="A60000"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="B2:B60000"/></mergeCells></worksheet>`), words: "text"},
		{name: "a merged range of the whole sheet", sheet: write(head, `</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>`), faults: 1},
		{name: "long texts that are no choice", sheet: func(w io.Writer) {
			_, _ = io.WriteString(w, strings.Replace(head, "phone", "language", 1))
			for at := range 1_000 / part {
				_, _ = fmt.Fprintf(w, `<row r="%[1]d"><c r="C%[1]d" t="s"><v>0</v></c></row>`, at+2)
			}
			_, _ = io.WriteString(w, end)
		}, extra: shared(strings.Repeat("x", sheets.MaxCell)), faults: 1_000 / part},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			extra := map[string]func(io.Writer){}
			maps.Copy(extra, tt.extra)
			book := packed(t, usual, tt.sheet, extra)
			was := tt.was
			if was == nil {
				was = city.Directory{}
			}
			im, err := sheets.ReadWorkbook(book, was)
			if tt.words != "" {
				if !errors.Is(err, sheets.ErrTooLarge) || !strings.Contains(err.Error(), tt.words) || i18n.Of(err).Zh == err.Error() {
					t.Fatalf("%v, want %q", err, tt.words)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := len(im.Faults()); n < tt.faults || n > sheets.MaxFaults || tt.faults == 0 && n > 0 {
				t.Errorf("%d faults, want %d: %v", n, tt.faults, im.Faults()[:min(n, 3)])
			}
			if n := strings.Count(string(im.Directory()["people.csv"]), "\n") - 1; tt.people > 0 && n != tt.people {
				t.Errorf("%d people, want %d", n, tt.people)
			}
			marked, err := sheets.Annotate(book, im.Faults(), "en")
			if err != nil || len(marked) == 0 {
				t.Errorf("Annotate: %v", err)
			}
		})
	}
}

// A marked workbook holds the cells of the clerk's as they were, whatever its names of XML begin with.
func TestAnnotate_CellsAreKept(t *testing.T) {
	t.Parallel()
	const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	cells := func(prefix string) string {
		text := head + `<row r="2" spans="1:3"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="inlineStr"><is><r><t>wide_x000D_</t></r><rPh sb="0" eb="1"><t>guide</t></rPh><r><t xml:space="preserve"> name</t></r></is></c><c r="C2" t="str"><v>0451 5550</v></c></row>`
		return strings.NewReplacer("</", "</"+prefix, "<", "<"+prefix).Replace(text)
	}
	for _, tt := range []struct{ name, sheet, kept string }{
		{"without a prefix", `<worksheet xmlns="` + main + `"><sheetData>` + cells("") + `</sheetData></worksheet>`, `<f>1+1</f>`},
		{"with a prefix", `<x:worksheet xmlns:x="` + main + `"><x:sheetData>` + cells("x:") + `</x:sheetData></x:worksheet>`, `<x:f>1+1</x:f>`},
		{"in another encoding", `<?xml version="1.0" encoding="windows-1252"?><worksheet xmlns="` + main + `"><sheetData>` + cells("") + `</sheetData></worksheet>`, `<f>1+1</f>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			part := func(text string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, text) } }
			book := packed(t, "xl/other.xml", func(io.Writer) {}, map[string]func(io.Writer){
				"xl/worksheets/sheet1.xml":   part(tt.sheet),
				"xl/_rels/workbook.xml.rels": part(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`),
			})
			was, err := sheets.ReadWorkbook(book, city.Directory{})
			if err != nil || len(was.Faults()) > 0 || !strings.Contains(string(was.Directory()["people.csv"]), "wide") || strings.Contains(string(was.Directory()["people.csv"]), "guide") {
				t.Fatalf("%v, %v: %s", err, was, was.Directory()["people.csv"])
			}
			marked, err := sheets.Annotate(book, []sheets.Diagnostic{{Sheet: "people", Cell: "B2", Diagnostic: diag.Diagnostic{Message: i18n.F("wrong", "有误")}}}, "en")
			if err != nil {
				t.Fatal(err)
			}
			is, err := sheets.ReadWorkbook(marked, city.Directory{})
			if err != nil || string(is.Directory()["people.csv"]) != string(was.Directory()["people.csv"]) {
				t.Fatalf("%v: read %s, want %s", err, is.Directory()["people.csv"], was.Directory()["people.csv"])
			}
			f, err := excelize.OpenReader(bytes.NewReader(marked))
			if err != nil {
				t.Fatal(err)
			}
			if text, _ := f.Pkg.Load("xl/worksheets/sheet1.xml"); !strings.Contains(string(text.([]byte)), tt.kept) || !strings.Contains(string(text.([]byte)), "legacyDrawing") {
				t.Errorf("the sheet is %s", text)
			}
			if v, err := f.GetCellValue("people", "C2"); err != nil || v != "0451 5550" {
				t.Errorf("C2 is %q: %v", v, err)
			}
		})
	}
}
