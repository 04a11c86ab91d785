package remote

import (
	"regexp"
	"strings"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
)

// People write and read the ids of the city directory, as area:230102; the wire has resource names, as areas/230102. Flags take
// either form. The functions that end in Name make the name that a flag means; a text of neither form stays as it is, for the server
// to refuse. Those that end in ID make what is printed for people.

// UnitName is the name of a unit that is written as area:ID, department:ID, section:ID or point:ID.
func UnitName(text string) string {
	if u, err := roster.ParseUnit(text); err == nil {
		return resource.Unit(u)
	}
	return text
}

// ScopeName is UnitName for a flag that also takes a person.
func ScopeName(text string) string {
	if strings.HasPrefix(text, "person:") {
		return PersonName(text)
	}
	return UnitName(text)
}

// quotedID is a unit or a person in the form of the city directory, in the quotes of a filter.
var quotedID = regexp.MustCompile(`"(?:area|department|section|point|person):[^"]+"`)

// groupNumber is the number of a case, as it is printed, in the filter of a mass event.
var groupNumber = regexp.MustCompile(`\bgroup\s*(!?=)\s*"?([0-9]{8}-[0-9]{6,})"?`)

// FilterOf is a filter with the names that its quoted units and people and the number of a mass event mean.
func FilterOf(text string) string {
	text = groupNumber.ReplaceAllString(text, `group $1 "cases/$2"`)
	return quotedID.ReplaceAllStringFunc(text, func(quoted string) string {
		return `"` + ScopeName(strings.Trim(quoted, `"`)) + `"`
	})
}

// PersonName is the name of a person that is written as an id or as person:ID.
func PersonName(text string) string {
	if _, ok := resource.ParsePerson(text); ok {
		return text
	}
	return resource.Person(roster.PersonID(strings.TrimPrefix(text, "person:")))
}

// AreaName is the name of an area that is written as an id or as area:ID.
func AreaName(text string) string {
	if text == "" || strings.ContainsAny(text, ":/") {
		return UnitName(text)
	}
	return resource.Area(text)
}

// SectionName is the name of a section that is written as an id or as section:ID.
func SectionName(text string) string {
	if text == "" || strings.ContainsAny(text, ":/") {
		return UnitName(text)
	}
	return resource.Section(text)
}

// PrecedentName is the name of a precedent that is written as an id.
func PrecedentName(text string) string {
	if _, ok := resource.ParsePrecedent(text); ok {
		return text
	}
	return resource.Precedent(text)
}

// UnitID is a unit as area:ID, department:ID, section:ID or point:ID.
func UnitID(name string) string {
	if u, ok := resource.ParseUnit(name); ok {
		return u.String()
	}
	return name
}

// PersonID is the id of a person in people.csv.
func PersonID(name string) string {
	if id, ok := resource.ParsePerson(name); ok {
		return string(id)
	}
	return name
}

// PostID is a post as role@unit.
func PostID(name string) string {
	if id, ok := resource.ParsePost(name); ok {
		return string(id)
	}
	return name
}

// PrecedentID is the id of a precedent.
func PrecedentID(name string) string {
	if id, ok := resource.ParsePrecedent(name); ok {
		return id
	}
	return name
}

// decided is a message that says what named the accountable unit.
type decided interface {
	GetRule() string
	GetPrecedent() string
}

// RuleText is what named the accountable unit of a case: the row of rules.csv, or precedent:ID.
func RuleText(c decided) string {
	if id, ok := resource.ParsePrecedent(c.GetPrecedent()); ok {
		return routing.PrecedentRule(id)
	}
	return c.GetRule()
}

// RevisionNumber is the number of a revision, as --number of city withdraw takes it.
func RevisionNumber(r *wanggev1.Revision) uint64 {
	number, _ := resource.ParseRevision(r.GetName()) // 0 of a name that is none
	return number
}

// CaseName is the resource name of a case, of its number or its name.
func CaseName(number string) string { return "cases/" + strings.TrimPrefix(number, "cases/") }
