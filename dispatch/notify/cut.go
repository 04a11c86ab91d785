package notify

import (
	"strings"
	"unicode/utf8"
)

// cutMark stands where a text was cut.
const cutMark = "[…]"

// inBytes counts a character as WeCom does: by its bytes in UTF-8.
func inBytes(r rune) int { return utf8.RuneLen(r) }

// inUCS2 counts a character as a short message does: by its units in UTF-16. An emoji counts two.
func inUCS2(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// cut joins lines, and shortens the result to a bound as size counts. The last line, which says where to read more,
// stays whole if half of the bound can hold the line; the cut is between two characters and shows as cutMark.
func cut(lines []string, separator string, bound int, size func(rune) int) string {
	text := strings.Join(lines, separator)
	if width(text, size) <= bound {
		return text
	}
	end := ""
	if n := len(lines) - 1; n > 0 && width(separator+lines[n], size) <= bound/2 {
		end, text = separator+lines[n], strings.Join(lines[:n], separator)
	}
	left := bound - width(cutMark+end, size)
	for i, r := range text {
		if left -= size(r); left < 0 {
			return text[:i] + cutMark + end
		}
	}
	return text + cutMark + end
}

func width(text string, size func(rune) int) int {
	n := 0
	for _, r := range text {
		n += size(r)
	}
	return n
}

// lines returns the lines of a text for a channel without a subject of its own. A first line that repeats the subject
// is left out.
func (t Text) lines() []string {
	body := strings.Split(t.Body, "\n")
	if strings.Contains(t.Subject, strings.TrimRight(body[0], ":：")) {
		body = body[1:]
	}
	return append([]string{t.Subject}, body...)
}
