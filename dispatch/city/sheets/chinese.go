package sheets

import (
	"slices"
	"strings"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// chineseNames lists the Chinese names of columns, the exported one first. Several columns may share a name: the
// first such column of the table is meant.
var chineseNames = map[string][]string{
	"id": {"编号"}, "code": {"代码", "编码", "编号"}, "name": {"名称", "姓名"}, "name_en": {"英文名称", "英文名"}, "phone": {"电话", "电话号码", "手机", "手机号", "联系电话"},
	"language": {"语言", "使用语言", "通知语言"}, "email": {"电子邮箱", "邮箱"}, "wecom": {"企业微信账号", "企业微信"}, "active_from": {"在岗起始", "启用日期"}, "active_to": {"在岗截止", "停用日期"},
	"area": {"区域", "区域编号"}, "parent": {"上级", "上级编号"}, "self_resolve": {"可自行处置", "自行处置"}, "valid_from": {"生效日期"}, "valid_to": {"失效日期"}, "note": {"备注", "说明"},
	"kind": {"类型"}, "class": {"大类"}, "class_en": {"大类英文", "英文大类"}, "severity": {"等级", "严重程度"}, "limit": {"时限", "处置时限"}, "limit_unit": {"时限单位"},
	"closing": {"结案条件", "结案标准"}, "condition": {"立案条件编号", "立案条件"}, "milestone": {"节点"}, "after": {"前一节点"}, "by": {"节点责任方"},
	"order": {"顺序", "序号"}, "category": {"类别", "类别代码"}, "near": {"附近点位", "附近定点"}, "within_m": {"距离"}, "from": {"起始", "起始日期", "开始", "开始时间", "上班"}, "to": {"结束", "结束日期", "结束时间", "下班"},
	"season": {"季节", "时段"}, "campaign": {"专项行动", "专项整治"}, "owner": {"责任主体", "责任单位"}, "co_owners": {"协办单位", "协办"},
	"unit": {"单位"}, "role": {"职责", "岗位职责", "角色"}, "person": {"人员", "人员编号"}, "rank": {"顺位"}, "shift": {"班次"}, "weekdays": {"星期", "工作星期"}, "reason": {"原因"}, "cover": {"代班人", "代班人编号", "替班人"},
	"phone_public": {"电话公开"}, "anchor": {"起算日期"}, "pattern": {"轮班表"}, "platform": {"派遣平台", "平台"},
	"tier": {"区域分级", "分级"}, "section_tier": {"街路等级", "道路等级"}, "grade": {"专项行动等级", "降雪等级"},
	"categories": {"适用类别", "类别"}, "grades": {"等级", "可选等级"}, "after_days": {"停止后天数"},
	"lat": {"纬度"}, "lng": {"经度"}, "at": {"上报时刻", "时刻", "时间"}, "datum": {"坐标系"}, "due": {"截止时刻", "截止时间"},
	"ladder": {"升级通知"}, "rule": {"依据", "依据规则"},
}

// columnNamed finds the column of a table by an English or Chinese header cell.
func columnNamed(t *tables.Table, text string) (*tables.Column, bool) {
	plain := title(text)
	if c, ok := t.Column(plain); ok {
		return c, true
	}
	for i := range t.Columns {
		if slices.Contains(chineseNames[t.Columns[i].Name], plain) {
			return &t.Columns[i], true
		}
	}
	return nil, false
}

// bothNames returns the header of a column in an export for a reader of Chinese: "id (编号)".
func bothNames(c *tables.Column, lang string) string {
	names := chineseNames[c.Name]
	if !strings.HasPrefix(lang, "zh") || len(names) == 0 {
		return c.Name
	}
	return c.Name + " (" + names[0] + ")"
}

// bothNamesIn is bothNames for a column of a table. An unknown column has its name alone.
func bothNamesIn(t *tables.Table, column, lang string) string {
	c, ok := t.Column(column)
	if !ok {
		return column
	}
	if t.File == "people.csv" && column == "name" && strings.HasPrefix(lang, "zh") {
		return "name (姓名)"
	}
	return bothNames(c, lang)
}

// chineseChoices lists the Chinese words of closed lists, the one for messages first. Severities and roles are added.
var chineseChoices = map[string][]string{
	"yes": {"是", "可以"}, "no": {"否", "不可以"}, "component": {"部件"}, "event": {"事件"}, "hours": {"小时"}, "work_hours": {"工作时", "工作小时"}, "work_days": {"工作日"}, "days": {"自然日", "天"}, "minutes": {"分钟"}, "zh": {"中文"}, "en": {"英文"},
}

// chineseChoice finds the word of a closed list for a Chinese word, or "".
func chineseChoice(text string, choices []string) string {
	counted := strings.TrimPrefix(text, "个") // 2 个工作日
	for _, c := range choices {
		if slices.Contains(chineseChoices[c], counted) {
			return c
		}
	}
	for _, end := range []string{"类", "级"} { // A类, B级
		if c, ok := strings.CutSuffix(text, end); ok && slices.Contains(choices, strings.ToUpper(c)) {
			return strings.ToUpper(c)
		}
	}
	for _, c := range choices {
		if zh := roster.Role(c).Text().Zh; zh != c && zh == text {
			return c
		}
	}
	return ""
}

// suggestChoice suggests a valid choice. The Chinese text has both words of each.
func suggestChoice(text string, choices []string) i18n.Text {
	var words, both []string
	for _, c := range choices {
		zh := roster.Role(c).Text().Zh
		if names := chineseChoices[c]; len(names) > 0 {
			zh = names[0]
		}
		if words = append(words, c); zh == c {
			both = append(both, c)
			continue
		}
		words, both = append(words, zh), append(both, c+" ("+zh+")")
	}
	return suggestion(text, choices, words, both)
}

// suggestColumn suggests the name of a column. The Chinese text has both names of each.
func suggestColumn(t *tables.Table, text string) i18n.Text {
	var names, words, both []string
	for _, c := range t.Columns {
		names, both = append(names, c.Name), append(both, bothNamesIn(t, c.Name, "zh"))
		words = append(append(words, c.Name), chineseNames[c.Name]...)
	}
	return suggestion(text, names, words, both)
}

// suggestion suggests in English one of names, or all; in Chinese one of words, or all as listed.
func suggestion(text string, names, words, listed []string) i18n.Text {
	out := diag.Suggest(text, names)
	if out.Zh = diag.Suggest(text, words).Zh; diag.Near(text, words) == "" {
		out.Zh = diag.Suggest(text, listed).Zh
	}
	return out
}

// chineseDays maps the characters after 周 or 星期 to weekdays.
var chineseDays = map[rune]string{'一': "mon", '二': "tue", '三': "wed", '四': "thu", '五': "fri", '六': "sat", '日': "sun", '天': "sun"}

// chineseWeekdays turns "周一至周五" into "mon-fri" and "周六、周日" into "sat sun"; other text is unchanged.
func chineseWeekdays(text string) string {
	plain := strings.NewReplacer("星期", "周", "礼拜", "周", "至", "-", "到", "-", "~", "-", "～", "-", "—", "-", "、", " ", "､", " ", ",", " ", "，", " ").Replace(strings.Join(strings.Fields(text), " "))
	if plain == "每天" || plain == "每日" {
		return "mon-sun"
	}
	var out strings.Builder
	for _, r := range plain {
		switch day := chineseDays[r]; {
		case day != "":
			if s := out.String(); s != "" && !strings.HasSuffix(s, "-") && !strings.HasSuffix(s, " ") {
				out.WriteByte(' ')
			}
			out.WriteString(day)
		case r == '周' && out.Len() > 0 && !strings.HasSuffix(out.String(), "-") && !strings.HasSuffix(out.String(), " "):
			out.WriteByte(' ')
		case r == '周':
		case r == '-' || r == ' ':
			out.WriteRune(r)
		default:
			return text
		}
	}
	return strings.TrimSpace(out.String())
}
