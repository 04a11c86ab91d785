package compile

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// needs reports keys of city.yaml that are missing or hold a value that can't be used. A key is the way to it: "name",
// "defaults verify_minutes".
type needs struct {
	doc  *yaml.Node // nil if the file is invalid
	list *diag.List
}

// key reports a key whose value isn't ok. example is a value that can be used.
func (n needs) key(ok bool, key, example string) {
	if !ok {
		n.report(key, i18n.F("write %s: %s", "请写 %s: %s", last(key), example))
	}
}

// within reports a key whose number isn't from least to most.
func (n needs) within(value, least, most float64, key, example string) {
	if value >= least && value <= most {
		return
	}
	n.report(key, i18n.F("write %[1]s: %[2]s, or another number from %[3]s to %[4]s", "请写 %[1]s: %[2]s，或 %[3]s 至 %[4]s 之间的其他数", last(key), example, fmt.Sprint(int(least)), fmt.Sprint(int(most))))
}

func (n needs) report(key string, instead i18n.Text) {
	const file = "city.yaml"
	said := func(line int) bool {
		return slices.ContainsFunc(*n.list, func(d diag.Diagnostic) bool { return d.File == file && d.Line == line })
	}
	node := n.doc
	for name := range strings.FieldsSeq(key) {
		node = valueOf(node, name)
	}
	switch {
	case node == nil:
		n.list.Add(file, 0, i18n.F("%s is missing", "缺少 %s", key), instead)
	case said(node.Line): // the cause, such as a wrong type
	case node.Kind == yaml.ScalarNode:
		n.list.Add(file, node.Line, i18n.F("%[1]s: %[2]q can't be used", "%[1]s：%[2]q 无效", key, node.Value), instead)
	default:
		n.list.Add(file, node.Line, i18n.F("%s can't be used", "%s 无效", key), instead)
	}
}

// last is the key itself, without the keys above.
func last(key string) string { return key[strings.LastIndex(key, " ")+1:] }

// valueOf is the value of a key of a mapping, or of the document's; nil if there is none.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n != nil && n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
