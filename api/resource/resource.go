// Package resource writes and reads the resource names of the wire (AIP-122).
//
// The city directory names a unit as kind:ID and a post as role@kind:ID; the wire has path-like names instead:
//
//	cases/20261123-000417
//	precedents/pr-20261123-000003
//	campaigns/snow
//	revisions/17
//	people/p-17
//	categories/E03
//	tokens/tk-3f9a01c2b4d5
//	areas/230102, departments/GREEN, sections/GREEN-3, points/school-12
//	departments/GREEN/posts/leader
//
// The empty name stands for no resource. A parser tells only whether a text has the form of a name; whether the resource
// exists, the caller asks the city or the store.
package resource

import (
	"strconv"
	"strings"

	"go.einride.tech/aip/resourcename"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// Collections of the wire.
const (
	cases      = "cases/"
	precedents = "precedents/"
	campaigns  = "campaigns/"
	revisions  = "revisions/"
	people     = "people/"
	categories = "categories/"
	tokens     = "tokens/"
	posts      = "/posts/"
)

// collections of units, by kind.
var collections = map[roster.UnitKind]string{
	roster.UnitArea:       "areas/",
	roster.UnitDepartment: "departments/",
	roster.UnitSection:    "sections/",
	roster.UnitPoint:      "points/",
}

// Case returns the name of a case, or "" for no case.
func Case(id dispatch.CaseID) string {
	if id == 0 {
		return ""
	}
	return cases + id.String()
}

// ParseCase reads the name of a case. ok is false for any other text.
func ParseCase(name string) (id dispatch.CaseID, ok bool) {
	number, ok := child(name, cases)
	if !ok {
		return 0, false
	}
	id, err := dispatch.ParseCaseID(number)
	return id, err == nil
}

// Unit returns the name of a unit, or "" for no unit.
func Unit(u roster.Unit) string {
	if u.ID == "" {
		return ""
	}
	return collections[u.Kind] + u.ID
}

// ParseUnit reads the name of a unit. ok is false for any other text.
func ParseUnit(name string) (u roster.Unit, ok bool) {
	for kind, collection := range collections {
		if id, ok := child(name, collection); ok {
			return roster.Unit{Kind: kind, ID: id}, true
		}
	}
	return roster.Unit{}, false
}

// Area returns the name of an area, or "" for an empty id.
func Area[ID ~string](id ID) string {
	return Unit(roster.Unit{Kind: roster.UnitArea, ID: string(id)})
}

// Department returns the name of a department, or "" for an empty id.
func Department[ID ~string](id ID) string {
	return Unit(roster.Unit{Kind: roster.UnitDepartment, ID: string(id)})
}

// Section returns the name of a section, or "" for an empty id.
func Section[ID ~string](id ID) string {
	return Unit(roster.Unit{Kind: roster.UnitSection, ID: string(id)})
}

// Point returns the name of a point, or "" for an empty id.
func Point[ID ~string](id ID) string {
	return Unit(roster.Unit{Kind: roster.UnitPoint, ID: string(id)})
}

// Person returns the name of a person, or "" for no person.
func Person(id roster.PersonID) string {
	if id == "" {
		return ""
	}
	return people + string(id)
}

// ParsePerson reads the name of a person. ok is false for any other text.
func ParsePerson(name string) (id roster.PersonID, ok bool) {
	text, ok := child(name, people)
	return roster.PersonID(text), ok
}

// Category returns the name of a category, or "" for no category.
func Category(code catalog.Code) string {
	if code == "" {
		return ""
	}
	return categories + string(code)
}

// ParseCategory reads the name of a category. ok is false for any other text.
func ParseCategory(name string) (code catalog.Code, ok bool) {
	text, ok := child(name, categories)
	return catalog.Code(text), ok
}

// Post returns the name of a post below its unit, or "" for no post.
func Post(id roster.PostID) string {
	role, unit, ok := strings.Cut(string(id), "@")
	u, err := roster.ParseUnit(unit)
	if !ok || err != nil {
		return ""
	}
	return Unit(u) + posts + role
}

// ParsePost reads the name of a post. ok is false for any other text.
func ParsePost(name string) (id roster.PostID, ok bool) {
	unit, role, ok := strings.Cut(name, posts)
	u, known := ParseUnit(unit)
	if !ok || !known || role == "" || strings.Contains(role, "/") {
		return "", false
	}
	return roster.PostAt(u, roster.Role(role)), true
}

// Precedent returns the name of a precedent, or "" for an empty id.
func Precedent(id string) string {
	if id == "" {
		return ""
	}
	return precedents + id
}

// ParsePrecedent reads the name of a precedent. ok is false for any other text.
func ParsePrecedent(name string) (id string, ok bool) { return child(name, precedents) }

// Campaign returns the name of a campaign, or "" for an empty id.
func Campaign(id string) string {
	if id == "" {
		return ""
	}
	return campaigns + id
}

// ParseCampaign reads the name of a campaign. ok is false for any other text.
func ParseCampaign(name string) (id string, ok bool) { return child(name, campaigns) }

// Revision returns the name of the apply with a number, or "" for 0.
func Revision(number uint64) string {
	if number == 0 {
		return ""
	}
	return revisions + strconv.FormatUint(number, 10)
}

// ParseRevision reads the name of an apply. ok is false for any other text.
func ParseRevision(name string) (number uint64, ok bool) {
	text, ok := child(name, revisions)
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(text, 10, 64)
	return number, err == nil && number != 0 && Revision(number) == name
}

// Token returns the name of a token, or "" for an empty id.
func Token(id string) string {
	if id == "" {
		return ""
	}
	return tokens + id
}

// ParseToken reads the name of a token. ok is false for any other text.
func ParseToken(name string) (id string, ok bool) { return child(name, tokens) }

// child returns the id of a resource directly in a collection. The library also takes a name with a service in front,
// which no request of this service has.
func child(name, collection string) (id string, ok bool) {
	err := resourcename.Sscan(name, collection+"{id}", &id)
	return id, err == nil && id != "" && name[0] != '/'
}
