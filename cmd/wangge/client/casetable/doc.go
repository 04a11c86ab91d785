// Package casetable writes lists of cases as tables: aligned text for the eye, CSV and XLSX for spreadsheets.
package casetable

import (
	"wangge/cmd/wangge/client/caseview"

	wanggev1 "wangge/api/wangge/v1"
)

// A Table takes cases one by one. Flush writes what was added so far, where the form allows it; Close ends the table, once. Not safe for
// concurrent use.
type Table interface {
	Add(c *wanggev1.Case) error
	Flush() error
	Close() error
}

// row are the values of a case in the order of the columns.
func row(columns []caseview.Column, w caseview.Words, c *wanggev1.Case) []any {
	out := make([]any, len(columns))
	for i, column := range columns {
		out[i] = column.Value(w, c)
	}
	return out
}
