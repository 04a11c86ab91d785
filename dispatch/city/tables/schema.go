// Package tables defines the CSV tables of a city directory: their columns, and the reading of rows, with a
// diagnostic for each invalid cell.
package tables

import (
	"strings"

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
}

// Tables that are not exchanged with spreadsheets. Their columns have no help.
var (
	Tiers  = plain("tiers.csv", "!area", "!tier")
	Limits = plain("limits.csv", "!category", "condition", "severity", "tier", "section_tier", "area", "season", "from", "to",
		"campaign", "grade", "!limit", "!limit_unit", "note")
	Campaigns    = plain("campaigns.csv", "!id", "!name", "name_en", "!categories", "grades", "!after_days", "note")
	Expectations = plain("expectations.csv", "!lat", "!lng", "!category", "!at", "datum", "owner", "person", "due", "ladder", "rule", "note")
)

// plain makes a table from the names of its columns; "!" marks a required one.
func plain(file string, columns ...string) Table {
	t := Table{File: file}
	for _, c := range columns {
		name, must := strings.CutPrefix(c, "!")
		t.Columns = append(t.Columns, Column{Name: name, Must: must})
	}
	return t
}

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
