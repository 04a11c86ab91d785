package casetable

import (
	"fmt"
	"io"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
	"wangge/dispatch/i18n"

	wanggev1 "wangge/api/wangge/v1"
)

// none stands in a column for a value that there is none of.
const none = "–"

// textTable is a table with columns of one width. It keeps the rows since the last flush: the columns of a page are as wide as its widest
// value, and no page is narrower than the pages before.
type textTable struct {
	to      io.Writer
	words   caseview.Words
	columns []caseview.Column
	rows    [][]string
	wide    []int
	begun   bool
}

// Text returns a table for the eye, without lines and with the text of people escaped. A page of cases is kept until Flush.
func Text(to io.Writer, words caseview.Words) Table {
	t := &textTable{to: to, words: words, columns: caseview.ListColumns()}
	t.wide = make([]int, len(t.columns))
	return t
}

// Add implements Table.
func (t *textTable) Add(c *wanggev1.Case) error {
	if !t.begun {
		head := make([]string, len(t.columns))
		for i, column := range t.columns {
			head[i] = column.Title.In(t.words.Lang)
		}
		t.rows, t.begun = append(t.rows, head), true
	}
	cells := make([]string, len(t.columns))
	for i, v := range row(t.columns, t.words, c) {
		if cells[i] = none; v != nil {
			cells[i] = i18n.OneLine(fmt.Sprint(v))
		}
	}
	t.rows = append(t.rows, cells)
	return nil
}

// Flush implements Table.
func (t *textTable) Flush() error {
	for _, cells := range t.rows {
		for i, cell := range cells {
			t.wide[i] = max(t.wide[i], cli.Width(cell))
		}
	}
	for _, cells := range t.rows {
		padded := make([]string, len(cells))
		for i, cell := range cells {
			padded[i] = cli.Padded(cell, t.wide[i])
		}
		if _, err := fmt.Fprintln(t.to, strings.TrimRight(strings.Join(padded, "  "), " ")); err != nil {
			return err
		}
	}
	t.rows = nil
	return nil
}

// Close implements Table.
func (t *textTable) Close() error { return t.Flush() }
