package city

import (
	"maps"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Former holds the names of what only earlier revisions of a city had, each as last used. The zero value holds nothing.
type Former struct {
	Categories map[catalog.Code]i18n.Text
	Units      map[roster.Unit]FormerUnit
	People     map[roster.PersonID]string
}

// FormerUnit is a unit that a revision removed.
type FormerUnit struct {
	Name   i18n.Text
	Parent roster.Unit // the unit above in the last revision that had it
}

// Empty reports whether nothing was removed.
func (f *Former) Empty() bool { return len(f.Categories)+len(f.Units)+len(f.People) == 0 }

// Add adds the names that a later apply removed.
func (f *Former) Add(later Former) {
	addAll(&f.Categories, later.Categories)
	addAll(&f.Units, later.Units)
	addAll(&f.People, later.People)
}

func addAll[K comparable, V any](to *map[K]V, from map[K]V) {
	if len(from) == 0 {
		return
	}
	if *to == nil {
		*to = make(map[K]V, len(from))
	}
	maps.Copy(*to, from)
}

// FormerOf returns what a city has and another one has not.
func FormerOf(was, is *City) Former {
	var out Former
	for code := range was.Categories {
		if is.Categories[code] == nil {
			addAll(&out.Categories, map[catalog.Code]i18n.Text{code: was.CategoryName(code)})
		}
	}
	for kind := roster.UnitArea; kind <= roster.UnitPoint; kind++ {
		for _, id := range was.UnitIDs(kind) {
			u := roster.Unit{Kind: kind, ID: id}
			if !is.Exists(u) {
				parent, _ := was.Parent(u)
				addAll(&out.Units, map[roster.Unit]FormerUnit{u: {was.UnitName(u), parent}})
			}
		}
	}
	for _, p := range was.Roster.People() {
		if _, stays := is.Roster.Person(p.ID); !stays {
			addAll(&out.People, map[roster.PersonID]string{p.ID: p.Name})
		}
	}
	return out
}

// WithFormer returns a city that also knows what only earlier revisions had; c itself does not change.
func (c *City) WithFormer(f Former) *City {
	n := *c
	n.Former = f
	return &n
}

// Removed returns a unit that the city lacks and an earlier revision had; false for any other.
func (c *City) Removed(u roster.Unit) (FormerUnit, bool) {
	f, ok := c.Former.Units[u]
	return f, ok && !c.Exists(u)
}

// PersonName returns the name of a person of the city, or of an earlier revision; "" when no revision had the person.
func (c *City) PersonName(id roster.PersonID) string {
	if p, ok := c.Roster.Person(id); ok {
		return p.Name
	}
	return c.Former.People[id]
}

// Person names a person in a sentence, with the id as typed: "罗晓东（p-17）". A person without a name is the id alone.
func (c *City) Person(id roster.PersonID) i18n.Text {
	name := c.PersonName(id)
	if name == "" {
		return i18n.Text{En: string(id), Zh: string(id)}
	}
	return i18n.F("%[1]s (%[2]s)", "%[1]s（%[2]s）", name, id)
}

// Unit names a unit in a sentence, with the id as typed: "道里区（area:230102）".
func (c *City) Unit(u roster.Unit) i18n.Text {
	if n := c.UnitName(u); n.Zh != "" && n.Zh != u.ID {
		return i18n.F("%[1]s (%[2]s)", "%[1]s（%[2]s）", n, u)
	}
	return i18n.Text{En: u.String(), Zh: u.String()}
}

// Successors maps removed units, categories and persons to their successors.
type Successors struct {
	Units      map[roster.Unit]roster.Unit
	Categories map[catalog.Code]catalog.Code
	People     map[roster.PersonID]roster.PersonID
}

// Empty reports whether no successor is named.
func (s *Successors) Empty() bool { return len(s.Units)+len(s.Categories)+len(s.People) == 0 }
