package i18n

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// stray reports a character that people's words may not hold: a control character other than a tab and
// a line end, a line or paragraph separator, an override of the direction of writing (U+202A to
// U+202E, U+2066 to U+2069). A terminal acts on the first; the others show a text as it is not.
func stray(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// next returns the first character of a text, its length in bytes, and whether the character is stray. A carriage return
// before a line feed is not stray; a byte that is not UTF-8 is.
func next(text string) (r rune, size int, bad bool) {
	r, size = utf8.DecodeRuneInString(text)
	if r == '\r' && strings.HasPrefix(text, "\r\n") {
		return r, size, false
	}
	return r, size, stray(r) || r == utf8.RuneError && size == 1
}

// Stray finds the first character of a text that is not to be stored: see Escape. at counts characters
// from 1; 0 = there is none. A byte that is not UTF-8 is U+FFFD.
func Stray(text string) (r rune, at int) {
	for n := 1; text != ""; n++ {
		c, size, bad := next(text)
		if bad {
			return c, n
		}
		text = text[size:]
	}
	return 0, 0
}

// Escape replaces stray characters by a visible form without effect, such as \u001b. A string of JSON has the same value
// before and after. Escape is the only way in which text of people is cleaned for display; Stray says which text is
// refused on input.
func Escape(text string) string {
	if _, at := Stray(text); at == 0 {
		return text
	}
	var b strings.Builder
	for text != "" {
		r, size, bad := next(text)
		switch {
		case !bad:
			b.WriteString(text[:size])
		case r == utf8.RuneError:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		text = text[size:]
	}
	return b.String()
}

// OneLine is Escape for text inside a line: line ends become \n.
func OneLine(text string) string {
	return strings.NewReplacer("\r\n", `\n`, "\n", `\n`).Replace(Escape(text))
}

// Without returns a text without its stray characters; a control character between words becomes a blank.
func Without(text string) string {
	if _, at := Stray(text); at == 0 {
		return text
	}
	var b strings.Builder
	for text != "" {
		r, size, bad := next(text)
		switch {
		case !bad:
			b.WriteString(text[:size])
		case unicode.IsControl(r):
			b.WriteByte(' ')
		}
		text = text[size:]
	}
	return b.String()
}
