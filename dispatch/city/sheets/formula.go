package sheets

import "strings"

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
