package diag_test

import (
	"strings"
	"testing"

	"wangge/dispatch/diag"
)

// A value of a wrong type is named with its key, its line and what to write, in both languages without words of a library.
func TestYAML_WrongTypes(t *testing.T) {
	t.Parallel()
	type inner struct {
		Hours int
		Near  float64
		By    []string
		On    bool
	}
	for text, want := range map[string][2]string{
		"name: x\ndefaults:\n  hours: many\n": {`f.yaml:3: defaults hours: "many" has a wrong type; write a whole number`, `defaults hours：“many” 的类型不对`},
		"name: x\ndefaults: {near: far}\n":    {`f.yaml:2: defaults near: "far" has a wrong type; write a number`, "defaults near"},
		"name: x\ndefaults: {by: phone}\n":    {`f.yaml:2: defaults by: "phone" has a wrong type; write a list: [a, b]`, "defaults by"},
		"name: x\ndefaults: {on: 7}\n":        {`f.yaml:2: defaults on: "7" has a wrong type; write true or false`, "defaults on"},
		"defaults: 3\nname: x\n":              {`f.yaml:1: defaults: "3" has a wrong type; write keys with values`, "defaults"},
		"name: {a: b}\n":                      {`f.yaml:1: name: the value has a wrong type; write one text`, "name"},
		"all: [{by: [a, {b: c}]}]\n":          {`f.yaml:1: all by: the value has a wrong type; write one text`, "all by"},
		"all: [{hours: many}]\n":              {`f.yaml:1: all hours: "many" has a wrong type`, "all hours"},
	} {
		var list diag.List
		var into struct {
			Name     string
			Defaults inner
			All      []inner
		}
		if list.YAML("f.yaml", []byte(text), &into) || len(list) != 1 || !strings.HasPrefix(list[0].String(), want[0]) {
			t.Errorf("%s: %v, want %s", text, list, want[0])
			continue
		}
		if zh := list[0].Message.Zh + list[0].Suggestion.Zh; strings.Contains(zh, "construct") || !strings.Contains(zh, "请填写") || !strings.HasPrefix(zh, strings.Fields(want[1])[0]) {
			t.Errorf("%s: in Chinese %s", text, zh)
		}
	}
}
