// Package tables defines the CSV tables of a city directory: their columns, and the reading of rows, with a
// diagnostic for each invalid cell.
package tables

import (
	"wangge/dispatch/i18n"
)

// Kind is the kind of a column's cells. With the kind, a value that a spreadsheet has reformatted can be restored.
type Kind int

// Kinds of cells; the zero Kind is plain text.
const (
	Words  Kind = iota
	Code        // an id, code or phone number: never a number, leading zeros count
	Whole       // a whole number
	Number      // a decimal number
	Day         // YYYY-MM-DD
	Clock       // HH:MM
	Moment      // YYYY-MM-DD, or YYYY-MM-DD HH:MM
)

// Column is one column of a table.
type Column struct {
	Name    string
	Must    bool // a table without this column is refused
	Kind    Kind
	Help    i18n.Text
	Choices []string // all possible values; nil = not a closed list
	Refers  string   // "FILE:COLUMN" with the possible values
	Prefix  string   // before a value of Refers. Example: "line:"
}

// Table is one CSV table of a city directory.
type Table struct {
	File     string
	Noun     i18n.Text
	Required bool     // a directory without this table is refused
	Key      []string // columns that identify a row
	Columns  []Column
}

var (
	fromHelp = i18n.F("first day, YYYY-MM-DD; empty = always", "起始日期，YYYY-MM-DD；留空为不限")
	toHelp   = i18n.F("first day after, YYYY-MM-DD; empty = open", "结束后的首日，YYYY-MM-DD；留空为不限")
	limits   = []string{"minutes", "hours", "work_hours", "work_days", "days"}
)

// All are the CSV tables of a city directory, in the order of its design.
var All = []Table{
	{File: "codes.csv", Noun: i18n.F("old code", "旧代码"), Key: []string{"code", "valid_from"}, Columns: []Column{
		{Name: "code", Must: true, Kind: Code, Help: i18n.F("a code that is used no more", "已停用的代码")},
		{Name: "area", Must: true, Kind: Code, Help: i18n.F("id of the area that has its ground today", "现行区域编号")},
		{Name: "valid_from", Kind: Day, Help: fromHelp},
		{Name: "valid_to", Kind: Day, Help: toHelp},
		{Name: "note", Help: i18n.F("what happened", "说明")},
	}},
	{File: "departments.csv", Noun: i18n.F("department", "部门"), Key: []string{"id"}, Columns: []Column{
		{Name: "id", Must: true, Kind: Code, Help: i18n.F("a short id of its own", "唯一的简短编号")},
		{Name: "name", Must: true, Help: i18n.F("name in Chinese", "中文名称")},
		{Name: "name_en", Help: i18n.F("name in English", "英文名称")},
		{Name: "parent", Kind: Code, Refers: "departments.csv:id", Help: i18n.F("id of the department above; empty = directly under the city", "上级部门编号；留空为市直属")},
		{Name: "area", Kind: Code, Help: i18n.F("of a station: the area that it works in", "分站所在区域编号")},
		{Name: "phone", Kind: Code, Help: i18n.F("phone of its duty office", "值班电话")},
		{Name: "phone_public", Choices: []string{"yes", "no"}, Help: i18n.F("yes = anybody may know the phone; empty = no", "yes 为电话对外公开；留空为不公开")},
	}},
	{File: "categories.csv", Noun: i18n.F("category", "类别"), Required: true, Key: []string{"code"}, Columns: []Column{
		{Name: "code", Must: true, Kind: Code, Help: i18n.F("code of its own in this table version", "本版本中的唯一代码")},
		{Name: "kind", Must: true, Choices: []string{"component", "event"}, Help: i18n.F("component (a thing) or event", "component 部件 或 event 事件")},
		{Name: "class", Help: i18n.F("class, in Chinese", "大类")},
		{Name: "class_en", Help: i18n.F("class, in English", "大类（英文）")},
		{Name: "name", Must: true, Help: i18n.F("name in Chinese", "小类名称")},
		{Name: "name_en", Help: i18n.F("name in English", "小类名称（英文）")},
		{Name: "severity", Must: true, Choices: []string{"A", "B", "C"}, Help: i18n.F("A urgent, B major, C general", "A 紧急、B 重大、C 一般")},
		{Name: "limit", Must: true, Kind: Whole, Help: i18n.F("whole number of limit_unit", "处置时限（整数）")},
		{Name: "limit_unit", Must: true, Choices: limits, Help: i18n.F("minutes, hours and days run round the clock; work_hours and work_days in working time", "minutes、hours、days 连续计时；work_hours、work_days 按工作时间")},
		{Name: "closing", Help: i18n.F("when it may be closed; several with | between them, of which one is chosen", "结案条件；多个以 | 分隔，结案时选择其一")},
		{Name: "parent", Kind: Code, Refers: "categories.csv:code", Help: i18n.F("code of the category above", "上级类别代码")},
		{Name: "self_resolve", Choices: []string{"yes", "no"}, Help: i18n.F("may the inspector put it right on the spot; empty = where the condition is of severity C", "监督员可否自行处置；留空为仅 C 级可以")},
	}},
	{File: "conditions.csv", Noun: i18n.F("filing condition", "立案条件"), Key: []string{"code", "condition"}, Columns: []Column{
		{Name: "code", Must: true, Kind: Code, Refers: "categories.csv:code", Help: i18n.F("code of the category", "类别代码")},
		{Name: "condition", Must: true, Kind: Code, Help: i18n.F("1, 2, 3 within the category", "类别内编号 1、2、3")},
		{Name: "name", Must: true, Help: i18n.F("when this condition holds", "立案条件内容")},
		{Name: "severity", Must: true, Choices: []string{"A", "B", "C"}, Help: i18n.F("A urgent, B major, C general", "A 紧急、B 重大、C 一般")},
		{Name: "limit", Must: true, Kind: Whole, Help: i18n.F("whole number of limit_unit", "处置时限（整数）")},
		{Name: "limit_unit", Must: true, Choices: limits, Help: i18n.F("minutes, hours and days run round the clock; work_hours and work_days in working time", "minutes、hours、days 连续计时；work_hours、work_days 按工作时间")},
		{Name: "closing", Must: true, Help: i18n.F("when it may be closed; several with | between them, of which one is chosen", "结案条件；多个以 | 分隔，结案时选择其一")},
		{Name: "milestone", Kind: Code, Help: i18n.F("a step of the handling with its own limit; empty in the row of the condition itself", "处置节点，有自己的时限；立案条件本身的行留空")},
		{Name: "after", Kind: Code, Help: i18n.F("the earlier milestone with whose end this one starts; empty = with the dispatch", "前一节点，其完成后起算；留空为自派遣起算")},
		{Name: "by", Kind: Code, Help: i18n.F("whose milestone, each on a clock of its own: owner, co_owners, inspector, several with blanks between; empty = owner", "节点责任方，各自计时：owner 主办、co_owners 协办、inspector 监督员到场，多个以空格分隔；留空为 owner")},
	}},
	{File: "rules.csv", Noun: i18n.F("rule", "责任规则"), Required: true, Key: []string{"order"}, Columns: []Column{
		{Name: "order", Must: true, Kind: Whole, Help: i18n.F("10, 20, 30 …: smaller is tried first", "10、20、30…：小者优先")},
		{Name: "category", Must: true, Kind: Code, Help: i18n.F("code, beginning and *, class:…, kind:…, severity:… or *", "类别代码、前缀加 *、class:…、kind:…、severity:… 或 *")},
		{Name: "area", Kind: Code, Help: i18n.F("id of an area that holds the place; empty = anywhere", "所在区域编号；留空为不限")},
		{Name: "near", Kind: Code, Help: i18n.F("kind of point that must be near", "附近点位的类型")},
		{Name: "within_m", Kind: Number, Help: i18n.F("how near, in metres", "距离（米）")},
		{Name: "from", Kind: Day, Help: fromHelp},
		{Name: "to", Kind: Day, Help: toHelp},
		{Name: "season", Kind: Code, Help: i18n.F("part of every year, MM-DD..MM-DD", "每年的时段，MM-DD..MM-DD")},
		{Name: "campaign", Help: i18n.F("name of a campaign", "专项行动名称")},
		{Name: "owner", Must: true, Kind: Code, Help: i18n.F("block:LEVEL, line:DEPARTMENT, platform:LEVEL (its dispatcher dispatches again) or point", "block:层级、line:部门、platform:层级（由其派遣员二次派遣）或 point")},
		{Name: "co_owners", Kind: Code, Help: i18n.F("as owner, several with blanks between", "同 owner，多个以空格分隔")},
		{Name: "note", Help: i18n.F("for people", "备注")},
		{Name: "platform", Kind: Code, Help: i18n.F("level of the platforms that dispatch by the row; empty = the city's own", "按本行派遣的平台层级；留空为市级平台")},
	}},
	{File: "people.csv", Noun: i18n.F("person", "人员"), Required: true, Key: []string{"id"}, Columns: []Column{
		{Name: "id", Must: true, Kind: Code, Help: i18n.F("an id of its own", "唯一编号")},
		{Name: "name", Must: true, Help: i18n.F("name", "姓名")},
		{Name: "phone", Must: true, Kind: Code, Help: i18n.F("phone number, for escalations", "电话号码：升级通知时使用")},
		{Name: "language", Choices: []string{"zh", "en"}, Help: i18n.F("language of messages; empty: the first of the city's", "消息语言；留空则用城市的首选语言")},
		{Name: "email", Help: i18n.F("email address, for policies that send mail", "电子邮箱：升级规则发送邮件时使用")},
		{Name: "wecom", Kind: Code, Help: i18n.F("user id in WeCom, for notices by WeCom", "企业微信账号（UserID）：通过企业微信发送通知时使用")},
		{Name: "active_from", Kind: Day, Help: fromHelp},
		{Name: "active_to", Kind: Day, Help: toHelp},
	}},
	{File: "posts.csv", Noun: i18n.F("post", "岗位"), Required: true, Key: []string{"unit", "role", "person", "shift", "from"}, Columns: []Column{
		{Name: "id", Kind: Code, Help: i18n.F("leave empty", "请留空")},
		{Name: "unit", Must: true, Kind: Code, Help: i18n.F("area:ID, department:ID, section:ID or point:ID", "area:编号、department:编号、section:编号 或 point:编号")},
		{Name: "role", Must: true, Choices: []string{"leader", "owner", "duty_chief", "acceptor", "dispatcher", "handler", "inspector", "checker", "patron", "grid_office", "arbiter", "deputy"}, Help: i18n.F("duty at the unit", "岗位职责")},
		{Name: "person", Must: true, Kind: Code, Refers: "people.csv:id", Help: i18n.F("id of people.csv", "people.csv 中的编号")},
		{Name: "rank", Kind: Whole, Help: i18n.F("1 first; substitutes 2, 3", "1 为首任，替补 2、3")},
		{Name: "shift", Kind: Code, Refers: "shifts.csv:id", Help: i18n.F("id of shifts.csv; empty = always", "shifts.csv 中的班次；留空为全时")},
		{Name: "from", Kind: Day, Help: fromHelp},
		{Name: "to", Kind: Day, Help: toHelp},
	}},
	{File: "shifts.csv", Noun: i18n.F("shift", "班次"), Key: []string{"id"}, Columns: []Column{
		{Name: "id", Must: true, Kind: Code, Help: i18n.F("an id of its own", "唯一编号")},
		{Name: "weekdays", Must: true, Kind: Code, Help: i18n.F("mon-fri, or: sat sun", "mon-fri 或 sat sun")},
		{Name: "from", Must: true, Kind: Clock, Help: i18n.F("HH:MM", "HH:MM")},
		{Name: "to", Must: true, Kind: Clock, Help: i18n.F("HH:MM; before from = past midnight, the same as from = 24 hours", "HH:MM；早于 from 为跨夜，与 from 相同为 24 小时")},
		{Name: "season", Kind: Code, Help: i18n.F("part of every year, MM-DD..MM-DD", "每年的时段，MM-DD..MM-DD")},
	}},
	{File: "rotations.csv", Noun: i18n.F("rotation", "轮班"), Key: []string{"id"}, Columns: []Column{
		{Name: "id", Must: true, Kind: Code, Help: i18n.F("an id of its own, which posts name as a shift", "唯一编号，岗位的班次可填写")},
		{Name: "anchor", Must: true, Kind: Day, Help: i18n.F("a date on which the cycle begins, YYYY-MM-DD", "周期开始的日期，YYYY-MM-DD")},
		{Name: "pattern", Must: true, Kind: Code, Help: i18n.F("the shift of each day, - for a day off: early early late late night night - -", "逐日填写班次，轮休填 -：早 早 中 中 夜 夜 - -")},
		{Name: "note", Help: i18n.F("for people", "备注")},
	}},
	{File: "absences.csv", Noun: i18n.F("absence", "缺勤"), Key: []string{"person", "from"}, Columns: []Column{
		{Name: "person", Must: true, Kind: Code, Refers: "people.csv:id", Help: i18n.F("id of people.csv", "people.csv 中的编号")},
		{Name: "from", Must: true, Kind: Moment, Help: i18n.F("first day off, YYYY-MM-DD, or the instant, YYYY-MM-DD HH:MM", "缺勤首日 YYYY-MM-DD，或时刻 YYYY-MM-DD HH:MM")},
		{Name: "to", Must: true, Kind: Moment, Help: i18n.F("first day back, YYYY-MM-DD, or the instant, YYYY-MM-DD HH:MM", "返岗首日 YYYY-MM-DD，或时刻 YYYY-MM-DD HH:MM")},
		{Name: "reason", Help: i18n.F("for people", "原因")},
		{Name: "cover", Kind: Code, Refers: "people.csv:id", Help: i18n.F("id of the person who covers; empty = the next by rank", "代班人编号；留空为按次序替补")},
	}},
	Tiers, Limits, Campaigns, Expectations,
}

// Tables that are read by name, too.
var (
	// Tiers is the table of tiers of areas.
	Tiers = Table{File: "tiers.csv", Noun: i18n.F("tier", "区域分级"), Key: []string{"area"}, Columns: []Column{
		{Name: "area", Must: true, Kind: Code, Help: i18n.F("id of an area; areas below inherit its tier", "区域编号；下级区域沿用其分级")},
		{Name: "tier", Must: true, Kind: Code, Help: i18n.F("tier that rows of limits.csv may name, such as 1", "时限表可引用的分级，例如 1")},
	}}

	// Limits is the table of limits that differ from those of the categories.
	Limits = Table{
		File: "limits.csv", Noun: i18n.F("limit", "时限"),
		Key: []string{"category", "condition", "severity", "tier", "section_tier", "area", "season", "from", "to", "campaign", "grade"},
		Columns: []Column{
			{Name: "category", Must: true, Kind: Code, Help: i18n.F("code, beginning and *, class:…, kind:…, severity:… or *", "类别代码、前缀加 *、class:…、kind:…、severity:… 或 *")},
			{Name: "condition", Kind: Code, Help: i18n.F("number of a filing condition; empty = any", "立案条件编号；留空为不限")},
			{Name: "severity", Choices: []string{"A", "B", "C"}, Help: i18n.F("A urgent, B major, C general; empty = any", "A 紧急、B 重大、C 一般；留空为不限")},
			{Name: "tier", Kind: Code, Help: i18n.F("tier of an area of tiers.csv; empty = any", "tiers.csv 中的区域分级；留空为不限")},
			{Name: "section_tier", Kind: Code, Help: i18n.F("class of street, the tier of a section of sections.geojson; empty = any", "街路等级，即 sections.geojson 中路段的 tier；留空为不限")},
			{Name: "area", Kind: Code, Help: i18n.F("id of an area that holds the place; empty = anywhere", "所在区域编号；留空为不限")},
			{Name: "season", Kind: Code, Help: i18n.F("part of every year, MM-DD..MM-DD", "每年的时段，MM-DD..MM-DD")},
			{Name: "from", Kind: Day, Help: fromHelp},
			{Name: "to", Kind: Day, Help: toHelp},
			{Name: "campaign", Kind: Code, Help: i18n.F("id of campaigns.csv, whose stop starts the limit; or the name of a campaign with dates", "campaigns.csv 中的编号，时限自其停止起算；或有起止日期的专项行动名称")},
			{Name: "grade", Help: i18n.F("grade with which the campaign stopped; empty = any", "专项行动停止时的等级；留空为不限")},
			{Name: "limit", Must: true, Kind: Whole, Help: i18n.F("whole number of limit_unit", "处置时限（整数）")},
			{Name: "limit_unit", Must: true, Choices: limits, Help: i18n.F("minutes, hours and days run round the clock; work_hours and work_days in working time", "minutes、hours、days 连续计时；work_hours、work_days 按工作时间")},
			{Name: "note", Help: i18n.F("for people", "备注")},
		},
	}

	// Campaigns is the table of campaigns of the city.
	Campaigns = Table{File: "campaigns.csv", Noun: i18n.F("campaign", "专项行动"), Key: []string{"id"}, Columns: []Column{
		{Name: "id", Must: true, Kind: Code, Help: i18n.F("an id of its own, which rows of limits.csv name", "唯一编号，时限表引用")},
		{Name: "name", Must: true, Help: i18n.F("name in Chinese", "中文名称")},
		{Name: "name_en", Help: i18n.F("name in English", "英文名称")},
		{Name: "categories", Must: true, Kind: Code, Help: i18n.F("whose clocks the campaign moves: code, beginning and *, class:…; several with commas between", "适用的类别：类别代码、前缀加 *、class:…；多个以逗号分隔")},
		{Name: "grades", Help: i18n.F("one of which is given at the stop, with blanks between; empty = no grades", "停止时填写其中之一，以空格分隔；留空为不分等级")},
		{Name: "after_days", Must: true, Kind: Whole, Help: i18n.F("for how many days after the stop new cases count from the stop", "停止后多少天内的新案件自停止时起算")},
		{Name: "note", Help: i18n.F("for people", "备注")},
	}}

	// Expectations is the table of a city's own tests.
	Expectations = Table{File: "expectations.csv", Noun: i18n.F("expectation", "预期"), Key: []string{"lat", "lng", "category", "at"}, Columns: []Column{
		{Name: "lat", Must: true, Kind: Number, Help: i18n.F("latitude in degrees", "纬度（度）")},
		{Name: "lng", Must: true, Kind: Number, Help: i18n.F("longitude in degrees", "经度（度）")},
		{Name: "category", Must: true, Kind: Code, Refers: "categories.csv:code", Help: i18n.F("code of the category", "类别代码")},
		{Name: "at", Must: true, Kind: Moment, Help: i18n.F("instant of the report, YYYY-MM-DD HH:MM", "上报时刻，YYYY-MM-DD HH:MM")},
		{Name: "datum", Choices: []string{"wgs84", "gcj02", "bd09", "cgcs2000"}, Help: i18n.F("of the position; empty = wgs84", "位置的坐标系；留空为 wgs84")},
		{Name: "owner", Kind: Code, Help: i18n.F("unit that has to act, such as area:ID; empty = not tested", "责任单位，例如 area:编号；留空为不检验")},
		{Name: "person", Kind: Code, Help: i18n.F("id of the person on duty; empty = not tested", "在岗人员编号；留空为不检验")},
		{Name: "due", Kind: Moment, Help: i18n.F("deadline, YYYY-MM-DD HH:MM; empty = not tested", "截止时刻，YYYY-MM-DD HH:MM；留空为不检验")},
		{Name: "ladder", Help: i18n.F("whom each step tells, as route test --record writes; empty = not tested", "逐级通知的人员，格式同 route test --record 的输出；留空为不检验")},
		{Name: "rule", Kind: Code, Help: i18n.F("row that decides, such as rules.csv:5; empty = not tested", "依据的规则，例如 rules.csv:5；留空为不检验")},
		{Name: "note", Help: i18n.F("for people", "备注")},
	}}
)

// Names returns the names of the columns in order.
func (t *Table) Names() []string {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.Name
	}
	return out
}

// Of finds a table of All by file name.
func Of(file string) (*Table, bool) {
	for i := range All {
		if All[i].File == file {
			return &All[i], true
		}
	}
	return nil, false
}

// Column finds a column by name.
func (t *Table) Column(name string) (*Column, bool) {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i], true
		}
	}
	return nil, false
}
