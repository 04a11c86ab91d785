package sheets_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/xuri/excelize/v2"

	"wangge/dispatch/city"
	"wangge/dispatch/city/sheets"
	"wangge/dispatch/city/tables"
)

// Every column of every table has a heading in Chinese: the one of the exported workbook. A table whose headings are the Chinese words
// alone is read as the same columns.
func TestChinese_EveryColumnHasAHeading(t *testing.T) {
	t.Parallel()
	dir := city.Directory{}
	for _, table := range tables.All {
		var names []string
		for _, c := range table.Columns {
			names = append(names, c.Name)
		}
		dir[table.File] = []byte(strings.Join(names, ",") + "\n")
	}
	book, err := sheets.Workbook(dir, nil, "zh")
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, table := range tables.All {
		rows, err := f.GetRows(strings.TrimSuffix(table.File, ".csv"))
		if err != nil || len(rows) == 0 {
			t.Errorf("%s: %d rows, %v", table.File, len(rows), err)
			continue
		}
		var chinese []string
		for i, heading := range rows[0] {
			name, zh, _ := strings.Cut(heading, " (")
			zh = strings.TrimSuffix(zh, ")")
			if !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || name != table.Columns[i].Name {
				t.Errorf("%s: column %s is headed %q, want its Chinese name", table.File, table.Columns[i].Name, heading)
			}
			if slices.Contains(chinese, zh) {
				t.Errorf("%s: two columns are headed %s", table.File, zh)
			}
			chinese = append(chinese, zh)
		}
		if len(rows[0]) != len(table.Columns) {
			t.Errorf("%s: %d headings, want %d", table.File, len(rows[0]), len(table.Columns))
		}
		im, err := sheets.ReadTable(table.File, []byte(strings.Join(chinese, ",")+"\n"), city.Directory{}) // two headings of one column are a fault
		if err != nil || len(im.Faults()) > 0 {
			t.Errorf("%s, headed %s: %v, %v", table.File, strings.Join(chinese, ","), im.Faults(), err)
		}
	}
}
