package tables

import (
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// IDs records the line on which each id of a table was first used.
type IDs struct {
	rd        *Reader
	what      i18n.Text // what the ids identify. Example: "point id"
	remedy    i18n.Text
	column    string
	firstLine map[string]int
}

// IDs returns an empty set of ids. column is the column or property of the ids, what names them in diagnostics, and
// remedy is the suggestion for an id that is empty or used twice.
func (rd *Reader) IDs(column string, what, remedy i18n.Text) *IDs {
	return &IDs{rd: rd, what: what, remedy: remedy, column: column, firstLine: map[string]int{}}
}

// Take records the id of a line, and reports whether the id is new. An empty or repeated id gives a diagnostic.
func (s *IDs) Take(file string, line int, id string) bool {
	first, used := s.firstLine[id]
	message := i18n.Text{En: s.what.En + " is empty", Zh: s.what.Zh + "为空"}
	switch {
	case id == "":
	case used:
		at := i18n.F(" %[1]q is used twice, first in line %[2]d", " %[1]q 重复，首次出现在第 %[2]d 行", id, first)
		if first == line {
			at = i18n.F(" %q is used twice in this line", " %q 在本行内重复", id)
		}
		message = i18n.Text{En: s.what.En + at.En, Zh: s.what.Zh + at.Zh}
	default:
		s.firstLine[id] = line
		return true
	}
	s.rd.Report(diag.Diagnostic{File: file, Line: line, Column: s.column, Message: message, Suggestion: s.remedy})
	return false
}
