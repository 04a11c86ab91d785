package csvfile

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// begins are the characters with which a spreadsheet begins a formula.
const begins = "=+-@\t\r"

// formula reports a cell that a spreadsheet would calculate, or hand to another program. Numbers and
// phone numbers are none, whatever their sign.
func formula(cell string) bool {
	return cell != "" && strings.IndexByte(begins, cell[0]) >= 0 && strings.Trim(cell, "0123456789+-. ()") != ""
}

// Inert is a cell for a CSV file that people open in a spreadsheet: an apostrophe before what would be
// a formula. Words undoes it.
func Inert(cell string) string {
	if formula(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// Words is what a cell of a CSV file says: without the apostrophe that Inert or a spreadsheet put
// before what would be a formula.
func Words(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && formula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return cell
}

// Table is a table of a city directory as a CSV file for a spreadsheet: with a byte order mark, and
// with cells that a spreadsheet would calculate made Inert. A table without such cells, or one that
// can't be read, is left as it is otherwise.
func Table(data []byte) []byte {
	const mark = "\ufeff"
	data = bytes.TrimPrefix(data, []byte(mark))
	rd := csv.NewReader(bytes.NewReader(data))
	rd.FieldsPerRecord, rd.LazyQuotes = -1, true
	all, err := rd.ReadAll()
	found := false
	for _, rec := range all {
		for i, c := range rec {
			rec[i] = Inert(c)
			found = found || rec[i] != c
		}
	}
	var out bytes.Buffer
	out.WriteString(mark)
	if err != nil || !found {
		out.Write(data)
		return out.Bytes()
	}
	w := csv.NewWriter(&out)
	w.UseCRLF = bytes.Contains(data, []byte("\r\n"))
	_ = w.WriteAll(all) // a buffer never fails
	return out.Bytes()
}
