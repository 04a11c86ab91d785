package sheets_test

import (
	"bytes"
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
