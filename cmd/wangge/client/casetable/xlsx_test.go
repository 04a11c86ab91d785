package casetable

import (
	"bytes"
	"strings"
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/caseview"

	"github.com/xuri/excelize/v2"
)

// A sheet takes as many cases as a spreadsheet has rows, and refuses the next with what to do instead.
func TestXLSX_RefusesMoreThanASheetHolds(t *testing.T) {
	t.Parallel()
	table, err := XLSX(&bytes.Buffer{}, caseview.Words{Lang: "zh", Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	table.(*xlsxTable).rows = MaxRows
	if err := table.Add(&wanggev1.Case{}); err == nil || !strings.Contains(err.Error(), "a sheet holds 1048575 cases") {
		t.Errorf("one case too many: %v", err)
	}
	if err := table.Close(); err != nil {
		t.Error(err)
	}
}

// Control characters, which no workbook may hold, are shown as what they are.
func TestXLSX_ControlCharacters(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	table, err := XLSX(&out, caseview.Words{Lang: "en", Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Add(&wanggev1.Case{CategoryDisplayName: "=1+1\x1b[2J", Report: &wanggev1.Report{Text: "a\nb"}}); err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for cell, want := range map[string]string{"E2": `=1+1\u001b[2J`, "H2": "a\nb", "F2": ""} {
		if got, err := book.GetCellValue("cases", cell); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", cell, got, err, want)
		}
	}
	if formula, err := book.GetCellFormula("cases", "E2"); err != nil || formula != "" {
		t.Errorf("E2 calculates %q, %v", formula, err)
	}
}
