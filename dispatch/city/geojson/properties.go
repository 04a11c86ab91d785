package geojson

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Property is one property of a feature.
type Property struct {
	Name string
	Kind Kind
	Text string // the text of Text, the digits of Number as written; otherwise ""
}

// Kind is the kind of a property's value.
type Kind int

// Kinds of values.
const (
	Text Kind = iota
	Number
	Null
	Other // true, false, an object or an array
)

// properties reads the properties of a feature in the order of the file. Numbers keep their digits: an id of 18
// digits would lose some in a float.
func properties(raw json.RawMessage) ([]Property, error) {
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
	var out []Property
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("properties: %w", err)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, fmt.Errorf("property %q: %w", key, err)
		}
		p := Property{Name: key.(string), Kind: Other}
		switch {
		case value[0] == '"':
			p.Kind = Text
			if err := json.Unmarshal(value, &p.Text); err != nil {
				return nil, fmt.Errorf("property %q: %w", key, err)
			}
		case value[0] == '-' || value[0] >= '0' && value[0] <= '9':
			p.Kind, p.Text = Number, string(value)
		case string(value) == "null":
			p.Kind = Null
		}
		out = append(out, p)
	}
	return out, nil
}

// Texts returns the properties that are texts or numbers, by name. Of a repeated name the last one counts.
func (f *Feature) Texts() map[string]string {
	out := make(map[string]string, len(f.Properties))
	for _, p := range f.Properties {
		if p.Kind == Text || p.Kind == Number {
			out[p.Name] = p.Text
		}
	}
	return out
}
