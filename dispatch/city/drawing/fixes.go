package drawing

import "wangge/dispatch/i18n"

// Fix says what is wrong with a feature, and how to mend the feature.
type Fix struct {
	What string // in Chinese; the problem itself has the English words
	How  i18n.Text
}

// fixes has a row for each code of grid.Problem.
var fixes = map[string]Fix{
	"duplicate_id":   {"区域编号为空或重复", i18n.F("give each area its own id", "请为每个区域使用唯一编号")},
	"unknown_parent": {"上级区域不存在", i18n.F("write the id of an area one level up", "请填写上一级区域的编号")},
	"level_order":    {"层级不低于其上级", i18n.F("let the parent be of a level above", "上级的层级必须更高")},
	"no_root":        {"城市本身缺失，或有多个没有上级的区域", i18n.F("let exactly one area, the city, have no parent", "只有城市本身可以没有上级")},
	"unclosed_ring":  {"环未闭合", i18n.F("repeat the first vertex at the end", "请在末尾重复第一个顶点")},
	"short_line":     {"线的顶点少于 2 个", i18n.F("a line has at least 2 vertices", "线至少需要 2 个顶点")},
	"short_ring":     {"环的顶点少于 4 个", i18n.F("a ring has at least 4 vertices", "环至少需要 4 个顶点")},
	"empty_ring":     {"环为空：顶点都在一条直线上", i18n.F("draw the ground that it goes around, or remove it", "请画出其所围的面，或删除该环")},
	"bad_vertex":     {"顶点坐标无效", i18n.F("write [lng, lat] in degrees", "请以度填写 [经度, 纬度]")},
	"empty":          {"没有面，也没有下级", i18n.F("add ground, or children", "请添加面或下级区域")},
}

// FixOf returns the fix of a problem of the grid by its code.
func FixOf(code string) Fix {
	if fix, ok := fixes[code]; ok {
		return fix
	}
	return Fix{"无法编译", i18n.F("mend the feature", "请修正该要素")}
}
