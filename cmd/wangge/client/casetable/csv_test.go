package casetable

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/caseview"

	"github.com/xuri/excelize/v2"
)

// external is the column of the external number.
func external(t *testing.T) int {
	t.Helper()
	at := slices.IndexFunc(caseview.SheetColumns(), func(c caseview.Column) bool { return c.Title.En == "external number" })
	if at < 0 {
		t.Fatal("no column for the external number")
	}
	return at
}

// The number of an order is not one that a spreadsheet rounds, shortens or reads as a power of ten. A text that would be
// calculated stays inert, and a text that is no number stays as it is.
func TestCSV_NumbersStayAsTheyAre(t *testing.T) {
	t.Parallel()
	at := external(t)
	for number, want := range map[string]string{
		"20260304123456789": "'20260304123456789", "230100202603040017": "'230100202603040017", "00417": "'00417", "12E7": "'12E7", "1.10": "'1.10",
		"+8613904517788": "'+8613904517788", "417": "417", "12345678901": "12345678901", "12345-20260304-0017": "12345-20260304-0017", "HRB001": "HRB001",
		"=1+1": "'=1+1", "@SUM(A1)": "'@SUM(A1)", "inf": "inf", "": "",
	} {
		var out bytes.Buffer
		table, err := CSV(&out, caseview.Words{Lang: "en", Zone: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		if err := table.Add(&wanggev1.Case{ExternalId: number}); err != nil {
			t.Fatal(err)
		}
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 2 || rows[1][at] != want {
			t.Errorf("%q is written as %q, %v; want %q", number, rows, err, want)
		}
	}
}

// In a workbook the number of an order is a text.
func TestXLSX_ExternalNumberIsAText(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	table, err := XLSX(&out, caseview.Words{Lang: "en", Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	const number = "20260304123456789"
	if err := table.Add(&wanggev1.Case{ExternalId: number}); err != nil {
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
	cell, err := excelize.CoordinatesToCellName(external(t)+1, 2)
	if err != nil {
		t.Fatal(err)
	}
	kind, err := book.GetCellType("cases", cell)
	value, failed := book.GetCellValue("cases", cell)
	if err != nil || failed != nil || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString || value != number {
		t.Errorf("%s is %q of type %v, %v, %v; want a text", cell, value, kind, err, failed)
	}
}
