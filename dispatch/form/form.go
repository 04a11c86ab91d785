// Package form answers what a form needs of one revision of the city, and no more: categories, units and areas by what
// people type, who somebody is, and what the city makes public. The package is pure: no clock, no files.
package form

import (
	"maps"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// Index is a city prepared for search. An Index never changes and is safe for concurrent use; what it returns is read only.
type Index struct {
	City *city.City

	categories []*catalog.Category // by code
	names      []entry             // of categories
	units      []roster.Unit       // but areas: by kind and id
	unitNames  []entry
	areas      []grid.AreaID // the city first, then by id
	areaNames  []entry
	duties     duties
}

// New prepares a city: for Harbin less than 5 MB, see BenchmarkNew.
func New(c *city.City) *Index {
	x, read := &Index{City: c, duties: dutiesOf(c)}, reader{}
	for _, code := range slices.Sorted(maps.Keys(c.Categories)) {
		cat := c.Categories[code]
		more := []string{cat.Class, cat.ClassEn}
		for i := range cat.Conditions {
			more = append(more, cat.Conditions[i].Name)
		}
		x.categories = append(x.categories, cat)
		x.names = append(x.names, read.entry(string(code), cat.Name, cat.NameEn, more...))
	}
	for _, kind := range []roster.UnitKind{roster.UnitDepartment, roster.UnitSection, roster.UnitPoint} {
		for _, id := range c.UnitIDs(kind) {
			u := roster.Unit{Kind: kind, ID: id}
			name := c.UnitName(u)
			x.units = append(x.units, u)
			x.unitNames = append(x.unitNames, read.entry(id, name.Zh, name.En))
		}
	}
	former := map[grid.AreaID][]string{}
	for _, o := range c.OldCodes {
		former[o.Area] = append(former[o.Area], o.Code)
	}
	add := func(id grid.AreaID) {
		x.areas = append(x.areas, id)
		x.areaNames = append(x.areaNames, read.entry(string(id), c.Areas[id].Name, c.Areas[id].NameEn, former[id]...))
	}
	add(c.Root)
	for _, id := range slices.Sorted(maps.Keys(c.Areas)) {
		if id != c.Root {
			add(id)
		}
	}
	return x
}

// Categories lists the categories that a search finds, the best match first; without a search all, by code. kind
// KindUnknown means both kinds.
func (x *Index) Categories(search string, kind catalog.Kind) []*catalog.Category {
	return found(x.categories, x.names, search, func(c *catalog.Category) bool { return kind == catalog.KindUnknown || c.Kind == kind })
}

// Units lists the units that a search finds, the best match first; without a search all, by kind and id. kind UnitUnknown
// means departments, sections and points. The zero parent means any.
func (x *Index) Units(search string, kind roster.UnitKind, parent roster.Unit) []roster.Unit {
	below := func(u roster.Unit) bool {
		up, _ := x.City.Parent(u)
		return parent == (roster.Unit{}) || up == parent
	}
	if kind != roster.UnitArea {
		return found(x.units, x.unitNames, search, func(u roster.Unit) bool {
			return (kind == roster.UnitUnknown || u.Kind == kind) && below(u)
		})
	}
	var out []roster.Unit
	for _, id := range found(x.areas, x.areaNames, search, func(id grid.AreaID) bool { return below(areaUnit(id)) }) {
		out = append(out, areaUnit(id))
	}
	return out
}

// Areas lists the areas that a search finds, the best match first. A former code finds the area of today.
func (x *Index) Areas(search string) []NearArea {
	return at(found(x.areas, x.areaNames, search, func(grid.AreaID) bool { return true }))
}

// Seasonal reports whether the limit of a category depends on a season or a campaign.
func Seasonal(rules []*catalog.LimitRule) bool {
	return slices.ContainsFunc(rules, func(r *catalog.LimitRule) bool {
		return r.Season.String() != "" || !r.From.IsZero() || !r.To.IsZero()
	})
}

// LimitRules lists the rows of limits.csv that may replace a limit of a category, in the order in which they are tried.
func (x *Index) LimitRules(cat *catalog.Category) []*catalog.LimitRule {
	var out []*catalog.LimitRule
	for i := range x.City.Limits {
		r := &x.City.Limits[i]
		fits := func(k catalog.Condition) bool {
			return (r.Condition == "" || r.Condition == k.ID) && (r.Severity == catalog.SeverityUnknown || r.Severity == k.Severity)
		}
		if r.Pattern.Covers(cat) && slices.ContainsFunc(cat.Conditions, fits) {
			out = append(out, r)
		}
	}
	return out
}

func areaUnit(id grid.AreaID) roster.Unit { return roster.Unit{Kind: roster.UnitArea, ID: string(id)} }
