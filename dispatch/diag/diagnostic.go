// Package diag describes what is wrong with a plain file: where, what, and what to write instead, in both languages.
// Loaders collect diagnostics so that a clerk sees all of them at once.
package diag

import (
	"cmp"
	"fmt"
	"slices"

	"wangge/dispatch/i18n"
)

// Diagnostic is one thing wrong with a file.
type Diagnostic struct {
	File       string
	Line       int    // 1-based; 0 = the file as a whole
	Column     string // column of a table, property of a GeoJSON feature; "" = the line as a whole
	Message    i18n.Text
	Suggestion i18n.Text
}

// String is the diagnostic in English, for logs and tests.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s:%d: %s; %s", d.File, d.Line, d.Message.En, d.Suggestion.En)
}

// List collects diagnostics. The zero List is empty.
type List []Diagnostic

// Report adds a diagnostic.
func (l *List) Report(d Diagnostic) { *l = append(*l, d) }

// Add adds a diagnostic of a line as a whole; line 0 is the file as a whole.
func (l *List) Add(file string, line int, message, suggestion i18n.Text) {
	l.Report(Diagnostic{File: file, Line: line, Message: message, Suggestion: suggestion})
}

// Stray reports the first control character in a text: see i18n.Stray. column is where the text is written, and what
// names it for people.
func (l *List) Stray(file string, line int, column string, what i18n.Text, text string) {
	if r, at := i18n.Stray(text); at > 0 {
		l.Report(Diagnostic{
			File: file, Line: line, Column: column,
			Message:    i18n.F("%[1]s holds %[2]U, a control character, as its character %[3]d", "%[4]s的第 %[3]d 个字符 %[2]U 是控制字符", what.En, r, at, what.Zh),
			Suggestion: i18n.F("remove it", "请删除"),
		})
	}
}

// Sort orders diagnostics by file and line. Diagnostics of one line keep their order: the first is often the cause of
// the others. Files are ordered as in files; files that are not in files follow, by name.
func (l List) Sort(files []string) {
	rank := func(file string) int {
		if i := slices.Index(files, file); i >= 0 {
			return i
		}
		return len(files)
	}
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(rank(a.File), rank(b.File)), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}

// Closest is the candidate with the fewest edits, the first of equal ones; "" when there is none.
func Closest(word string, candidates []string) string {
	best, at := "", 1<<30
	for _, c := range candidates {
		if d := Edits(word, c); d < at {
			best, at = c, d
		}
	}
	return best
}

// Near is the closest candidate when it is close: at most half of its letters differ, and one stands.
// Otherwise it is "", as it is for an empty word.
func Near(word string, candidates []string) string {
	c := Closest(word, candidates)
	n := len([]rune(c))
	if word == "" || n == 0 || Edits(word, c) > min((n+1)/2, max(n, len([]rune(word)))-1) {
		return ""
	}
	return c
}

// Suggest suggests the closest candidate, or lists them all when none is close.
func Suggest(word string, candidates []string) i18n.Text {
	if c := Near(word, candidates); c != "" {
		return i18n.F("did you mean %q?", "是否应为 %q？", c)
	}
	return i18n.F("write one of %s", "应为以下之一：%s", i18n.List(candidates...))
}

// maxWord bounds what Edits compares: it costs the product of both lengths.
const maxWord = 200

// Edits is the Levenshtein distance of two words in runes, of at most their first 200.
func Edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	x, y = x[:min(len(x), maxWord)], y[:min(len(y), maxWord)]
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diag := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diag
			if x[i] != y[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(y)]
}
