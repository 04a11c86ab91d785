package city

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"wangge/dispatch/catalog"
	"wangge/dispatch/fault"
	"wangge/dispatch/say"
	"wangge/grid"
)

// Defect is something wrong with the drawn areas, and whether the city lives with it.
type Defect struct {
	grid.Defect
	Message, Suggestion say.Text
	Reason              string // why city.yaml accepts it; "" = it doesn't
}

// acceptYAML is a row of accept in city.yaml: a defect that the city lives with, by kind and areas.
type acceptYAML struct {
	Defect string
	Areas  []string // the areas that the fault names; "*" stands for any
	UpToM2 float64  `yaml:"up_to_m2"` // how large it may become
	Reason string
}

// maxDefects bounds how many are told at once; the rest is counted.
const maxDefects = 200

// kindsOfDefects is for people who misspell one.
var kindsOfDefects = []string{
	string(grid.Overlap), string(grid.Gap), string(grid.OutsideParent), string(grid.SelfCrossing),
	string(grid.RepeatedVertex), string(grid.WrongDatum), string(grid.SwappedAxes), string(grid.Antimeridian), string(grid.Tangled),
}

// defects names what is wrong with the areas, except what city.yaml accepts.
func (l *loader) defects(lines map[grid.AreaID]int) {
	used := make([]bool, len(l.accept))
	more := 0
	for _, d := range l.c.Index.Defects() {
		out := l.c.describe(d)
		for i, a := range l.accept {
			if a.covers(&d) {
				used[i], out.Reason = true, a.Reason
			}
		}
		l.c.Defects = append(l.c.Defects, out)
		if out.Reason != "" {
			continue
		}
		if more++; more <= maxDefects {
			l.Add("areas.geojson", lines[d.Areas[0]], out.Message, out.Suggestion)
		}
	}
	if more > maxDefects {
		n := more - maxDefects
		l.Add("areas.geojson", 0, say.F("%d more defects are not listed", "另有 %d 处缺陷未列出", n), say.F("mend these first", "请先修正以上各处"))
	}
	for i, a := range l.accept {
		what := strings.Join(a.Areas, ", ")
		switch {
		case !slices.Contains(kindsOfDefects, a.Defect):
			l.Add("city.yaml", 0, say.F("accept: defect %q is unknown", "accept：缺陷类型 %q 未知", a.Defect), fault.Meant(a.Defect, kindsOfDefects))
		case a.Reason == "":
			l.Add("city.yaml", 0, say.F("accept: %[1]s of %[2]s has no reason", "accept：%[2]s 的 %[1]s 没有理由", a.Defect, what), say.F("write reason: why the city lives with it", "请填写 reason：为何接受"))
		case !used[i]:
			l.Add("city.yaml", 0, say.F("accept: there is no %[1]s of %[2]s any more, or it has outgrown up_to_m2", "accept：%[2]s 的 %[1]s 已不存在，或已超过 up_to_m2", a.Defect, what), say.F("remove the row, or mend it", "请删除该行或更正"))
		}
	}
}

func (a *acceptYAML) covers(d *grid.Defect) bool {
	const rounding = 1.01
	if a.Defect != string(d.Kind) || a.Reason == "" || d.SizeM2 > a.UpToM2*rounding+0.005 {
		return false
	}
	if slices.Equal(a.Areas, []string{"*"}) {
		return true
	}
	ids := make([]string, len(d.Areas))
	for i, id := range d.Areas {
		ids[i] = string(id)
	}
	slices.Sort(ids)
	return slices.Equal(ids, slices.Sorted(slices.Values(a.Areas)))
}

// describe says a defect in words: whose, how large, where, and what to do.
func (c *City) describe(d grid.Defect) Defect {
	out := Defect{Defect: d}
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
	mend := say.F("move the border", "请修正边界")
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
		out.Message = say.Text{En: fmt.Sprintf("%s and %s overlap by %s in %d places, at %s", aEn, bEn, size, d.Count, at), Zh: fmt.Sprintf("%s与%s重叠 %s，共 %d 处，位于 %s", aZh, bZh, size, d.Count, at)}
		mend = say.F("let both share one border; until then %s has that ground", "请让两者共用一条边界；在此之前归 %s", ids[0])
	case grid.Gap:
		out.Message = say.Text{En: fmt.Sprintf("%s has a gap of %s at %s, beside %s", aEn, size, at, orNone(en[1:], "none of its parts")), Zh: fmt.Sprintf("%s内有空隙 %s，位于 %s，邻近%s", aZh, size, at, orNone(zh[1:], "（无下级）"))}
		mend = say.F("give that ground to one of them", "请将该地划给其中之一")
	case grid.OutsideParent:
		out.Message = say.Text{En: fmt.Sprintf("%s reaches out of its parent %s by %s in %d places, at %s", aEn, bEn, size, d.Count, at), Zh: fmt.Sprintf("%s超出上级%s %s，共 %d 处，位于 %s", aZh, bZh, size, d.Count, at)}
		mend = say.F("mend the border, or the parent's; until then nobody at that level has the ground", "请修正边界或上级边界；在此之前该级无人负责")
	case grid.SelfCrossing:
		out.Message = say.Text{En: fmt.Sprintf("%s crosses itself %d times, %s are concerned, at %s", aEn, d.Count, size, at), Zh: fmt.Sprintf("%s自相交 %d 次，涉及 %s，位于 %s", aZh, d.Count, size, at)}
		mend = say.F("untangle the ring there", "请在该处理顺边界")
	case grid.RepeatedVertex:
		out.Message = say.Text{En: fmt.Sprintf("%s repeats %d vertices, one at %s", aEn, d.Count, at), Zh: fmt.Sprintf("%s有 %d 个重复顶点，其一位于 %s", aZh, d.Count, at)}
		mend = say.F("remove the second one", "请删除重复顶点")
	case grid.WrongDatum:
		out.Message = say.Text{En: fmt.Sprintf("%s fits its neighbours when it is read as %s: it lies %.0f m off, at %s", aEn, d.Looks, d.ShiftM, at), Zh: fmt.Sprintf("%s按 %s 读取后与相邻区域吻合：当前偏移 %.0f 米，位于 %s", aZh, d.Looks, d.ShiftM, at)}
		mend = say.F("convert it, or move it to a file whose datum is %s", "请转换坐标系，或放入 datum 为 %s 的文件", d.Looks)
	case grid.SwappedAxes:
		out.Message = say.Text{En: fmt.Sprintf("%s fits its neighbours when latitude and longitude are exchanged; it now lies at %s", aEn, at), Zh: fmt.Sprintf("%s交换经纬度后与相邻区域吻合；当前位于 %s", aZh, at)}
		mend = say.F("write [lng, lat]", "请写成 [经度, 纬度]")
	case grid.Antimeridian:
		out.Message = say.Text{En: fmt.Sprintf("%s has an edge that runs around the globe, at %s", aEn, at), Zh: fmt.Sprintf("%s有一条边绕行全球，位于 %s", aZh, at)}
		mend = say.F("cut the polygon at 180° (RFC 7946, 3.1.9)", "请在 180° 处切开（RFC 7946 3.1.9）")
	}
	if d.Kind == grid.Tangled {
		out.Message = say.Text{En: fmt.Sprintf("%s is a tangle: its lines, or those of its parts, cross too often for each piece to be told, at %s", aEn, at), Zh: fmt.Sprintf("%s边界混乱：自身或下级的边线相交过多，无法逐一列出，位于 %s", aZh, at)}
		mend = say.F("draw it anew, or simplify it", "请重新绘制或简化")
	}
	row := fmt.Sprintf("- {defect: %s, areas: [%s], up_to_m2: %.2f, reason: …}", d.Kind, strings.Join(ids, ", "), d.SizeM2)
	out.Suggestion = say.Text{En: mend.En + "; or accept it in city.yaml: accept: " + row, Zh: mend.Zh + "；或在 city.yaml 的 accept 中接受：" + row}
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
func DefectsOf(fsys fs.FS) ([]Defect, []Fault) {
	l := &loader{fsys: fsys, c: &City{Areas: map[grid.AreaID]*Area{}, Categories: map[catalog.Code]*catalog.Category{}}}
	if !l.head() {
		return nil, l.List
	}
	l.areas()
	return l.c.Defects, l.List
}
