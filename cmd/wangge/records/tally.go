package records

import (
	"cmp"
	"maps"
	"slices"

	"wangge/dispatch/i18n"
)

// tally counts records by what is said of them.
type tally map[string]*tallied // by the English words

// tallied is how many records have one thing said of them, and the lines of the first few.
type tallied struct {
	What  i18n.Text
	Count int
	Lines []int
}

// firstLines is how many lines are named for each thing that is said of records, and unlocatedLines of those without a
// position.
const (
	firstLines     = 3
	unlocatedLines = 100
)

func (t tally) add(what i18n.Text, line int) {
	e := t[what.En]
	if e == nil {
		e = &tallied{What: what}
		t[what.En] = e
	}
	e.add(line, firstLines)
}

// add counts a record, and keeps its line while there are fewer than so many.
func (e *tallied) add(line, most int) {
	if e.Count++; len(e.Lines) < most {
		e.Lines = append(e.Lines, line)
	}
}

// ranked lists the most frequent first, equal ones by their words.
func (t tally) ranked() []*tallied {
	return slices.SortedFunc(maps.Values(t), func(a, b *tallied) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What.En, b.What.En))
	})
}

// rows of the tally for --json.
func (t tally) json(lang string) []countJSON {
	out := []countJSON{}
	for _, e := range t.ranked() {
		out = append(out, countJSON{e.What.In(lang), e.Count, e.Lines})
	}
	return out
}
