package compile

import (
	"go.yaml.in/yaml/v4"

	"wangge/dispatch/city/compile/ladders"
	"wangge/dispatch/i18n"
)

// invisibleIn reports invisible characters in keys and values of a YAML file. They are allowed in free text, and in
// imports.yaml, which repeats the text of another system.
func (l *loader) invisibleIn(file string) {
	doc := l.document(file)
	if doc == nil || l.Accepted || file == importsFile {
		return
	}
	var walk func(n *yaml.Node, key string)
	walk = func(n *yaml.Node, key string) {
		switch {
		case n.Kind == yaml.ScalarNode && key == "":
			l.InvisibleIn(file, n.Line, "", i18n.F("a value", "值"), n.Value)
		case n.Kind == yaml.ScalarNode && file == ladders.File && key == "name": // the name is an id
			l.InvisibleIn(file, n.Line, key, i18n.Text{En: key, Zh: key}, n.Value)
		case n.Kind == yaml.ScalarNode:
			l.Invisible(file, n.Line, key, n.Value)
		case n.Kind == yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				l.InvisibleIn(file, n.Content[i].Line, "", i18n.F("a key", "键"), n.Content[i].Value)
				walk(n.Content[i+1], n.Content[i].Value)
			}
		default: // an alias is checked where it is defined
			for _, c := range n.Content {
				walk(c, key)
			}
		}
	}
	walk(doc, "")
}
