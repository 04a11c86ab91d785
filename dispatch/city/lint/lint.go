// Package lint warns about directories that compile but are probably not what was meant.
package lint

import (
	"maps"
	"slices"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// Warnings covers areas with repeated vertices, posts without rights, categories that only the last rule takes,
// rules that always lose some of their categories to an earlier rule, and lights of ladders that don't fit their time.
// A city with warnings can be served.
func Warnings(c *city.City) []diag.Diagnostic {
	const file = "rules.csv"
	out := repeatedVertices(c)
	var nobody []string
	for _, code := range slices.Sorted(maps.Keys(c.Categories)) {
		if !slices.ContainsFunc(c.RulesFor(code), func(r *catalog.Rule) bool { return !r.CatchAll() }) {
			nobody = append(nobody, string(code))
		}
	}
	last := len(c.Rules) - 1
	out = append(out, misplacedOffices(c)...)
	out = append(out, lights(c)...)
	if len(nobody) > 0 {
		out = append(out, diag.Diagnostic{
			File: file, Line: c.Rules[last].Line(), Message: i18n.F("%[1]d {category is named by no rule and falls|categories are named by no rule and fall} to the last one: %[2]s", "%[1]d 个类别没有规则指明，由最后一条兜底：%[2]s", len(nobody), some(nobody)),
			Suggestion: i18n.F("add %s", "请添加 %s", c.Row(file, "order", "ORDER", "category", strings.Join(nobody[:min(len(nobody), maxSome)], ","), "owner", "line:DEPARTMENT")),
		})
	}
	for i := range c.Rules[:last] {
		r := &c.Rules[i]
		var lost, by []string
		for _, code := range slices.Sorted(maps.Keys(c.Categories)) {
			cat := c.Categories[code]
			if !r.Pattern.Covers(cat) {
				continue
			}
			j := slices.IndexFunc(c.Rules[:i], func(e catalog.Rule) bool { return e.Pattern.Covers(cat) && c.HoldsWherever(&e, r) })
			if j < 0 {
				continue
			}
			lost = append(lost, string(code))
			if !slices.Contains(by, c.Rules[j].ID) {
				by = append(by, c.Rules[j].ID)
			}
		}
		if len(lost) > 0 {
			out = append(out, diag.Diagnostic{
				File: file, Line: r.Line(), Message: i18n.F("of this rule's categories %[1]s are always taken before, by %[2]s", "该规则的类别中 %[1]s 总由 %[2]s 先行匹配", some(lost), some(by)),
				Suggestion: i18n.F("leave them out of this rule, as in %s", "请从该规则中排除，例如 %s", "class:NAME,!"+lost[0]),
			})
		}
	}
	return out
}

// repeatedVertices returns one warning for all areas with repeated vertices: no answer depends on them.
func repeatedVertices(c *city.City) []diag.Diagnostic {
	if len(c.RepeatedVertices) == 0 {
		return nil
	}
	var ids []string
	n := 0
	for _, d := range c.RepeatedVertices {
		ids = append(ids, string(d.Areas[0]))
		n += d.Count
	}
	first := c.RepeatedVertices[0]
	return []diag.Diagnostic{{
		File: "areas.geojson", Line: first.Line,
		Message:    i18n.F("%[1]d {area repeats|areas repeat} %[2]d {vertex|vertices}, the first at %.6[3]f,%.6[4]f: %[5]s", "%[1]d 个区域有 %[2]d 个重复顶点，第一个位于 %.6[3]f,%.6[4]f：%[5]s", len(ids), n, first.At.Lat, first.At.Lng, some(ids)),
		Suggestion: i18n.F("no answer depends on them; remove them when the borders are next drawn", "不影响任何结果；下次修改边界时请删除"),
	}}
}

// maxSome bounds how many names a warning lists.
const maxSome = 8

func some(names []string) string {
	if len(names) > maxSome {
		names = append(slices.Clone(names[:maxSome]), "…")
	}
	return strings.Join(names, ", ")
}

// misplacedOffices reports posts of the grid office that give no right: the directory belongs to the whole city.
func misplacedOffices(c *city.City) []diag.Diagnostic {
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	var out []diag.Diagnostic
	for _, u := range c.Roster.Units() {
		if post, ok := c.Roster.Post(u, roster.GridOffice); ok && u != root {
			out = append(out, diag.Diagnostic{
				File: "posts.csv", Message: i18n.F("the post %s gives no right: the directory is kept at the city itself", "岗位 %s 没有任何权限：城市目录由市级维护", post),
				Suggestion: i18n.F("write %s, or remove the row", "请改为 %s，或删除该行", roster.PostAt(root, roster.GridOffice)),
			})
		}
	}
	return out
}
