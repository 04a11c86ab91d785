package sheets_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/sheets"
)

// A diagnostic stands on the cell of its column, though an earlier cell of the row holds the same text.
func TestPlace_Column(t *testing.T) {
	t.Parallel()
	dir := citytest.ToyDirectory()
	rules := strings.Replace(string(dir["rules.csv"]), "40,C0101,,,,", "40,C0101,C0101,,,", 1)
	im, err := sheets.ReadTable("rules.csv", []byte(rules), dir)
	if err != nil || len(im.Faults()) > 0 {
		t.Fatal(err, im.Faults())
	}
	_, list := compile.Directory(im.Directory())
	if len(list) != 1 {
		t.Fatalf("%v", list)
	}
	if got := im.Place(list[0]); got.Cell != "C5" {
		t.Errorf("%v stands on %s, want C5", list[0], got.Cell)
	}
	book, err := sheets.Workbook(im.Directory(), list, "en")
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := f.GetComments("rules")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		text := c.Text
		for _, run := range c.Paragraph {
			text += run.Text
		}
		if strings.Contains(text, "does not exist") != (c.Cell == "C5") {
			t.Errorf("%s says %q", c.Cell, text)
		}
	}
}

// A fault of a campaign, a limit or a tier is named on the cell that has it.
func TestPlace_Campaigns(t *testing.T) {
	t.Parallel()
	toy := citytest.ToyDirectory()
	delete(toy, "limits.csv")
	for _, tt := range []struct{ file, text, cell, message string }{
		{"campaigns.csv", "编号,名称,适用类别,等级,停止后天数\nsnow,清冰雪,E0101,,0\n", "E2", "after_days"},
		{"campaigns.csv", "编号,名称,适用类别,等级,停止后天数\nsnow,清冰雪,E9999,,5\n", "C2", "no category matches"},
		{"campaigns.csv", "编号,名称,适用类别,等级,停止后天数\nsnow,清冰雪,E0101,小雪、大雪,5\n", "D2", "blanks between"},
		{"campaigns.csv", "编号,名称,适用类别,等级,停止后天数\nsnow,清冰雪,E0101,,两周\n", "E2", "not a whole number"},
		{"limits.csv", "类别,专项行动,专项行动等级,时限,时限单位\nE0101,marathon,大雪,1,小时\n", "C2", "needs a campaign"},
		{"limits.csv", "类别,专项行动,时限,时限单位\nE0101,,1,周\n", "D2", "can't stand in limit_unit"},
		{"tiers.csv", "区域,区域分级\nnowhere,1\n", "A2", "does not exist"},
	} {
		im, err := sheets.ReadTable(tt.file, []byte(tt.text), toy)
		if err != nil {
			t.Fatal(err)
		}
		got := im.Faults()
		if got == nil {
			_, list := compile.Directory(im.Directory())
			for _, d := range list {
				got = append(got, im.Place(d))
			}
		}
		if !slices.ContainsFunc(got, func(d sheets.Diagnostic) bool {
			return d.Cell == tt.cell && strings.Contains(d.Message.En+" "+d.Suggestion.En, tt.message)
		}) {
			t.Errorf("%q: %v, want %q on %s", tt.text, got, tt.message, tt.cell)
		}
	}
}
