package city

import (
	"fmt"
	"slices"
	"strings"

	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Defect is an error in the drawn areas, and whether the city accepts the error.
type Defect struct {
	grid.Defect
	Message, Suggestion i18n.Text
	Reason              string // why city.yaml accepts the defect; "" = not accepted
	Line                int    // line of its first area in areas.geojson
}

// DescribeDefect describes a defect: areas, size, place and remedy. Line and Reason stay empty.
func DescribeDefect(c *City, d grid.Defect) Defect {
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
	mend := i18n.F("move the border", "请修正边界")
	two := func(i int) i18n.Text {
		if i < len(en) {
			return i18n.Text{En: en[i], Zh: zh[i]}
		}
		return i18n.Text{}
	}
	a, b := two(0), two(1)
	switch d.Kind {
	case grid.Overlap:
		out.Message = i18n.F("%s and %s overlap by %s in %d {place|places}, at %s", "%s与%s重叠 %s，共 %d 处，位于 %s", a, b, size, d.Count, at)
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
		out.Message = i18n.Text{En: fmt.Sprintf("%s has a gap of %s at %s, beside %s", a.En, size, at, orNone(en[1:], "none of its parts")), Zh: fmt.Sprintf("%s内有空隙 %s，位于 %s，邻近%s", a.Zh, size, at, orNone(zh[1:], "（无下级）"))}
		mend = i18n.F("give that ground to one of them", "请将该地划给其中之一")
	case grid.OutsideParent:
		out.Message = i18n.F("%s reaches out of its parent %s by %s in %d {place|places}, at %s", "%s超出上级%s %s，共 %d 处，位于 %s", a, b, size, d.Count, at)
		mend = i18n.F("mend the border, or the parent's; until then nobody at that level has the ground", "请修正边界或上级边界；在此之前该级无人负责")
	case grid.SelfCrossing:
		out.Message = i18n.F("%s crosses itself %d {time|times}, %s are concerned, at %s", "%s自相交 %d 次，涉及 %s，位于 %s", a, d.Count, size, at)
		mend = i18n.F("untangle the ring there", "请在该处理顺边界")
		if d.Count == 0 {
			out.Message = i18n.Text{En: fmt.Sprintf("%s goes around %s twice, at %s: its parts lie on one another, and that ground is nobody's", a.En, size, at), Zh: fmt.Sprintf("%s的多个面相互重叠 %s，位于 %s：该地无人负责", a.Zh, size, at)}
			mend = i18n.F("draw that ground once", "该地只应画一次")
		}
	case grid.RepeatedVertex:
		out.Message = i18n.F("%s repeats %d {vertex|vertices}, one at %s", "%s有 %d 个重复顶点，其一位于 %s", a, d.Count, at)
		mend = i18n.F("remove the second one", "请删除重复顶点")
	case grid.WrongDatum:
		out.Message = i18n.Text{En: fmt.Sprintf("%s fits its neighbours when it is read as %s: it lies %.0f m off, at %s", a.En, d.Looks, d.ShiftM, at), Zh: fmt.Sprintf("%s按 %s 读取后与相邻区域吻合：当前偏移 %.0f 米，位于 %s", a.Zh, d.Looks, d.ShiftM, at)}
		mend = i18n.F("convert it, or move it to a file whose datum is %s", "请转换坐标系，或放入 datum 为 %s 的文件", d.Looks)
	case grid.SwappedAxes:
		out.Message = i18n.Text{En: fmt.Sprintf("%s fits its neighbours when latitude and longitude are exchanged; it now lies at %s", a.En, at), Zh: fmt.Sprintf("%s交换经纬度后与相邻区域吻合；当前位于 %s", a.Zh, at)}
		mend = i18n.F("write [lng, lat]", "请写成 [经度, 纬度]")
	case grid.Antimeridian:
		out.Message = i18n.Text{En: fmt.Sprintf("%s has an edge that runs around the globe, at %s", a.En, at), Zh: fmt.Sprintf("%s有一条边绕行全球，位于 %s", a.Zh, at)}
		mend = i18n.F("cut the polygon at 180° (RFC 7946, 3.1.9)", "请在 180° 处切开（RFC 7946 3.1.9）")
	case grid.Tangled:
		out.Message = i18n.Text{En: fmt.Sprintf("%s is a tangle: its lines, or those of its parts, cross too often for each piece to be told, at %s", a.En, at), Zh: fmt.Sprintf("%s边界混乱：自身或下级的边线相交过多，无法逐一列出，位于 %s", a.Zh, at)}
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

// sizeText formats a size in square metres. Examples: 0.04 m², 312 m², 0.579 km².
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
