package city

import "wangge/dispatch/i18n"

// ids remembers where each id of a table stands first.
type ids struct {
	l        *loader
	what     i18n.Text // whose ids. Example: "point id"
	remedy   i18n.Text
	firstRow map[string]int
}

func (l *loader) ids(what, remedy i18n.Text) *ids {
	return &ids{l: l, what: what, remedy: remedy, firstRow: map[string]int{}}
}

// take notes an id, and reports whether a row may have it. An empty id and one that an earlier row has
// are faults of this row.
func (s *ids) take(file string, line int, id string) bool {
	first, used := s.firstRow[id]
	switch {
	case id == "":
		s.l.Add(file, line, i18n.Text{En: s.what.En + " is empty", Zh: s.what.Zh + "为空"}, s.remedy)
	case used:
		at := i18n.F(" %[1]q is used twice, first in line %[2]d", " %[1]q 重复，首次出现在第 %[2]d 行", id, first)
		if first == line {
			at = i18n.F(" %q is used twice in this line", " %q 在本行内重复", id)
		}
		s.l.Add(file, line, i18n.Text{En: s.what.En + at.En, Zh: s.what.Zh + at.Zh}, s.remedy)
	default:
		s.firstRow[id] = line
		return true
	}
	return false
}
