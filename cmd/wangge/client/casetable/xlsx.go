package casetable

import (
	"errors"
	"io"
	"time"

	"wangge/cmd/wangge/client/caseview"
	"wangge/dispatch/i18n"

	"github.com/xuri/excelize/v2"

	wanggev1 "wangge/api/wangge/v1"
)

// MaxRows is how many cases a sheet holds: the rows of a sheet without the row of titles.
const MaxRows = 1<<20 - 1

// xlsxTable is a table as a workbook. Beyond some 16 MB the rows are in a temporary file, not in memory.
type xlsxTable struct {
	to      io.Writer
	words   caseview.Words
	columns []caseview.Column
	file    *excelize.File
	sheet   *excelize.StreamWriter
	rows    int
	date    int
}

// XLSX begins a workbook of one sheet, which is written when the table is closed. Numbers are numbers and instants are dates in the zone of
// the words; no cell is a formula. The table takes MaxRows cases at most, and refuses the next.
func XLSX(to io.Writer, words caseview.Words) (Table, error) {
	t := &xlsxTable{to: to, words: words, columns: caseview.SheetColumns(), file: excelize.NewFile()}
	if err := t.begin(); err != nil {
		return nil, errors.Join(err, t.file.Close())
	}
	return t, nil
}

// begin writes the row of titles.
func (t *xlsxTable) begin() error {
	name := t.words.In("cases", "案件")
	if err := t.file.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	format := "yyyy-mm-dd hh:mm"
	var bold int
	for _, style := range []struct {
		into *int
		is   excelize.Style
	}{
		{&t.date, excelize.Style{CustomNumFmt: &format}},
		{&bold, excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDE7F0"}}}},
	} {
		id, err := t.file.NewStyle(&style.is)
		if err != nil {
			return err
		}
		*style.into = id
	}
	var err error
	if t.sheet, err = t.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err := t.sheet.SetColWidth(1, len(t.columns), 18); err != nil {
		return err
	}
	if err := t.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	head := make([]any, len(t.columns))
	for i, column := range t.columns {
		head[i] = excelize.Cell{StyleID: bold, Value: column.Title.In(t.words.Lang)}
	}
	return t.sheet.SetRow("A1", head)
}

// Add implements Table.
func (t *xlsxTable) Add(c *wanggev1.Case) error {
	if t.rows == MaxRows {
		return i18n.Errorf("a sheet holds %d cases: narrow the list with --filter, or write --csv", "一张工作表最多容纳 %d 件案件：请用 --filter 缩小范围，或改用 --csv", MaxRows)
	}
	t.rows++
	cells := row(t.columns, t.words, c)
	for i, v := range cells {
		switch v := v.(type) {
		case string:
			cells[i] = i18n.Escape(v)
		case time.Time: // a cell has no zone: it shows the clock of the city
			cells[i] = excelize.Cell{StyleID: t.date, Value: time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), 0, time.UTC)}
		}
	}
	at, err := excelize.CoordinatesToCellName(1, t.rows+1)
	if err != nil {
		return err
	}
	return t.sheet.SetRow(at, cells)
}

// Flush implements Table: a workbook is written as a whole.
func (t *xlsxTable) Flush() error { return nil }

// Close implements Table.
func (t *xlsxTable) Close() error {
	err := t.sheet.Flush()
	if err == nil {
		_, err = t.file.WriteTo(t.to)
	}
	return errors.Join(err, t.file.Close())
}
