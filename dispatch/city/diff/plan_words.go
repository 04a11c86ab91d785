package diff

import (
	"cmp"
	"fmt"
	"strings"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/i18n"
)

// formatter formats rows as sentences for clerks.
type formatter struct{ people, departments map[string]string }

// row describes a change of a row.
func (w formatter) row(t *tables.Table, key string, what Changed, was, is map[string]string) i18n.Text {
	cells := is
	if what == Removed {
		cells = was
	}
	label := w.label(t, key, cells)
	switch {
	case t.File == "rules.csv" && what != Altered:
		label = i18n.Text{En: label.En + ": " + w.rule(cells).En, Zh: label.Zh + "：" + w.rule(cells).Zh}
	case t.File == "posts.csv" && what == Added:
		return i18n.F("%[1]s takes the post %[2]s@%[3]s%[4]s", "%[1]s 担任 %[5]s%[4]s", w.person(cells["person"]), cells["role"], cells["unit"], w.rest(t, cells, "unit", "role", "person"), w.postZh(cells))
	case t.File == "posts.csv" && what == Removed:
		return i18n.F("%[1]s no longer holds the post %[2]s@%[3]s%[4]s", "%[1]s 不再担任 %[5]s%[4]s", w.person(cells["person"]), cells["role"], cells["unit"], w.rest(t, cells, "unit", "role", "person"), w.postZh(cells))
	}
	switch what {
	case Added:
		return i18n.Text{En: label.En + " is new", Zh: "新增" + label.Zh}
	case Removed:
		return i18n.Text{En: label.En + " is gone", Zh: "删除" + label.Zh}
	case ChangeUnknown, Altered: // the changed columns follow
	}
	var en, zh []string
	for _, c := range t.Columns {
		if x, y := was[c.Name], is[c.Name]; x != y {
			en, zh = append(en, fmt.Sprintf("%s %s becomes %s", c.Name, said(x, "(empty)"), said(y, "(empty)"))), append(zh, fmt.Sprintf("%s 由 %s 改为 %s", c.Name, said(x, "（空）"), said(y, "（空）")))
		}
	}
	return i18n.Text{En: label.En + ": " + strings.Join(en, ", "), Zh: label.Zh + "：" + strings.Join(zh, "，")}
}

func said(s, empty string) string {
	if s == "" {
		return empty
	}
	return s
}

func (w formatter) label(t *tables.Table, key string, cells map[string]string) i18n.Text {
	name := cells["name"]
	switch {
	case t.File == "posts.csv":
		name, key = w.person(cells["person"]), cells["role"]+"@"+cells["unit"]
	case t.File == "absences.csv":
		name, key = w.person(cells["person"]), cells["from"]
	case t.File == "conditions.csv", t.File == "rules.csv":
		name = ""
	case t.File == "limits.csv": // most cells of its key are empty
		key = strings.Join(strings.Fields(key), " ")
	}
	if name != "" {
		key = name + " (" + key + ")"
	}
	return i18n.Text{En: t.Noun.En + " " + key, Zh: t.Noun.Zh + " " + key}
}

func (w formatter) person(id string) string {
	if n := w.people[id]; n != "" {
		return n + " (" + id + ")"
	}
	return id
}

// postZh is a post in Chinese: the unit, a department by name, and the role. Example: "环境卫生管理处 责任人".
func (w formatter) postZh(cells map[string]string) string {
	unit := cells["unit"]
	if id, ok := strings.CutPrefix(unit, "department:"); ok {
		unit = cmp.Or(w.departments[id], unit)
	}
	return unit + " " + roster.Role(cells["role"]).Text().Zh
}

// rest lists the columns that the sentence does not mention yet.
func (w formatter) rest(t *tables.Table, cells map[string]string, but ...string) string {
	var out []string
	for _, c := range t.Columns {
		v := cells[c.Name]
		skip := v == "" || c.Name == "id" || c.Name == "rank" && v == "1"
		for _, b := range but {
			skip = skip || b == c.Name
		}
		if !skip {
			out = append(out, c.Name+" "+v)
		}
	}
	if out == nil {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}

// rule describes a rule.
func (w formatter) rule(cells map[string]string) i18n.Text {
	owner := cells["owner"]
	if id, ok := strings.CutPrefix(owner, "line:"); ok && w.departments[id] != "" {
		owner += " " + w.departments[id]
	}
	t := i18n.F("categories %[1]s go to %[2]s", "类别 %[1]s 由 %[2]s 负责", cells["category"], owner)
	add := func(en, zh string) { t = i18n.Text{En: t.En + ", " + en, Zh: t.Zh + "，" + zh} }
	if a := cells["area"]; a != "" {
		add("in area "+a, "限区域 "+a)
	}
	if n := cells["near"]; n != "" {
		add("within "+cells["within_m"]+" m of a "+n, n+" 周边 "+cells["within_m"]+" 米")
	}
	if f, to := cells["from"], cells["to"]; f != "" || to != "" {
		add("from "+said(f, "always")+" to "+said(to, "open"), "自 "+said(f, "不限")+" 至 "+said(to, "不限"))
	}
	if s := cells["season"]; s != "" {
		add("in the season "+s, "季节 "+s)
	}
	if c := cells["campaign"]; c != "" {
		add("during the campaign "+c, "专项行动 "+c)
	}
	if co := cells["co_owners"]; co != "" {
		add("with "+co, "协办 "+co)
	}
	return t
}
