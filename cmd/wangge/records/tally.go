package records

import (
	"cmp"
	"maps"
	"slices"

	"wangge/dispatch/i18n"
)

// tally counts records by a remark.
type tally map[string]*tallied // by the English words

// tallied is the number of records with one remark, and the lines of the first ones.
type tallied struct {
	What  i18n.Text
	Count int
	Lines []int
}

// firstLines is the most lines that are named for a remark; unlocatedLines is that for records without a position.
const (
	firstLines     = 3
	unlocatedLines = 100
)

// add counts a record with a remark.
func (t tally) add(what i18n.Text, line int) {
	e := t[what.En]
	if e == nil {
		e = &tallied{What: what}
		t[what.En] = e
	}
	e.add(line, firstLines)
}

// add counts a record, and keeps its line if fewer than most are kept.
func (e *tallied) add(line, most int) {
	if e.Count++; len(e.Lines) < most {
		e.Lines = append(e.Lines, line)
	}
}

// ranked lists the most frequent remarks first, equal ones in alphabetical order.
func (t tally) ranked() []*tallied {
	return slices.SortedFunc(maps.Values(t), func(a, b *tallied) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What.En, b.What.En))
	})
}

// json is the tally as printed with --json.
func (t tally) json(lang string) []countJSON {
	out := []countJSON{}
	for _, e := range t.ranked() {
		out = append(out, countJSON{e.What.In(lang), e.Count, e.Lines})
	}
	return out
}
