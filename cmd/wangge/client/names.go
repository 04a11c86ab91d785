package client

import (
	"regexp"
	"strings"

	"wangge/api/resource"
	"wangge/dispatch/city/roster"
)

// People write and read the ids of the city directory, as area:230102; the wire has resource names, as areas/230102. Flags take
// either form. The functions that end in Name make the name that a flag means; a text of neither form stays as it is, for the server
// to refuse. Those that end in ID make what is printed for people.

func unitName(text string) string {
	if u, err := roster.ParseUnit(text); err == nil {
		return resource.Unit(u)
	}
	return text
}

// scopeName is unitName for a flag that also takes a person.
func scopeName(text string) string {
	if strings.HasPrefix(text, "person:") {
		return personName(text)
	}
	return unitName(text)
}

// quotedID is a unit or a person in the form of the city directory, in the quotes of a filter.
var quotedID = regexp.MustCompile(`"(?:area|department|section|point|person):[^"]+"`)

// filterOf is a filter with the names that its quoted units and people mean.
func filterOf(text string) string {
	return quotedID.ReplaceAllStringFunc(text, func(quoted string) string {
		return `"` + scopeName(strings.Trim(quoted, `"`)) + `"`
	})
}

func personName(text string) string {
	if _, ok := resource.ParsePerson(text); ok {
		return text
	}
	return resource.Person(roster.PersonID(strings.TrimPrefix(text, "person:")))
}

func areaName(text string) string {
	if text == "" || strings.ContainsAny(text, ":/") {
		return unitName(text)
	}
	return resource.Area(text)
}

func sectionName(text string) string {
	if text == "" || strings.ContainsAny(text, ":/") {
		return unitName(text)
	}
	return resource.Section(text)
}

func precedentName(text string) string {
	if _, ok := resource.ParsePrecedent(text); ok {
		return text
	}
	return resource.Precedent(text)
}

func unitID(name string) string {
	if u, ok := resource.ParseUnit(name); ok {
		return u.String()
	}
	return name
}

func personID(name string) string {
	if id, ok := resource.ParsePerson(name); ok {
		return string(id)
	}
	return name
}

func postID(name string) string {
	if id, ok := resource.ParsePost(name); ok {
		return string(id)
	}
	return name
}

func precedentID(name string) string {
	if id, ok := resource.ParsePrecedent(name); ok {
		return id
	}
	return name
}
