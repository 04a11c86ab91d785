package compile

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// acceptYAML is a row of accept in city.yaml: a defect that the city lives with, by kind and areas, or
// all of a kind up to a size.
type acceptYAML struct {
	Defect string
	Areas  []string // the areas that the fault names, or undrawn areas above them; "*" stands for any
	All    bool     // of any areas; the row may have nothing to accept
	UpToM2 float64  `yaml:"up_to_m2"` // how large it may become; with all, how large each piece of it
	Reason string
}

// any reports a row that is for all areas.
func (a *acceptYAML) any() bool {
	return a.All && len(a.Areas) == 0 || slices.Equal(a.Areas, []string{"*"})
}

// maxDefects bounds how many are told at once; the rest is counted.
const maxDefects = 200

// kindsOfDefects is for people who misspell one.
var kindsOfDefects = []string{
	string(grid.Overlap), string(grid.Gap), string(grid.OutsideParent), string(grid.SelfCrossing),
	string(grid.RepeatedVertex), string(grid.WrongDatum), string(grid.SwappedAxes), string(grid.Antimeridian), string(grid.Tangled),
}

// manyDefects of one kind, or pieces of one defect, are worth a row that accepts all.
const manyDefects = 5

// defects names what is wrong with the areas, except what city.yaml accepts. A revision that was taken
// before keeps its defects: an index answers the same with them and without.
func (l *loader) defects(lines map[grid.AreaID]int) {
	survey := l.c.Index.Survey()
	l.c.GroundM2 = survey.GroundM2
	used := make([]bool, len(l.accept))
	var open []city.Defect
	for _, d := range survey.Defects {
		out := describe(l.c, d)
		out.Line = lines[d.Areas[0]]
		for i := range l.accept {
			if accepts(l.c, &l.accept[i], &d) {
				used[i], out.Reason = true, l.accept[i].Reason
			}
		}
		switch {
		case out.Reason != "" || l.Kept:
			l.c.Defects = append(l.c.Defects, out)
		case d.Kind == grid.RepeatedVertex: // no answer depends on it
			l.c.RepeatedVertices = append(l.c.RepeatedVertices, out)
		default:
			l.c.Defects = append(l.c.Defects, out)
			open = append(open, out)
		}
	}
	if l.Kept {
		return
	}
	for i := range open {
		if i == maxDefects {
			l.Add("areas.geojson", 0, i18n.F("%d more defects are not listed", "另有 %d 处缺陷未列出", len(open)-maxDefects), i18n.F("mend these first", "请先修正以上各处"))
			break
		}
		l.Add("areas.geojson", open[i].Line, open[i].Message, joined(open[i].Suggestion, allOf(open, i)))
	}
	for i := range l.accept {
		l.acceptFault(&l.accept[i], used[i])
	}
}

// acceptFault names what is wrong with a row of accept.
func (l *loader) acceptFault(a *acceptYAML, used bool) {
	what := strings.Join(a.Areas, ", ")
	whatZh := what
	if a.any() {
		what, whatZh = "all areas", "所有区域"
	}
	switch {
	case !slices.Contains(kindsOfDefects, a.Defect):
		l.Add("city.yaml", 0, i18n.F("accept: defect %q is unknown", "accept：缺陷类型 %q 未知", a.Defect), diag.Meant(a.Defect, kindsOfDefects))
	case a.All && len(a.Areas) > 0:
		l.Add("city.yaml", 0, i18n.F("accept: %[1]s has both all and areas", "accept：%[1]s 同时写了 all 和 areas", a.Defect), i18n.F("write all: true for every area, or name the areas", "对所有区域写 all: true，否则列出区域"))
	case !a.All && len(a.Areas) == 0:
		l.Add("city.yaml", 0, i18n.F("accept: %[1]s names no areas", "accept：%[1]s 未写明区域", a.Defect), i18n.F("write areas: [ID, …], or all: true for every area", "请填写 areas: [编号, …]，或对所有区域写 all: true"))
	case a.Reason == "":
		l.Add("city.yaml", 0, i18n.Text{En: "accept: " + a.Defect + " of " + what + " has no reason", Zh: "accept：" + whatZh + "的 " + a.Defect + " 没有理由"}, i18n.F("write reason: why the city lives with it", "请填写 reason：为何接受"))
	case a.any() && !(a.UpToM2 > 0) && sized(grid.DefectKind(a.Defect)):
		l.Add("city.yaml", 0, i18n.F("accept: %[1]s of all areas has no up_to_m2", "accept：所有区域的 %[1]s 没有 up_to_m2", a.Defect), i18n.F("write up_to_m2: how large each may be", "请填写 up_to_m2：每处最大面积"))
	case !used && !a.any(): // what holds for all areas may have nothing to accept today
		l.Add("city.yaml", 0, i18n.Text{En: "accept: there is no " + a.Defect + " of " + what + " any more, or it has outgrown up_to_m2", Zh: "accept：" + whatZh + "的 " + a.Defect + " 已不存在，或已超过 up_to_m2"}, i18n.F("remove the row, or mend it", "请删除该行或更正"))
	}
}

// sized reports a kind of defect that concerns ground of some size.
func sized(k grid.DefectKind) bool { return k != grid.RepeatedVertex && k != grid.Antimeridian }

// allOf is the row that accepts every open defect of a kind, at the first of many; empty otherwise.
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

// accepts reports whether a row covers a defect. An area that is not drawn stands for those below it,
// and the area of a gap for any undrawn area between it and those around the gap.
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
		up := -1 // the row's area of the gap: of those above the gap the highest
		for i, row := range rows {
			id := grid.AreaID(row)
			above := id == areas[0] || standsFor(c, id, areas[1]) && c.Under(id, areas[0])
			if above && (up < 0 || c.Areas[id].Level < c.Areas[grid.AreaID(rows[up])].Level) {
				up = i
			}
		}
		if up >= 0 {
			rows, areas = slices.Delete(rows, up, up+1), areas[1:]
		}
	}
	for _, id := range areas {
		if !slices.ContainsFunc(rows, func(row string) bool { return standsFor(c, grid.AreaID(row), id) }) {
			return false
		}
	}
	for _, row := range rows {
		if !slices.ContainsFunc(areas, func(id grid.AreaID) bool { return standsFor(c, grid.AreaID(row), id) }) {
			return false
		}
	}
	return true
}

// standsFor reports whether an area is another one, or above it with nothing drawn from there on.
func standsFor(c *city.City, id, below grid.AreaID) bool {
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

// describe says a defect in words: whose, how large, where, and what to do.
func describe(c *city.City, d grid.Defect) city.Defect {
	out := city.Defect{Defect: d}
	en, zh, ids := make([]string, len(d.Areas)), make([]string, len(d.Areas)), make([]string, len(d.Areas))
	for i, id := range d.Areas {
		ids[i] = string(id)
		en[i], zh[i] = ids[i], ids[i]
		if a := c.Areas[id]; a != nil {
			en[i], zh[i] = fmt.Sprintf("%s (%s)", a.Name, id), fmt.Sprintf("%s（%s）", a.Name, id)
			if a.NameEn != "" {
				en[i] = fmt.Sprintf("%s (%s)", a.NameEn, id)
			}
		}
	}
	size, at := sizeText(d.SizeM2), fmt.Sprintf("%.6f,%.6f", d.At.Lat, d.At.Lng)
	mend := i18n.F("move the border", "请修正边界")
	two := func(i int) (string, string) {
		if i < len(en) {
			return en[i], zh[i]
		}
		return "", ""
	}
	aEn, aZh := two(0)
	bEn, bZh := two(1)
	switch d.Kind {
	case grid.Overlap:
		out.Message = i18n.Text{En: fmt.Sprintf("%s and %s overlap by %s in %d places, at %s", aEn, bEn, size, d.Count, at), Zh: fmt.Sprintf("%s与%s重叠 %s，共 %d 处，位于 %s", aZh, bZh, size, d.Count, at)}
		mend = i18n.F("let both share one border; until then nobody at that level has the ground", "请让两者共用一条边界；在此之前该级无人负责")
		if place, err := c.Index.Locate(d.At); err == nil {
			has := place.Areas[len(place.Areas)-1]
			for _, id := range d.Areas {
				if slices.Contains(place.Areas, id) {
					has = id
				}
			}
			mend = i18n.F("let both share one border; until then %s has that ground", "请让两者共用一条边界；在此之前归 %s", has)
		}
	case grid.Gap:
		out.Message = i18n.Text{En: fmt.Sprintf("%s has a gap of %s at %s, beside %s", aEn, size, at, orNone(en[1:], "none of its parts")), Zh: fmt.Sprintf("%s内有空隙 %s，位于 %s，邻近%s", aZh, size, at, orNone(zh[1:], "（无下级）"))}
		mend = i18n.F("give that ground to one of them", "请将该地划给其中之一")
	case grid.OutsideParent:
		out.Message = i18n.Text{En: fmt.Sprintf("%s reaches out of its parent %s by %s in %d places, at %s", aEn, bEn, size, d.Count, at), Zh: fmt.Sprintf("%s超出上级%s %s，共 %d 处，位于 %s", aZh, bZh, size, d.Count, at)}
		mend = i18n.F("mend the border, or the parent's; until then nobody at that level has the ground", "请修正边界或上级边界；在此之前该级无人负责")
	case grid.SelfCrossing:
		out.Message = i18n.Text{En: fmt.Sprintf("%s crosses itself %d times, %s are concerned, at %s", aEn, d.Count, size, at), Zh: fmt.Sprintf("%s自相交 %d 次，涉及 %s，位于 %s", aZh, d.Count, size, at)}
		mend = i18n.F("untangle the ring there", "请在该处理顺边界")
		if d.Count == 0 {
			out.Message = i18n.Text{En: fmt.Sprintf("%s goes around %s twice, at %s: its parts lie on one another, and that ground is nobody's", aEn, size, at), Zh: fmt.Sprintf("%s的多个面相互重叠 %s，位于 %s：该地无人负责", aZh, size, at)}
			mend = i18n.F("draw that ground once", "该地只应画一次")
		}
	case grid.RepeatedVertex:
		out.Message = i18n.Text{En: fmt.Sprintf("%s repeats %d vertices, one at %s", aEn, d.Count, at), Zh: fmt.Sprintf("%s有 %d 个重复顶点，其一位于 %s", aZh, d.Count, at)}
		mend = i18n.F("remove the second one", "请删除重复顶点")
	case grid.WrongDatum:
		out.Message = i18n.Text{En: fmt.Sprintf("%s fits its neighbours when it is read as %s: it lies %.0f m off, at %s", aEn, d.Looks, d.ShiftM, at), Zh: fmt.Sprintf("%s按 %s 读取后与相邻区域吻合：当前偏移 %.0f 米，位于 %s", aZh, d.Looks, d.ShiftM, at)}
		mend = i18n.F("convert it, or move it to a file whose datum is %s", "请转换坐标系，或放入 datum 为 %s 的文件", d.Looks)
	case grid.SwappedAxes:
		out.Message = i18n.Text{En: fmt.Sprintf("%s fits its neighbours when latitude and longitude are exchanged; it now lies at %s", aEn, at), Zh: fmt.Sprintf("%s交换经纬度后与相邻区域吻合；当前位于 %s", aZh, at)}
		mend = i18n.F("write [lng, lat]", "请写成 [经度, 纬度]")
	case grid.Antimeridian:
		out.Message = i18n.Text{En: fmt.Sprintf("%s has an edge that runs around the globe, at %s", aEn, at), Zh: fmt.Sprintf("%s有一条边绕行全球，位于 %s", aZh, at)}
		mend = i18n.F("cut the polygon at 180° (RFC 7946, 3.1.9)", "请在 180° 处切开（RFC 7946 3.1.9）")
	}
	if d.Kind == grid.Tangled {
		out.Message = i18n.Text{En: fmt.Sprintf("%s is a tangle: its lines, or those of its parts, cross too often for each piece to be told, at %s", aEn, at), Zh: fmt.Sprintf("%s边界混乱：自身或下级的边线相交过多，无法逐一列出，位于 %s", aZh, at)}
		mend = i18n.F("draw it anew, or simplify it", "请重新绘制或简化")
	}
	row := fmt.Sprintf("- {defect: %s, areas: [%s], up_to_m2: %.2f, reason: …}", d.Kind, strings.Join(ids, ", "), d.SizeM2)
	out.Suggestion = i18n.Text{En: mend.En + "; or accept it in city.yaml: accept: " + row, Zh: mend.Zh + "；或在 city.yaml 的 accept 中接受：" + row}
	return out
}

func orNone(names []string, none string) string {
	const most = 5
	if len(names) == 0 {
		return none
	}
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// sizeText is a size as people say it: 0.04 m², 312 m², 0.579 km².
func sizeText(m2 float64) string {
	switch {
	case m2 >= 100_000:
		return fmt.Sprintf("%.3f km²", m2/1e6)
	case m2 >= 100:
		return fmt.Sprintf("%.0f m²", m2)
	default:
		return fmt.Sprintf("%.2f m²", m2)
	}
}

// DefectsOf reads only what is drawn in a city directory and tells every defect, accepted or not,
// with the faults that keep areas from being read at all.
func DefectsOf(fsys fs.FS) ([]city.Defect, []diag.Diagnostic) {
	l := &loader{fsys: fsys, c: &city.City{Areas: map[grid.AreaID]*city.Area{}, Categories: map[catalog.Code]*catalog.Category{}}}
	if l.tooLarge() || !l.head() {
		return nil, l.List
	}
	l.areas()
	return append(l.c.Defects, l.c.RepeatedVertices...), l.List
}
