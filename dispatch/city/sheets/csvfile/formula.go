package csvfile

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// begins lists the first characters of formulas.
const begins = "=+-@\t\r"

// formula reports a cell that a spreadsheet would calculate or pass to another program. Numbers and phone numbers are
// not formulas, whatever their sign.
func formula(cell string) bool {
	return cell != "" && strings.IndexByte(begins, cell[0]) >= 0 && strings.Trim(cell, "0123456789+-. ()") != ""
}

// Inert returns a cell for a CSV file that is opened in a spreadsheet: an apostrophe precedes what would be a
// formula. Plain is the inverse.
func Inert(cell string) string {
	if formula(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// Plain returns the text of a cell of a CSV file, without the apostrophe that Inert or a spreadsheet put before what
// would be a formula.
func Plain(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && formula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return cell
}

// Table returns a table of a city directory as a CSV file for spreadsheets: with a byte order mark, and with formulas
// made Inert. Without formulas, or if the table cannot be parsed, only the mark is added.
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
	_ = w.WriteAll(all) // writes to a buffer do not fail
	return out.Bytes()
}
