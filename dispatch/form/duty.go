package form

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Duty is one duty of a unit: the categories for which the unit is accountable, or helps, under one condition.
type Duty struct {
	Lead       bool
	Text       string    // of a co-owner, in the words of the city directory; "" = for information only
	When       i18n.Text // zero = always
	Categories []catalog.Code
}

// Owner is the unit accountable for a category by one rule.
type Owner struct {
	Department string    // "" = none is named
	Level      string    // of the areas of which one is accountable, by the place; "" = none is named
	Text       i18n.Text // who, in words
	When       i18n.Text // zero = always
}

// duties are those of all rules, by the unit or level that has them.
type duties struct {
	departments map[string][]Duty
	levels      [][]Duty // by level of the city
}

// Duties lists the duties of a unit by the rules. A station has those of its parent, an area those of its level; a section
// and a point have none of their own.
func (x *Index) Duties(u roster.Unit) []Duty {
	switch u.Kind {
	case roster.UnitDepartment:
		for range roster.MaxTreeDepth {
			d := x.City.Departments[u.ID]
			if d == nil {
				return nil
			}
			if list := x.duties.departments[u.ID]; list != nil || d.Area == "" {
				return list
			}
			u.ID = d.Parent
		}
	case roster.UnitArea:
		if a := x.City.Areas[grid.AreaID(u.ID)]; a != nil {
			return x.duties.levels[a.Level]
		}
	case roster.UnitSection, roster.UnitPoint, roster.UnitUnknown:
	}
	return nil
}

// LevelDuties lists the duties of every area of a level.
func (x *Index) LevelDuties(level int) []Duty { return x.duties.levels[level] }

// LevelCount returns how many areas a level has.
func (x *Index) LevelCount(level int) int {
	n := 0
	for _, a := range x.City.Areas {
		if a.Level == level {
			n++
		}
	}
	return n
}

// Owners lists the units accountable for a category by the rules, in the order in which they are tried. The list ends with the
// first rule that always holds.
func (x *Index) Owners(cat *catalog.Category) []Owner {
	var out []Owner
	for r := range deciding(x.City, cat) {
		o := Owner{When: when(x.City, r)}
		switch {
		case r.Component:
			o.Text = i18n.F("the owner of the component", "部件权属单位")
		case r.Owner.Kind == catalog.OwnerPoint:
			o.Text = i18n.F("the unit of the point", "点位责任单位")
		case r.Owner.Kind == catalog.OwnerLine:
			o.Department, o.Text = r.Owner.Department, x.City.UnitName(department(r.Owner.Department))
		default:
			o.Level = x.City.Levels[r.Owner.Level]
			if o.Text = dispatch.LevelText(o.Level); r.Owner.Kind == catalog.OwnerPlatform {
				o.Text = i18n.F("%[1]s, through its platform", "%[2]s平台派遣", o.Text.En, o.Text.Zh)
			}
		}
		out = append(out, o)
	}
	return out
}

// deciding yields the rules that may decide on a category, in the order in which they are tried.
func deciding(c *city.City, cat *catalog.Category) func(yield func(*catalog.Rule) bool) {
	return func(yield func(*catalog.Rule) bool) {
		for i := range c.Rules {
			r := &c.Rules[i]
			if !r.Pattern.Covers(cat) {
				continue
			}
			if !yield(r) || always(r) {
				return
			}
		}
	}
}

// always reports whether a rule holds for its categories at any place and time.
func always(r *catalog.Rule) bool {
	return r.Area == "" && r.Near == "" && !r.Component && r.From.IsZero() && r.To.IsZero() && r.Season == calendar.Season{}
}

// dutyKey tells duties of one unit or level apart.
type dutyKey struct {
	department, text string
	level            int
	lead             bool
	when             i18n.Text
}

func dutiesOf(c *city.City) duties {
	codes := map[dutyKey][]catalog.Code{}
	add := func(t catalog.Target, lead bool, text string, w i18n.Text, code catalog.Code) {
		key := dutyKey{text: text, lead: lead, when: w}
		switch t.Kind {
		case catalog.OwnerLine:
			key.department = t.Department
		case catalog.OwnerBlock, catalog.OwnerPlatform:
			key.level = t.Level
		case catalog.OwnerPoint, catalog.OwnerUnknown:
			return
		}
		if list := codes[key]; len(list) == 0 || list[len(list)-1] != code {
			codes[key] = append(list, code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(c.Categories)) {
		for r := range deciding(c, c.Categories[code]) {
			w := when(c, r)
			if !r.Component {
				add(r.Owner, true, "", w, code)
			}
			for _, o := range r.CoOwners {
				add(o.Target, false, o.Duty, w, code)
			}
		}
	}
	out := duties{map[string][]Duty{}, make([][]Duty, len(c.Levels))}
	for key, list := range codes {
		d := Duty{key.lead, key.text, key.when, list}
		if key.department != "" {
			out.departments[key.department] = append(out.departments[key.department], d)
		} else {
			out.levels[key.level] = append(out.levels[key.level], d)
		}
	}
	for _, list := range out.departments {
		sortDuties(list)
	}
	for _, list := range out.levels {
		sortDuties(list)
	}
	return out
}

// sortDuties orders duties: what a unit leads first, then by the first category, the words and the condition.
func sortDuties(list []Duty) {
	rank := func(d Duty) int {
		if d.Lead {
			return 0
		}
		return 1
	}
	slices.SortFunc(list, func(a, b Duty) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Categories[0], b.Categories[0]),
			cmp.Compare(a.Text, b.Text), cmp.Compare(a.When.En, b.When.En),
		)
	})
}

// when says under which condition a rule holds; zero = always.
func when(c *city.City, r *catalog.Rule) i18n.Text {
	var list []i18n.Text
	if r.Near != "" {
		within := i18n.Metres(r.WithinM)
		list = append(list, i18n.F("within %[1]s of a point of kind %[2]s", "距“%[2]s”类点位 %[3]s以内", within.En, r.Near, within.Zh))
	}
	if r.Area != "" {
		name := c.UnitName(areaUnit(grid.AreaID(r.Area)))
		list = append(list, i18n.F("in %[1]s", "位于%[2]s", name.En, name.Zh))
	}
	return joined(append(list, timeWords(r.From, r.To, r.Season, r.Campaign)...))
}

// LimitText says a row of limits.csv in words.
func (x *Index) LimitText(r *catalog.LimitRule) i18n.Text {
	limit := r.Limit.Text()
	var list []i18n.Text
	if r.Area != "" {
		name := x.City.UnitName(areaUnit(grid.AreaID(r.Area)))
		list = append(list, i18n.F("in %[1]s", "位于%[2]s", name.En, name.Zh))
	}
	if r.Tier != "" {
		list = append(list, i18n.F("tier %s", "%s 类区域", r.Tier))
	}
	if r.Condition != "" {
		list = append(list, i18n.F("condition %s", "立案条件 %s", r.Condition))
	}
	if r.Severity != catalog.SeverityUnknown {
		list = append(list, i18n.F("severity %s", "%s 级", severityLetters[r.Severity]))
	}
	list = append(list, timeWords(r.From, r.To, r.Season, r.Campaign)...)
	if len(list) == 0 {
		return limit
	}
	w := joined(list)
	return i18n.F("%[1]s: %[2]s", "%[3]s：%[4]s", w.En, limit.En, w.Zh, limit.Zh)
}

// timeWords says when something holds: its campaign, dates [from, to) and season.
func timeWords(from, to time.Time, season calendar.Season, campaign string) []i18n.Text {
	var list []i18n.Text
	if campaign != "" {
		list = append(list, i18n.F("campaign %s", "专项行动“%s”", campaign))
	}
	if !from.IsZero() {
		list = append(list, i18n.F("from %s", "自 %s 起", from.Format(time.DateOnly)))
	}
	if !to.IsZero() {
		list = append(list, i18n.F("before %s", "%s 之前", to.Format(time.DateOnly)))
	}
	if s := season.String(); s != "" {
		list = append(list, i18n.F("each year %s", "每年 %s", s))
	}
	return list
}

func joined(list []i18n.Text) i18n.Text {
	var out i18n.Text
	for i, t := range list {
		if i > 0 {
			out.En, out.Zh = out.En+", ", out.Zh+"，"
		}
		out.En, out.Zh = out.En+t.En, out.Zh+t.Zh
	}
	return out
}

// severityLetters are the letters of severities.
var severityLetters = [...]string{catalog.SeverityA: "A", catalog.SeverityB: "B", catalog.SeverityC: "C"}

func department(id string) roster.Unit { return roster.Unit{Kind: roster.UnitDepartment, ID: id} }
