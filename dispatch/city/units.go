package city

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Exists reports whether the city has a unit.
func (c *City) Exists(u roster.Unit) bool {
	_, ok := c.Parent(u)
	return ok || u == roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
}

// Parent returns the unit above: of an area its parent; of a department its parent, or the city for a topmost
// department; of a section its department; of a point its named unit, else its area. ok is false at the top and for
// an unknown unit.
func (c *City) Parent(u roster.Unit) (roster.Unit, bool) {
	switch u.Kind {
	case roster.UnitArea:
		if a := c.Areas[grid.AreaID(u.ID)]; a != nil && a.Parent != "" {
			return roster.Unit{Kind: roster.UnitArea, ID: string(a.Parent)}, true
		}
	case roster.UnitDepartment:
		if d := c.Departments[u.ID]; d != nil {
			if d.Parent != "" {
				return roster.Unit{Kind: roster.UnitDepartment, ID: d.Parent}, true
			}
			return roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}, true
		}
	case roster.UnitSection:
		if s := c.Sections[SectionID(u.ID)]; s != nil {
			return roster.Unit{Kind: roster.UnitDepartment, ID: s.Department}, true
		}
	case roster.UnitPoint:
		if p := c.Point(u.ID); p != nil {
			return cmp.Or(p.Unit, roster.Unit{Kind: roster.UnitArea, ID: string(p.Area)}), true
		}
	case roster.UnitUnknown:
	}
	return roster.Unit{}, false
}

// UnitIDs lists the ids of the units of a kind, ascending.
func (c *City) UnitIDs(kind roster.UnitKind) []string {
	var ids []string
	switch kind {
	case roster.UnitArea:
		for id := range c.Areas {
			ids = append(ids, string(id))
		}
	case roster.UnitDepartment:
		ids = slices.Collect(maps.Keys(c.Departments))
	case roster.UnitSection:
		for id := range c.Sections {
			ids = append(ids, string(id))
		}
	case roster.UnitPoint:
		for i := range c.Points {
			ids = append(ids, c.Points[i].ID)
		}
	case roster.UnitUnknown:
	}
	slices.Sort(ids)
	return ids
}

// UnitName returns the display name of a unit, as last used when only an earlier revision had the unit, or its id in a
// language without a name.
func (c *City) UnitName(u roster.Unit) i18n.Text {
	switch u.Kind {
	case roster.UnitArea:
		if a := c.Areas[grid.AreaID(u.ID)]; a != nil {
			return i18n.Text{En: cmp.Or(a.NameEn, a.Name), Zh: a.Name}
		}
	case roster.UnitDepartment:
		if d := c.Departments[u.ID]; d != nil {
			return i18n.Text{En: cmp.Or(d.NameEn, d.Name), Zh: d.Name}
		}
	case roster.UnitSection:
		if s := c.Sections[SectionID(u.ID)]; s != nil {
			return i18n.Text{En: cmp.Or(s.NameEn, s.Name), Zh: s.Name}
		}
	case roster.UnitPoint:
		if p := c.Point(u.ID); p != nil {
			return i18n.Text{En: cmp.Or(p.NameEn, p.Name), Zh: p.Name}
		}
	case roster.UnitUnknown:
	}
	if f, ok := c.Former.Units[u]; ok {
		return f.Name
	}
	return i18n.Text{En: u.ID, Zh: u.ID}
}

// Category finds a category by its code, or else by its name in either language; of several the first code wins. If
// there is none, Category returns the nearest codes instead: at most five whose name contains the text, else the
// three whose code or name differs least. Empty text finds nothing.
func (c *City) Category(text string) (*catalog.Category, []catalog.Code) {
	if cat := c.Categories[catalog.Code(text)]; cat != nil {
		return cat, nil
	}
	codes := slices.Sorted(maps.Keys(c.Categories))
	for _, code := range codes {
		if cat := c.Categories[code]; text != "" && (text == cat.Name || text == cat.NameEn) {
			return cat, nil
		}
	}
	if held := c.named(codes, text); len(held) > 0 {
		return nil, held[:min(5, len(held))]
	}
	distance := make(map[catalog.Code]int, len(codes))
	for _, code := range codes {
		cat := c.Categories[code]
		distance[code] = min(diag.Edits(text, string(code)), diag.Edits(text, cat.Name), diag.Edits(text, cat.NameEn))
	}
	slices.SortStableFunc(codes, func(a, b catalog.Code) int { return cmp.Compare(distance[a], distance[b]) })
	return nil, codes[:min(3, len(codes))]
}

// named returns the categories whose name in either language contains the text, ignoring case.
func (c *City) named(codes []catalog.Code, text string) []catalog.Code {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return nil
	}
	var out []catalog.Code
	for _, code := range codes {
		if cat := c.Categories[code]; strings.Contains(strings.ToLower(cat.Name), text) || strings.Contains(strings.ToLower(cat.NameEn), text) {
			out = append(out, code)
		}
	}
	return out
}

// CategoryName returns the name of a category in the table, or in the last table that had the category. A code
// without a name is returned as it is.
func (c *City) CategoryName(code catalog.Code) i18n.Text {
	if cat := c.Categories[code]; cat != nil {
		return i18n.Text{En: cmp.Or(cat.NameEn, cat.Name), Zh: cat.Name}
	}
	if name, ok := c.Former.Categories[code]; ok {
		return name
	}
	return i18n.Text{En: string(code), Zh: string(code)}
}

// CategoryNames formats a list of categories, each as code and name.
func (c *City) CategoryNames(codes []catalog.Code) i18n.Text {
	var en, zh []string
	for _, code := range codes {
		if cat := c.Categories[code]; cat != nil {
			en, zh = append(en, string(code)+" "+cmp.Or(cat.NameEn, cat.Name)), append(zh, string(code)+" "+cat.Name)
		}
	}
	return i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}

// OwnerKindOf returns the kind of owner that a unit is: a department or a section owns a line, a point owns a point, an
// area owns a block.
func OwnerKindOf(u roster.Unit) catalog.OwnerKind {
	switch u.Kind {
	case roster.UnitDepartment, roster.UnitSection:
		return catalog.OwnerLine
	case roster.UnitPoint:
		return catalog.OwnerPoint
	case roster.UnitArea, roster.UnitUnknown:
	}
	return catalog.OwnerBlock
}

// Under reports whether area id equals upper or lies below.
func (c *City) Under(id, upper grid.AreaID) bool {
	for a := c.Areas[id]; a != nil; a = c.Areas[a.Parent] {
		if a.ID == upper {
			return true
		}
	}
	return false
}
