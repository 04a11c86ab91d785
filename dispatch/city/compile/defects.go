package compile

import (
	"io/fs"
	"slices"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// acceptYAML is a row of accept in city.yaml: one accepted defect by kind and areas, or all defects of a kind up to a
// size.
type acceptYAML struct {
	Defect string
	Areas  []string // the areas that the defect names, or undrawn areas above them; "*" matches any
	All    bool     // matches all areas; the row may be unused
	UpToM2 float64  `yaml:"up_to_m2"` // largest accepted size; with all, of each part
	Reason string
}

// any reports a row for all areas.
func (a *acceptYAML) any() bool {
	return a.All && len(a.Areas) == 0 || slices.Equal(a.Areas, []string{"*"})
}

// maxDefects bounds the defects reported at once; further ones are counted.
const maxDefects = 200

// kindsOfDefects lists the valid kinds, for misspelt ones.
var kindsOfDefects = []string{
	string(grid.Overlap), string(grid.Gap), string(grid.OutsideParent), string(grid.SelfCrossing),
	string(grid.RepeatedVertex), string(grid.WrongDatum), string(grid.SwappedAxes), string(grid.Antimeridian), string(grid.Tangled),
}

// manyDefects is the number of defects of one kind, or parts of one defect, from which a row that accepts all is
// suggested.
const manyDefects = 5

// defects reports what is wrong with the areas, except what city.yaml accepts. A revision that was accepted before
// keeps its defects: the index gives the same answers with and without them.
func (l *loader) defects(lines map[grid.AreaID]int) {
	survey := l.c.Index.Survey()
	l.c.GroundM2 = survey.GroundM2
	used := make([]bool, len(l.accept))
	var open []city.Defect
	for _, d := range survey.Defects {
		out := city.DescribeDefect(l.c, d)
		out.Line = lines[d.Areas[0]]
		for i := range l.accept {
			if accepts(l.c, &l.accept[i], &d) {
				used[i], out.Reason = true, l.accept[i].Reason
			}
		}
		switch {
		case out.Reason != "" || l.Accepted:
			l.c.Defects = append(l.c.Defects, out)
		case d.Kind == grid.RepeatedVertex: // no answer depends on repeated vertices
			l.c.RepeatedVertices = append(l.c.RepeatedVertices, out)
		default:
			l.c.Defects = append(l.c.Defects, out)
			open = append(open, out)
		}
	}
	if l.Accepted {
		return
	}
	for i := range open {
		if i == maxDefects {
			l.Add("areas.geojson", 0, i18n.F("%d more {defect is|defects are} not listed", "另有 %d 处缺陷未列出", len(open)-maxDefects), i18n.F("mend these first", "请先修正以上各处"))
			break
		}
		l.Add("areas.geojson", open[i].Line, open[i].Message, joined(open[i].Suggestion, allOf(open, i)))
	}
	for i := range l.accept {
		l.acceptFault(&l.accept[i], used[i])
	}
}

// acceptFault reports an invalid row of accept.
func (l *loader) acceptFault(a *acceptYAML, used bool) {
	what := strings.Join(a.Areas, ", ")
	whatZh := what
	if a.any() {
		what, whatZh = "all areas", "所有区域"
	}
	switch {
	case !slices.Contains(kindsOfDefects, a.Defect):
		l.Add("city.yaml", 0, i18n.F("accept: defect %q is unknown", "accept：缺陷类型 %q 未知", a.Defect), diag.Suggest(a.Defect, kindsOfDefects))
	case a.All && len(a.Areas) > 0:
		l.Add("city.yaml", 0, i18n.F("accept: %[1]s has both all and areas", "accept：%[1]s 同时写了 all 和 areas", a.Defect), i18n.F("write all: true for every area, or name the areas", "对所有区域写 all: true，否则列出区域"))
	case !a.All && len(a.Areas) == 0:
		l.Add("city.yaml", 0, i18n.F("accept: %[1]s names no areas", "accept：%[1]s 未写明区域", a.Defect), i18n.F("write areas: [ID, …], or all: true for every area", "请填写 areas: [编号, …]，或对所有区域写 all: true"))
	case a.Reason == "":
		l.Add("city.yaml", 0, i18n.Text{En: "accept: " + a.Defect + " of " + what + " has no reason", Zh: "accept：" + whatZh + "的 " + a.Defect + " 没有理由"}, i18n.F("write reason: why the city lives with it", "请填写 reason：为何接受"))
	case a.any() && !(a.UpToM2 > 0) && sized(grid.DefectKind(a.Defect)):
		l.Add("city.yaml", 0, i18n.F("accept: %[1]s of all areas has no up_to_m2", "accept：所有区域的 %[1]s 没有 up_to_m2", a.Defect), i18n.F("write up_to_m2: how large each may be", "请填写 up_to_m2：每处最大面积"))
	case !used && !a.any(): // a row for all areas may be unused
		l.Add("city.yaml", 0, i18n.Text{En: "accept: there is no " + a.Defect + " of " + what + " any more, or it has outgrown up_to_m2", Zh: "accept：" + whatZh + "的 " + a.Defect + " 已不存在，或已超过 up_to_m2"}, i18n.F("remove the row, or mend it", "请删除该行或更正"))
	}
}

// sized reports whether defects of a kind have a size in square metres.
func sized(k grid.DefectKind) bool { return k != grid.RepeatedVertex && k != grid.Antimeridian }

// allOf returns the row that accepts every open defect of a kind, at the first of many; otherwise empty.
func allOf(open []city.Defect, i int) i18n.Text {
	kind, n, most := open[i].Kind, 0, 0.0
	if i > 0 && open[i-1].Kind == kind {
		return i18n.Text{}
	}
	for _, d := range open {
		if d.Kind == kind {
			n, most = n+1, max(most, d.MostM2)
		}
	}
	if n < manyDefects && open[i].Count < manyDefects {
		return i18n.Text{}
	}
	return i18n.F("; or accept each of the %[1]d, and what comes, with one row: - {defect: %[2]s, all: true, up_to_m2: %.2[3]f, reason: …}", "；或用一行接受全部 %[1]d 项及今后同类：- {defect: %[2]s, all: true, up_to_m2: %.2[3]f, reason: …}", n, kind, most)
}

func joined(a, b i18n.Text) i18n.Text { return i18n.Text{En: a.En + b.En, Zh: a.Zh + b.Zh} }

// accepts reports whether a row covers a defect. An undrawn area stands for the areas below. The area of a gap may be
// replaced by any undrawn area between that area and those around the gap.
func accepts(c *city.City, a *acceptYAML, d *grid.Defect) bool {
	const rounding = 1.01
	size := d.SizeM2
	if a.All {
		size = d.MostM2
	}
	if a.Defect != string(d.Kind) || a.Reason == "" || size > a.UpToM2*rounding+0.005 {
		return false
	}
	if a.any() {
		return a.UpToM2 > 0 || !sized(d.Kind)
	}
	rows, areas := slices.Clone(a.Areas), d.Areas
	if d.Kind == grid.Gap && len(areas) > 1 && len(rows) > 1 {
		up := -1 // the row's area of the gap: the highest of those above the gap
		for i, row := range rows {
			id := grid.AreaID(row)
			above := id == areas[0] || represents(c, id, areas[1]) && c.Under(id, areas[0])
			if above && (up < 0 || c.Areas[id].Level < c.Areas[grid.AreaID(rows[up])].Level) {
				up = i
			}
		}
		if up >= 0 {
			rows, areas = slices.Delete(rows, up, up+1), areas[1:]
		}
	}
	for _, id := range areas {
		if !slices.ContainsFunc(rows, func(row string) bool { return represents(c, grid.AreaID(row), id) }) {
			return false
		}
	}
	for _, row := range rows {
		if !slices.ContainsFunc(areas, func(id grid.AreaID) bool { return represents(c, grid.AreaID(row), id) }) {
			return false
		}
	}
	return true
}

// represents reports whether id equals below, or lies above with nothing drawn from there up.
func represents(c *city.City, id, below grid.AreaID) bool {
	for a := c.Areas[below]; a != nil; a = c.Areas[a.Parent] {
		if a.ID == id {
			return true
		}
		if up := c.Areas[a.Parent]; up == nil || up.Ground != nil {
			return false
		}
	}
	return false
}

// DefectsOf reads only the drawing of a city directory. It returns every defect, accepted or not, and the diagnostics
// of areas that cannot be read at all.
func DefectsOf(fsys fs.FS) ([]city.Defect, []diag.Diagnostic) {
	l := newLoader(fsys, &city.City{Areas: map[grid.AreaID]*city.Area{}, Categories: map[catalog.Code]*catalog.Category{}})
	if l.tooLarge() || !l.head() {
		return nil, l.List
	}
	l.areas()
	return append(l.c.Defects, l.c.RepeatedVertices...), l.List
}
