package casetable

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"wangge/cmd/wangge/client/caseview"
	"wangge/dispatch/city/sheets/csvfile"

	wanggev1 "wangge/api/wangge/v1"
)

// csvTable is a table as CSV.
type csvTable struct {
	to      *csv.Writer
	words   caseview.Words
	columns []caseview.Column
}

// exactDigits is how many digits of a number a spreadsheet shows as they are.
const exactDigits = 11

// exact puts an apostrophe before a text that a spreadsheet would read as a number and show as another one: a long number of an order, or
// one with a zero in front.
func exact(cell string) string {
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil || cell[0] != '+' && cell[0] != '-' && (cell[0] < '0' || cell[0] > '9') ||
		len(cell) <= exactDigits && strconv.FormatFloat(n, 'f', -1, 64) == cell {
		return cell
	}
	return "'" + cell
}

// CSV begins a table for spreadsheets: UTF-8 with a byte order mark and a row of titles. A text that a spreadsheet would calculate, or
// read as a number and round, has an apostrophe in front.
func CSV(to io.Writer, words caseview.Words) (Table, error) {
	if _, err := io.WriteString(to, "\ufeff"); err != nil {
		return nil, err
	}
	t := &csvTable{csv.NewWriter(to), words, caseview.SheetColumns()}
	head := make([]string, len(t.columns))
	for i, column := range t.columns {
		head[i] = column.Title.In(words.Lang)
	}
	return t, t.to.Write(head)
}

// Add implements Table.
func (t *csvTable) Add(c *wanggev1.Case) error {
	cells := make([]string, len(t.columns))
	for i, v := range row(t.columns, t.words, c) {
		switch v := v.(type) {
		case nil:
		case string:
			cells[i] = exact(csvfile.Inert(v))
		case time.Time:
			cells[i] = v.Format(time.DateTime)
		case float64:
			cells[i] = strconv.FormatFloat(v, 'f', 6, 64)
		default:
			cells[i] = fmt.Sprint(v)
		}
	}
	return t.to.Write(cells)
}

// Flush implements Table.
func (t *csvTable) Flush() error {
	t.to.Flush()
	return t.to.Error()
}

// Close implements Table.
func (t *csvTable) Close() error { return t.Flush() }
