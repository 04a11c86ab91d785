package remote

import (
	"regexp"
	"strings"

	"wangge/api/resource"
	"wangge/dispatch/city/roster"
)

// The wire names units, people and posts as resources: areas/230102, people/p-17, departments/GREEN/posts/leader. Flags
// take that form and the form of the city directory: area:230102, person:p-17. Text for people has the form of the city
// directory.

// UnitName returns the resource name of a unit that a flag names in either form. Any other text is returned as it is;
// the server says what is wrong with it.
func UnitName(text string) string {
	if u, err := roster.ParseUnit(text); err == nil {
		return resource.Unit(u)
	}
	return text
}

// ScopeName is UnitName for a flag that also takes a person.
func ScopeName(text string) string {
	if id, ok := strings.CutPrefix(text, "person:"); ok {
		return resource.Person(roster.PersonID(id))
	}
	return UnitName(text)
}

// quotedUnit is a unit or a person in the form of the city directory, in the quotes of a filter.
var quotedUnit = regexp.MustCompile(`"(?:area|department|section|point|person):[^"]+"`)

// FilterOf returns a filter whose quoted units and people are resource names. The flag takes them in either form.
func FilterOf(text string) string {
	return quotedUnit.ReplaceAllStringFunc(text, func(quoted string) string {
		return `"` + ScopeName(strings.Trim(quoted, `"`)) + `"`
	})
}

// UnitText returns a unit as the city directory has it, by its resource name.
func UnitText(name string) string {
	if u, ok := resource.ParseUnit(name); ok {
		return u.String()
	}
	return name
}

// PersonText returns the id of a person, by the resource name.
func PersonText(name string) string {
	if id, ok := resource.ParsePerson(name); ok {
		return string(id)
	}
	return name
}

// PostText returns a post as the city directory has it, by its resource name.
func PostText(name string) string {
	if id, ok := resource.ParsePost(name); ok {
		return string(id)
	}
	return name
}
