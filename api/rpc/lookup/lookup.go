// Package lookup finds the units, people and categories of a city by what a caller wrote, and says what may have
// been meant when there is none.
package lookup

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

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

// Unit finds a unit. The text is zero if the city has the unit, and otherwise says what is wrong.
func Unit(c *city.City, text string) (roster.Unit, i18n.Text) {
	u, err := roster.ParseUnit(text)
	if err != nil {
		return u, i18n.F("%q: write area:ID, department:ID, section:ID or point:ID", "%q：请写成 area:编号、department:编号、section:编号 或 point:编号",
			apierr.Clip(text))
	}
	var known bool
	candidates := []string{}
	switch u.Kind {
	case roster.UnitArea:
		known, candidates = has(c.Areas, u.ID)
	case roster.UnitDepartment:
		known, candidates = has(c.Departments, u.ID)
	case roster.UnitSection:
		known, candidates = has(c.Sections, u.ID)
	case roster.UnitPoint, roster.UnitUnknown: // ParseUnit returns no unknown kind without an error
		if known = c.Point(u.ID) != nil; !known {
			for i := range c.Points {
				candidates = append(candidates, c.Points[i].ID)
			}
		}
	}
	if known {
		return u, i18n.Text{}
	}
	kind, _, _ := strings.Cut(u.String(), ":")
	return u, unknown(i18n.F("this city has no %s %q", "本市没有 %s %q", kind, apierr.Clip(u.ID)), u.ID, candidates)
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
		list := strings.Join(candidates[:min(maxOffered, len(candidates))], ", ")
		instead = i18n.F("it has %s and so on", "例如 %s", list)
	}
	return i18n.Text{En: what.En + "; " + instead.En, Zh: what.Zh + "；" + instead.Zh}
}

// Person finds a person. The text is zero if the city has the person, and otherwise says what is wrong.
func Person(c *city.City, id string) (roster.PersonID, i18n.Text) {
	if _, ok := c.Roster.Person(roster.PersonID(id)); !ok {
		return roster.PersonID(id), i18n.F("%q is not a person of this city; write an id of people.csv", "%q 不是本市人员；请填写 people.csv 中的编号",
			apierr.Clip(id))
	}
	return roster.PersonID(id), i18n.Text{}
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
