package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// A clerk exports, edits, is told what is wrong on the cell itself, mends it and imports.
func TestSheets_ThereAndBack(t *testing.T) {
	t.Parallel()
	at := plainBoston(t)
	book, marked := filepath.Join(t.TempDir(), "b.xlsx"), filepath.Join(t.TempDir(), "marked.xlsx")
	wangge(t, exitOK, "city", "export", at, "--xlsx", book)
	f, err := excelize.OpenFile(book)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	save := func(sheet, cell string, v any) {
		t.Helper()
		if err := f.SetCellValue(sheet, cell, v); err != nil {
			t.Fatal(err)
		}
		if err := f.SaveAs(book); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(filepath.Join(at, "people.csv"))
	if err != nil {
		t.Fatal(err)
	}
	save("people", "C2", "nobody")
	out, _ := wangge(t, exitWrong, "city", "import", book, at, "--marked", marked)
	if !strings.Contains(out, "b.xlsx people!C2: b-leader can't be reached") || !strings.Contains(out, "nothing was written") {
		t.Errorf("import printed %q", out)
	}
	back, err := excelize.OpenFile(marked)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	notes, err := back.GetComments("people")
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, n := range notes {
		found = found || n.Cell == "C2" && strings.Contains(n.Text, "can't be reached")
	}
	if !found {
		t.Errorf("the marked workbook has %v", notes)
	}
	if now, err := os.ReadFile(filepath.Join(at, "people.csv")); err != nil || string(now) != string(before) {
		t.Errorf("a refused import wrote people.csv: %v", err)
	}
	save("people", "C2", "６１７-555-1999")
	wangge(t, exitOK, "city", "import", book, at)
	now, err := os.ReadFile(filepath.Join(at, "people.csv"))
	if err != nil || string(now) != strings.Replace(string(before), "617-555-1000", "617-555-1999", 1) {
		t.Errorf("people.csv = %q, %v", now[:120], err)
	}
	// A table as a Chinese spreadsheet saves it.
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(strings.Replace(string(now), "Ann Archer", "安阿彻", 1)))
	if err != nil {
		t.Fatal(err)
	}
	csv := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(csv, gbk, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, _ := wangge(t, exitOK, "city", "import", csv, at, "--json"); !strings.Contains(out, `"ok":true`) {
		t.Errorf("import --json printed %q", out)
	}
	if b, err := os.ReadFile(filepath.Join(at, "people.csv")); err != nil || !strings.Contains(string(b), "安阿彻") {
		t.Errorf("people.csv = %q, %v", b[:120], err)
	}
	wangge(t, exitWrong, "city", "import", filepath.Join(at, "areas.geojson"), at)
	wangge(t, exitUsage, "city", "export", at)
}
