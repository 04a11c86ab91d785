package cli

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width is how many columns of a terminal a text takes: two for each wide character of East Asia, none for a mark that joins the character
// before.
func Width(text string) (n int) {
	for _, r := range text {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// Padded is a text with blanks up to a width.
func Padded(text string, to int) string { return text + strings.Repeat(" ", max(0, to-Width(text))) }
