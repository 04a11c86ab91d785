package city

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// property is one property of a GeoJSON feature.
type property struct {
	name string
	kind valueKind
	text string // of a text, what it says; of a number, its digits as written
}

// valueKind is what a JSON value is, as far as a table of features tells.
type valueKind int

const (
	isText valueKind = iota
	isNumber
	isNull
	isOther // true, false, an object or an array
)

// propertiesOf reads the properties of a feature in the order of the file. A number is never turned
// into a float: an id of 18 digits would become another one.
func propertiesOf(raw json.RawMessage) ([]property, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	begin, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("properties: %w", err)
	}
	if begin != json.Delim('{') {
		return nil, fmt.Errorf("properties are %.20s, not an object", raw)
	}
	var out []property
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("properties: %w", err)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, fmt.Errorf("property %q: %w", key, err)
		}
		p := property{name: key.(string), kind: isOther}
		switch {
		case value[0] == '"':
			p.kind = isText
			if err := json.Unmarshal(value, &p.text); err != nil {
				return nil, fmt.Errorf("property %q: %w", key, err)
			}
		case value[0] == '-' || value[0] >= '0' && value[0] <= '9':
			p.kind, p.text = isNumber, string(value)
		case string(value) == "null":
			p.kind = isNull
		}
		out = append(out, p)
	}
	return out, nil
}

// TextsOf are the properties that are texts or numbers, by name; of a name that is given twice, the last.
func TextsOf(raw json.RawMessage) map[string]string {
	list, _ := propertiesOf(raw) // a feature that can't be read has been named where the city is loaded
	out := make(map[string]string, len(list))
	for _, p := range list {
		if p.kind == isText || p.kind == isNumber {
			out[p.name] = p.text
		}
	}
	return out
}

// whole reports digits that say the same as a text: no sign but a minus, no fraction, no exponent.
func whole(number string) bool {
	digits := strings.TrimPrefix(number, "-")
	return number != "-0" && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// lengths are the properties that are measured in metres: any number may stand there.
var lengths = []string{"radius_m", "width_m"}

// otherNames are what files from elsewhere call our properties.
var otherNames = map[string]string{"adcode": "id"}

// unknown counts the features that have a property which a file does not know.
type unknown struct {
	name        string
	line, count int
}

// properties puts the properties of a feature into f, and names those that can't be used. Unknown ones
// are counted in strange.
func (l *loader) properties(file string, f *feature, raw json.RawMessage, known []string, strange *[]unknown) error {
	list, err := propertiesOf(raw)
	if err != nil {
		return err
	}
	given := map[string]bool{}
	for _, p := range list {
		if !slices.Contains(known, p.name) {
			if i := slices.IndexFunc(*strange, func(u unknown) bool { return u.name == p.name }); i >= 0 {
				(*strange)[i].count++
			} else {
				*strange = append(*strange, unknown{p.name, f.line, 1})
			}
			continue
		}
		if given[p.name] {
			l.Add(file, f.line, i18n.F("property %q is given twice", "属性 %q 重复", p.name), i18n.F("keep one", "请只保留一个"))
		}
		given[p.name] = true
		switch {
		case p.kind == isNull:
		case p.kind == isOther:
			l.Add(file, f.line, i18n.F("property %q is neither text nor number", "属性 %q 不是文本或数字", p.name), i18n.F("write one text in quotes", "请填写一个带引号的文本"))
		case p.kind == isNumber && !whole(p.text) && !slices.Contains(lengths, p.name):
			l.Add(file, f.line, i18n.F("property %[1]q is the number %[2]s, which can be written in several ways", "属性 %[1]q 是数字 %[2]s，其写法不唯一", p.name, p.text), i18n.F("put it in quotes: %q", "请加引号：%q", p.text))
		default:
			if !l.kept {
				l.Stray(file, f.line, i18n.F("%s", "%s ", p.name), p.text)
				l.seen(file, f.line, p.name, p.text)
			}
			f.props[p.name] = p.text
		}
	}
	return nil
}

// strange names each unknown property of a file once.
func (l *loader) strange(file string, known []string, list []unknown) {
	for _, u := range list {
		message := i18n.F("property %q is unknown", "属性 %q 未知", u.name)
		if u.count > 1 {
			message = i18n.F("property %[1]q is unknown, in %[2]d features", "属性 %[1]q 未知，见于 %[2]d 个要素", u.name, u.count)
		}
		suggestion := diag.Meant(u.name, known)
		if ours, ok := otherNames[u.name]; ok && slices.Contains(known, ours) {
			suggestion = i18n.F("call it %q", "请改名为 %q", ours)
		}
		all := strings.Join(known, ", ")
		if strings.HasPrefix(suggestion.En, "write one of") {
			suggestion = i18n.F("remove it: the properties are %s", "请删除：可用属性为 %s", all)
		}
		l.Add(file, u.line, message, suggestion)
	}
}
