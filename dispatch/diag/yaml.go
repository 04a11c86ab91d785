package diag

import (
	"bytes"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/i18n"
)

// Document parses the one document of a file; false, with a fault, when there is none or a second.
func (l *List) Document(file string, text []byte) (*yaml.Node, bool) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		l.Add(
			file,
			LineOf(err.Error()),
			i18n.Text{En: "can't be read as YAML: " + err.Error(), Zh: "不是有效的 YAML"},
			i18n.F("check indents, quotes and brackets", "请检查缩进、引号和括号"),
		)
		return nil, false
	}
	parts := yaml.NewDecoder(bytes.NewReader(text))
	if first := parts.Decode(new(yaml.Node)); first == nil && parts.Decode(new(yaml.Node)) == nil {
		l.Add(
			file,
			0,
			i18n.F("holds a second document after ---, which nobody reads", "--- 之后还有第二个文档，不会被读取"),
			i18n.F("keep one document", "请只保留一个文档"),
		)
		return nil, false
	}
	if len(doc.Content) == 0 {
		l.Add(file, 0, i18n.F("the file is empty", "文件为空"), i18n.F("write its keys", "请填写内容"))
		return nil, false
	}
	l.stray(file, &doc)
	return &doc, true
}

// stray walks the texts of a document; what an alias stands for is walked where it is defined.
func (l *List) stray(file string, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		l.Stray(file, n.Line, "", i18n.F("a text", "文本"), n.Value)
	}
	for _, c := range n.Content {
		l.stray(file, c)
	}
}

// YAML decodes a file strictly into a struct whose fields carry yaml tags. It names every key that
// the struct does not know, with its line and the nearest key, and every value of a wrong type.
// It reports whether the file had no fault; what could be decoded is, so that more faults are found.
func (l *List) YAML(file string, text []byte, into any) bool {
	before := len(*l)
	doc, ok := l.Document(file, text)
	if !ok {
		return false
	}
	l.keys(file, doc.Content[0], reflect.TypeOf(into).Elem())
	said := map[int]bool{}
	for _, f := range (*l)[before:] {
		said[f.Line] = true
	}
	wrong := func(line, column int, err string) {
		if !said[line] {
			l.wrongType(file, doc, line, column, err)
		}
	}
	var each *yaml.LoadErrors
	switch err := doc.Decode(into); {
	case errors.As(err, &each):
		for _, e := range each.Errors {
			wrong(e.Mark.Line, e.Mark.Column, e.Message)
		}
	case err != nil:
		wrong(LineOf(err.Error()), 0, err.Error())
	}
	return len(*l) == before
}

// At is the line of what stands under keys and indexes in a document, or of the last of them that is
// there.
func At(doc *yaml.Node, path ...any) int {
	n := doc
	for n != nil && (n.Kind == yaml.DocumentNode || n.Kind == yaml.AliasNode) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		} else if n = first(n.Content); n == nil {
			return 0
		}
	}
	if n == nil {
		return 0
	}
	if len(path) == 0 {
		return n.Line
	}
	switch at := path[0].(type) {
	case int:
		if n.Kind == yaml.SequenceNode && at < len(n.Content) {
			return At(n.Content[at], path[1:]...)
		}
	case string:
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == at {
				return At(n.Content[i+1], path[1:]...)
			}
		}
	}
	return n.Line
}

func first(nodes []*yaml.Node) *yaml.Node {
	if len(nodes) == 0 {
		return nil
	}
	return nodes[0]
}

// keys walks the node beside the type that it will be decoded into.
func (l *List) keys(file string, n *yaml.Node, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode:
		for _, e := range n.Content {
			l.keys(file, e, t.Elem())
		}
	case t.Kind() == reflect.Struct && n.Kind == yaml.MappingNode:
		var known []string
		fields := map[string]reflect.Type{}
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if name == "" {
				name = strings.ToLower(f.Name)
			}
			known, fields[name] = append(known, name), f.Type
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			ft, ok := fields[k.Value]
			switch {
			case !ok:
				l.Add(file, k.Line, i18n.F("unknown key %q", "未知的键 %q", k.Value), Suggest(k.Value, known))
			case seen[k.Value]:
				l.Add(file, k.Line, i18n.F("key %q is given twice", "键 %q 重复", k.Value), i18n.F("keep one", "请只保留一个"))
			default:
				l.keys(file, n.Content[i+1], ft)
			}
			seen[k.Value] = true
		}
	}
}

// LineOf finds "line N" in an error's text; 0 when there is none.
func LineOf(message string) int {
	_, after, ok := strings.Cut(message, "line ")
	if !ok {
		return 0
	}
	n, _ := strconv.Atoi(after[:len(after)-len(strings.TrimLeft(after, "0123456789"))])
	return n
}
