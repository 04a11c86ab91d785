package city

import (
	"slices"
	"unicode"
	"wangge/dispatch/say"
)

// freeText are the columns and properties whose cells are words for people. All others are ids, codes, dates
// and the like.
var freeText = []string{"name", "name_en", "class", "class_en", "closing", "campaign", "reason", "note"}

// hidden reports a character that is not seen, other than a blank: with one, two ids look alike and differ.
// Examples: U+200B, U+00AD, U+FEFF, the tags from U+E0000, variation selectors.
func hidden(r rune) bool {
	const braillePatternBlank = 0x2800
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == braillePatternBlank
}

// seen names a hidden character of an id or a code; free text may hold one: joiners of emoji and of some scripts
// belong to it. Stray characters are named by Stray.
func (l *loader) seen(file string, line int, column, text string) {
	if slices.Contains(freeText, column) {
		return
	}
	n := 0
	for _, r := range text {
		n++
		if _, stray := say.Stray(string(r)); stray == 0 && hidden(r) {
			l.Add(file, line, say.F("%[1]s holds %[2]U, a character that can't be seen, as its character %[3]d", "%[1]s 的第 %[3]d 个字符 %[2]U 是不可见字符", column, r, n), say.F("remove it, or write the value again", "请删除，或重新填写"))
			return
		}
	}
}
