package city

import (
	"slices"
	"strings"

	"wangge/dispatch/city/geojson"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

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

// properties puts the properties of a feature into f, and reports those that can't be used. Unknown properties are
// counted in strange.
func (f *feature) properties(list []geojson.Property, known []string, strange *[]unknown) {
	l := f.l
	given := map[string]bool{}
	for _, p := range list {
		if !slices.Contains(known, p.Name) {
			if i := slices.IndexFunc(*strange, func(u unknown) bool { return u.name == p.Name }); i >= 0 {
				(*strange)[i].count++
			} else {
				*strange = append(*strange, unknown{p.Name, f.line, 1})
			}
			continue
		}
		if given[p.Name] {
			f.report(p.Name, i18n.F("property %q is given twice", "属性 %q 重复", p.Name), i18n.F("keep one", "请只保留一个"))
		}
		given[p.Name] = true
		switch {
		case p.Kind == geojson.Null:
		case p.Kind == geojson.Other:
			f.report(p.Name, i18n.F("property %q is neither text nor number", "属性 %q 不是文本或数字", p.Name), i18n.F("write one text in quotes", "请填写一个带引号的文本"))
		case p.Kind == geojson.Number && !whole(p.Text) && !slices.Contains(lengths, p.Name):
			f.report(p.Name, i18n.F("property %[1]q is the number %[2]s, which can be written in several ways", "属性 %[1]q 是数字 %[2]s，其写法不唯一", p.Name, p.Text), i18n.F("put it in quotes: %q", "请加引号：%q", p.Text))
		default:
			if !l.Kept {
				l.Stray(f.file, f.line, p.Name, i18n.F("%s", "%s ", p.Name), p.Text)
				l.Invisible(f.file, f.line, p.Name, p.Text)
			}
			f.props[p.Name] = p.Text
		}
	}
}

// strange names each unknown property of a file once.
func (l *loader) strange(file string, known []string, list []unknown) {
	for _, u := range list {
		message := i18n.F("property %q is unknown", "属性 %q 未知", u.name)
		if u.count > 1 {
			message = i18n.F("property %[1]q is unknown, in %[2]d features", "属性 %[1]q 未知，见于 %[2]d 个要素", u.name, u.count)
		}
		suggestion := i18n.F("remove it: the properties are %s", "请删除：可用属性为 %s", strings.Join(known, ", "))
		if ours, ok := otherNames[u.name]; ok && slices.Contains(known, ours) {
			suggestion = i18n.F("call it %q", "请改名为 %q", ours)
		} else if diag.Near(u.name, known) != "" {
			suggestion = diag.Meant(u.name, known)
		}
		l.Report(diag.Diagnostic{File: file, Line: u.line, Column: u.name, Message: message, Suggestion: suggestion})
	}
}
