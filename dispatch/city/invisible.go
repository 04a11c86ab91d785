package city

import (
	"fmt"
	"slices"
	"unicode"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/i18n"
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
	if !slices.Contains(freeText, column) {
		l.seenAs(file, line, i18n.Text{En: column, Zh: column}, text)
	}
}

// seenAs is seen for what has no column.
func (l *loader) seenAs(file string, line int, what i18n.Text, text string) {
	n := 0
	for _, r := range text {
		n++
		if _, stray := i18n.Stray(string(r)); stray == 0 && hidden(r) {
			l.Add(file, line, i18n.Text{
				En: fmt.Sprintf("%s holds %U, a character that can't be seen, as its character %d", what.En, r, n),
				Zh: fmt.Sprintf("%s 的第 %d 个字符 %U 是不可见字符", what.Zh, n, r),
			}, i18n.F("remove it, or write the value again", "请删除，或重新填写"))
			return
		}
	}
}

// seenIn names the hidden characters of the keys and values of a YAML file, each at its line. Free text may hold one;
// so may imports.yaml, which repeats the words of another system.
func (l *loader) seenIn(file string) {
	doc := l.document(file)
	if doc == nil || l.kept || file == importsFile {
		return
	}
	var walk func(n *yaml.Node, key string)
	walk = func(n *yaml.Node, key string) {
		switch {
		case n.Kind == yaml.ScalarNode && key == "":
			l.seenAs(file, n.Line, i18n.F("a value", "值"), n.Value)
		case n.Kind == yaml.ScalarNode && file == laddersFile && key == "name": // which is an id
			l.seenAs(file, n.Line, i18n.Text{En: key, Zh: key}, n.Value)
		case n.Kind == yaml.ScalarNode:
			l.seen(file, n.Line, key, n.Value)
		case n.Kind == yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				l.seenAs(file, n.Content[i].Line, i18n.F("a key", "键"), n.Content[i].Value)
				walk(n.Content[i+1], n.Content[i].Value)
			}
		default: // an alias is walked where it is defined
			for _, c := range n.Content {
				walk(c, key)
			}
		}
	}
	walk(doc, "")
}
