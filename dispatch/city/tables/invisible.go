package tables

import (
	"fmt"
	"slices"
	"unicode"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// freeText lists the columns and properties of text for people. All others hold ids, codes, dates and the like.
var freeText = []string{"name", "name_en", "class", "class_en", "closing", "campaign", "reason", "note"}

// invisible reports a character other than a blank that is not shown. Two ids that differ only in such a character
// look alike. Examples: U+200B, U+00AD, U+FEFF, the tags from U+E0000, variation selectors.
func invisible(r rune) bool {
	const braillePatternBlank = 0x2800
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == braillePatternBlank
}

// Invisible reports an invisible character in the value of a column, unless the column holds free text, where joiners
// of emoji and of some scripts are legitimate. Control characters are reported by diag.List.Stray.
func (rd *Reader) Invisible(file string, line int, column, text string) {
	if !slices.Contains(freeText, column) {
		rd.InvisibleIn(file, line, column, i18n.Text{En: column, Zh: column}, text)
	}
}

// InvisibleIn is Invisible for any column, or for a value without a column; what names the value in the diagnostic.
func (rd *Reader) InvisibleIn(file string, line int, column string, what i18n.Text, text string) {
	n := 0
	for _, r := range text {
		n++
		if _, stray := i18n.Stray(string(r)); stray == 0 && invisible(r) {
			rd.Report(diag.Diagnostic{File: file, Line: line, Column: column, Message: i18n.Text{
				En: fmt.Sprintf("%s holds %U, a character that can't be seen, as its character %d", what.En, r, n),
				Zh: fmt.Sprintf("%s 的第 %d 个字符 %U 是不可见字符", what.Zh, n, r),
			}, Suggestion: i18n.F("remove it, or write the value again", "请删除，或重新填写")})
			return
		}
	}
}
