package diag

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/i18n"
)

// wrongType reports a value that could not be decoded. The message of the decoder ends with the type wanted, as in "cannot
// construct !!str `x` into int"; another message is that of a type of the program, and is repeated.
func (l *List) wrongType(file string, doc *yaml.Node, line, column int, message string) {
	key, value, _ := keyAt(doc, line, column)
	if key == "" {
		key = file
	}
	what, ok := i18n.Text{}, false
	if i := strings.LastIndex(message, " into "); i >= 0 && strings.Contains(message, "!!") {
		what, ok = wanted(message[i+len(" into "):]), true
	}
	switch {
	case !ok:
		l.Add(file, line, i18n.F("%[1]s: a value has a wrong type: %[2]s", "%[1]s：值的类型不对：%[2]s", key, message),
			i18n.F("compare with an example of the file, such as a built-in city's", "请对照该文件的示例，如内置城市的同名文件"))
	case value == "":
		l.Add(file, line, i18n.F("%s: the value has a wrong type", "%s：值的类型不对", key), i18n.F("write %[1]s", "请填写%[2]s", what.En, what.Zh))
	default:
		l.Add(file, line, i18n.F("%[1]s: %[2]q has a wrong type", "%[1]s：%[2]q 的类型不对", key, value), i18n.F("write %[1]s", "请填写%[2]s", what.En, what.Zh))
	}
}

// wanted names a type of the program for people.
func wanted(goType string) i18n.Text {
	switch {
	case strings.HasPrefix(goType, "[]"):
		return i18n.F("a list: [a, b]", "列表，例如 [a, b]")
	case strings.HasPrefix(goType, "int") || strings.HasPrefix(goType, "uint"):
		return i18n.F("a whole number", "整数")
	case strings.HasPrefix(goType, "float"):
		return i18n.F("a number", "数字")
	case goType == "bool":
		return i18n.F("true or false", " true 或 false")
	case goType == "string":
		return i18n.F("one text", "一段文字")
	default:
		return i18n.F("keys with values: {key: value}", "键和值，例如 {key: value}")
	}
}

// keyAt is the way of keys to the value at a line and column, such as "defaults check_hours", and the value if it is a text;
// false if no value begins there. Column 0 is any column.
func keyAt(n *yaml.Node, line, column int) (key, value string, ok bool) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		if key, value, ok = keyAt(c, line, column); !ok {
			value, ok = c.Value, c.Line == line && (column == 0 || c.Column == column)
		}
		if ok && n.Kind == yaml.MappingNode {
			key = strings.TrimSpace(n.Content[i-1].Value + " " + key)
		}
		if ok {
			return key, value, true
		}
	}
	return "", "", false
}
