package i18n

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// forms are the two forms of a word in an English format, as in {case|cases}.
var forms = regexp.MustCompile(`\{([^{}|]*)\|([^{}|]*)\}`)

// verb is a verb of a format, with its index and width.
var verb = regexp.MustCompile(`%(?:%|[-+# 0]*(?:[0-9]+)?(?:\.[0-9]*)?(?:\[([0-9]+)\])?(?:\.[0-9]*)?[a-zA-Z])`)

// Plural is an English format without its forms of words: {case|cases} becomes "case" where the number that the verb before it prints
// is one, and "cases" elsewhere. The number of {1:is|are} is that of argument 1. What is printed of the arguments stays as it is.
//
// Example: "%d {case|cases} moved" with 1 is "%d case moved".
func Plural(format string, args ...any) string {
	if !strings.Contains(format, "|") {
		return format
	}
	found := forms.FindAllStringSubmatchIndex(format, -1)
	if found == nil {
		return format
	}
	var b strings.Builder
	from, next, last := 0, 1, 0 // next is the argument of a verb without an index, last that of the verb before
	for _, m := range found {
		before := format[from:m[0]]
		for _, v := range verb.FindAllStringSubmatch(before, -1) {
			switch n, err := strconv.Atoi(v[1]); {
			case v[0] == "%%":
			case err == nil:
				last, next = n, n+1
			default:
				last, next = next, next+1
			}
		}
		one, many := format[m[2]:m[3]], format[m[4]:m[5]]
		of := last
		if digits, word, ok := strings.Cut(one, ":"); ok {
			if n, err := strconv.Atoi(digits); err == nil {
				of, one = n, word
			}
		}
		b.WriteString(before)
		if of >= 1 && of <= len(args) && isOne(args[of-1]) {
			b.WriteString(one)
		} else {
			b.WriteString(many)
		}
		from = m[1]
	}
	return b.String() + format[from:]
}

// isOne reports whether an argument is the whole number one.
func isOne(arg any) bool {
	switch v := reflect.ValueOf(arg); {
	case !v.IsValid():
		return false
	case v.CanInt():
		return v.Int() == 1
	case v.CanUint():
		return v.Uint() == 1
	}
	return false
}
