// Package lookup finds the units, people and categories of a city by what a caller wrote, and says what may have
// been meant when there is none.
package lookup

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

const (
	// MaxName bounds the characters of a category or a condition.
	MaxName = 100
	// maxOffered bounds how many ids are offered for one that does not exist.
	maxOffered = 5
)

// kindsZh are the kinds of units in Chinese.
var kindsZh = map[roster.UnitKind]string{
	roster.UnitArea: "区域", roster.UnitDepartment: "部门", roster.UnitSection: "路段", roster.UnitPoint: "点位",
}

// UnitForm says that a text is not the name of a unit, and how such a name looks.
func UnitForm(text string) i18n.Text {
	return i18n.F("%q: write areas/230102, departments/GREEN, sections/ID or points/ID",
		"%q：请写成 areas/230102、departments/GREEN、sections/编号 或 points/编号", apierr.Clip(text))
}

// Unit finds a unit by its resource name. The text is zero if the city has the unit, and otherwise says what is wrong.
func Unit(c *city.City, name string) (roster.Unit, i18n.Text) {
	u, ok := resource.ParseUnit(name)
	if !ok {
		return u, UnitForm(name)
	}
	return u, Known(c, u)
}

// Listable is Unit, which also finds a unit that a revision removed.
func Listable(c *city.City, name string) (roster.Unit, i18n.Text) {
	if u, ok := resource.ParseUnit(name); ok {
		if _, removed := c.Removed(u); removed {
			return u, i18n.Text{}
		}
	}
	return Unit(c, name)
}

// ListableOf is Listable for a unit of one kind.
func ListableOf(c *city.City, kind roster.UnitKind, name string) (roster.Unit, i18n.Text) {
	if u, ok := resource.ParseUnit(name); ok && u.Kind == kind {
		return Listable(c, name)
	}
	return UnitOf(c, kind, name)
}

// UnitOf is Unit for a unit of one kind.
func UnitOf(c *city.City, kind roster.UnitKind, name string) (roster.Unit, i18n.Text) {
	u, ok := resource.ParseUnit(name)
	if !ok || u.Kind != kind {
		collection, _, _ := strings.Cut(resource.Unit(roster.Unit{Kind: kind, ID: "x"}), "/")
		return u, i18n.F("%[1]q: write %[2]s/ID", "%[1]q：请写成 %[2]s/编号", apierr.Clip(name), collection)
	}
	return u, Known(c, u)
}

// Known says that a city does not have a unit, and which may have been meant. The text is zero if the city has the unit.
func Known(c *city.City, u roster.Unit) i18n.Text {
	var known bool
	candidates := []string{}
	switch u.Kind {
	case roster.UnitArea:
		known, candidates = has(c.Areas, u.ID)
	case roster.UnitDepartment:
		known, candidates = has(c.Departments, u.ID)
	case roster.UnitSection:
		known, candidates = has(c.Sections, u.ID)
	case roster.UnitPoint, roster.UnitUnknown: // a name that was read is of a known kind
		if known = c.Point(u.ID) != nil; !known {
			for i := range c.Points {
				candidates = append(candidates, c.Points[i].ID)
			}
		}
	}
	if known {
		return i18n.Text{}
	}
	kind, _, _ := strings.Cut(u.String(), ":")
	return unknown(i18n.F("this city has no %[1]s %[3]q", "本市没有%[2]s %[3]q", kind, kindsZh[u.Kind], apierr.Clip(u.ID)), u.ID, candidates)
}

// has reports whether a table has an id, and returns all of the table's ids if it has not.
func has[K ~string, V any](table map[K]V, id string) (bool, []string) {
	if _, ok := table[K(id)]; ok {
		return true, nil
	}
	var all []string
	for k := range maps.Keys(table) {
		all = append(all, string(k))
	}
	slices.Sort(all)
	return false, all
}

// unknown adds to a text what may have been meant.
func unknown(what i18n.Text, id string, candidates []string) i18n.Text {
	if utf8.RuneCountInString(id) > apierr.MaxQuoted || len(candidates) == 0 {
		return what
	}
	instead := diag.Suggest(id, candidates)
	if near := diag.Closest(id, candidates); near == "" || diag.Edits(id, near) > 1+utf8.RuneCountInString(near)/2 {
		list := i18n.List(candidates[:min(maxOffered, len(candidates))]...)
		instead = i18n.F("it has %s and so on", "例如 %s", list)
	}
	return i18n.Text{En: what.En + "; " + instead.En, Zh: what.Zh + "；" + instead.Zh}
}

// PersonForm says that a text is not the name of a person, and how such a name looks.
func PersonForm(text string) i18n.Text {
	return i18n.F("%q: write people/p-17", "%q：请写成 people/p-17", apierr.Clip(text))
}

// Person finds a person by the resource name. The text is zero if the city has the person, and otherwise says what is
// wrong.
func Person(c *city.City, name string) (roster.PersonID, i18n.Text) {
	id, ok := resource.ParsePerson(name)
	if !ok {
		return id, PersonForm(name)
	}
	if _, ok := c.Roster.Person(id); !ok {
		return id, i18n.F("%q is not a person of this city; write people/ and an id of people.csv", "%q 不是本市人员；请填写 people/ 与 people.csv 中的编号",
			apierr.Clip(string(id)))
	}
	return id, i18n.Text{}
}

// Somebody is Person, which also finds a person whom a revision removed.
func Somebody(c *city.City, name string) (roster.PersonID, i18n.Text) {
	if id, ok := resource.ParsePerson(name); ok {
		if _, removed := c.Former.People[id]; removed {
			return id, i18n.Text{}
		}
	}
	return Person(c, name)
}

// Category finds a category by code or name. The text is zero if the city has the category, and otherwise says what
// is wrong.
func Category(c *city.City, text string) (catalog.Code, i18n.Text) {
	switch {
	case text == "":
		return "", i18n.F("is missing", "缺失")
	case utf8.RuneCountInString(text) > MaxName:
		return "", i18n.F("at most %d characters", "最多 %d 个字符", MaxName)
	}
	cat, near := c.Category(text)
	if cat == nil {
		names := c.CategoryNames(near)
		return "", i18n.F("%[1]q is not in the table; nearest: %[2]s", "类别 %[1]q 不存在；相近的有：%[3]s", text, names.En, names.Zh)
	}
	return cat.Code, i18n.Text{}
}
