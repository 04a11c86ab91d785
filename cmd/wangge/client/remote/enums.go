package remote

import (
	"slices"
	"strings"

	"wangge/dispatch/i18n"
)

// ParseEnum returns the number of a value by its short name: "gcj02" of DATUM_GCJ02 for the prefix "DATUM_".
func ParseEnum(values map[string]int32, prefix, short string) (int32, error) {
	if v, ok := values[prefix+strings.ToUpper(short)]; ok && v != 0 {
		return v, nil
	}
	var names []string
	for n, v := range values {
		if v != 0 {
			names = append(names, strings.ToLower(strings.TrimPrefix(n, prefix)))
		}
	}
	slices.Sort(names)
	return 0, i18n.Errorf("%q is none of %s", "%q 无效，可选：%s", short, i18n.List(names...))
}

// EnumNames are the short names of the values of an enum except the unspecified one, in the order of their numbers.
func EnumNames(values map[int32]string, prefix string) []string {
	numbers := make([]int32, 0, len(values))
	for n := range values {
		if n != 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = strings.ToLower(strings.TrimPrefix(values[n], prefix))
	}
	return out
}
