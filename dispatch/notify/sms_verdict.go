package notify

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// verdict is a test of a gateway's answer. A part that is not set tests nothing.
type verdict struct {
	statuses []int
	path     []string // keys and indexes of JSON
	equals   []string
	body     *regexp.Regexp
}

// met reports whether every part that is set holds. Without a status, any of 200 to 299 is wanted.
func (v verdict) met(a answer) bool {
	if len(v.statuses) == 0 && (a.status < 200 || a.status > 299) || len(v.statuses) > 0 && !slices.Contains(v.statuses, a.status) {
		return false
	}
	return (len(v.path) == 0 || v.equal(a)) && (v.body == nil || !a.cut && v.body.Match(a.body))
}

// any reports whether a part that is set holds.
func (v verdict) any(a answer) bool {
	return slices.Contains(v.statuses, a.status) || len(v.path) > 0 && v.equal(a) || v.body != nil && !a.cut && v.body.Match(a.body)
}

// equal reports whether the value at the path is one of those wanted.
func (v verdict) equal(a answer) bool {
	text, ok := valueAt(a.body, v.path)
	return ok && !a.cut && slices.Contains(v.equals, text)
}

// valueAt is the text of a string, number, boolean or null in a JSON document, by keys of objects and indexes of arrays.
func valueAt(doc []byte, path []string) (string, bool) {
	var value any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return "", false
	}
	for _, key := range path {
		switch in := value.(type) {
		case map[string]any:
			inner, ok := in[key]
			if !ok {
				return "", false
			}
			value = inner
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(in) {
				return "", false
			}
			value = in[i]
		default:
			return "", false
		}
	}
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case nil:
		return "null", true
	}
	return "", false
}

// pathOf splits "data.0.code" into its keys and indexes; "" has none.
func pathOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ".")
}
