package city

import (
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// officeRemarks names posts of the grid office that give no right: the directory is the whole city's.
func (c *City) officeRemarks() []diag.Diagnostic {
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
