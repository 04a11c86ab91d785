package city

import (
	"fmt"
	"slices"
	"strconv"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// CalendarOf is the calendar on which a unit's work is counted: its own, that of the nearest unit
// above it which has one, or the city's.
func (c *City) CalendarOf(u roster.Unit) *calendar.Calendar {
	if len(c.Calendars) == 0 {
		return c.Calendar
	}
	for range maxAbove {
		if cal := c.Calendars[u]; cal != nil {
			return cal
		}
		up, ok := c.Parent(u)
		if !ok {
			break
		}
		u = up
	}
	return c.Calendar
}

// maxAbove bounds a walk up a tree: five block levels and some levels of departments.
const maxAbove = 16

// usual is what the process says where city.yaml says nothing (domain §4.4 to §4.7).
var usual = defaultsYAML{VerifyMinutes: 30, ArbitrateHours: 24, ReopenDays: 15, AppealDays: 15, SuspendDays: 366, DuplicateM: 50, DuplicateHours: 24, RecentHours: 72, CheckWithinM: 100}

// defaultsYAML is Defaults as city.yaml writes it.
type defaultsYAML struct {
	AcceptMinutes   int     `yaml:"accept_minutes"`
	DispatchMinutes int     `yaml:"dispatch_minutes"`
	CheckHours      int     `yaml:"check_hours"`
	ReturnHours     int     `yaml:"return_hours"`
	NearBorderM     float64 `yaml:"near_border_m"`

	VerifyMinutes  int      `yaml:"verify_minutes"`
	ArbitrateHours int      `yaml:"arbitrate_hours"`
	ReopenDays     int      `yaml:"reopen_days"`
	AppealDays     int      `yaml:"appeal_days"`
	SuspendDays    int      `yaml:"suspend_days"`
	DuplicateM     float64  `yaml:"duplicate_m"`
	DuplicateHours int      `yaml:"duplicate_hours"`
	RecentHours    int      `yaml:"recent_hours"`
	CheckWithinM   float64  `yaml:"check_within_m"`
	VerifySources  []string `yaml:"verify_sources"`
	UrgentByDay    bool     `yaml:"urgent_by_day"`
}

// process checks the optional defaults.
func (l *loader) process(d Defaults, need func(ok bool, key, example string)) {
	within := func(n, most int) bool { return n > 0 && n <= most }
	const month = 31 * 24
	need(within(d.VerifyMinutes, 60*month), "defaults verify_minutes", "30")
	need(within(d.ArbitrateHours, month), "defaults arbitrate_hours", "24")
	need(within(d.ReopenDays, 366), "defaults reopen_days", "15")
	need(within(d.AppealDays, 366), "defaults appeal_days", "15")
	need(within(d.SuspendDays, 366), "defaults suspend_days", "366")
	need(d.DuplicateM >= 0 && d.DuplicateM <= 5000, "defaults duplicate_m", "50")
	need(within(d.DuplicateHours, month), "defaults duplicate_hours", "24")
	need(within(d.RecentHours, month), "defaults recent_hours", "72")
	need(d.CheckWithinM >= 0 && d.CheckWithinM <= 5000, "defaults check_within_m", "100")
	for _, s := range d.VerifySources {
		need(slices.Contains([]string{"hotline", "public", "media", "leader", "video"}, s), "defaults verify_sources", "[public, media]")
	}
}

// conditions reads conditions.csv. A row with a milestone belongs to the condition of its number,
// which has a row of its own: that one's limit is the whole case's.
func (l *loader) conditions() map[string][]catalog.Condition {
	const file = "conditions.csv"
	out := map[string][]catalog.Condition{}
	rows := l.rows(file)
	find := func(r tables.Row) *catalog.Condition {
		list := out[r.Get("code")]
		if i := slices.IndexFunc(list, func(c catalog.Condition) bool { return c.ID == r.Get("condition") }); i >= 0 {
			return &list[i]
		}
		return nil
	}
	for _, r := range rows {
		if r.Get("milestone") != "" {
			continue
		}
		if find(r) != nil || r.Get("condition") == "" {
			r.Report("condition", i18n.F("condition %[2]q of %[1]s is empty or given twice", "%[1]s 的立案条件 %[2]q 为空或重复", r.Get("code"), r.Get("condition")), i18n.F("number the conditions of a category 1, 2, 3", "请按 1、2、3 编号"))
			continue
		}
		if r.Get("after") != "" {
			r.Report("after", i18n.F("after is given without a milestone", "填写了 after 但没有 milestone"), i18n.F("leave it empty", "请留空"))
		}
		if cond, ok := l.condition(r, r.Get("condition")); ok {
			out[r.Get("code")] = append(out[r.Get("code")], cond)
		}
	}
	for _, r := range rows {
		id := r.Get("milestone")
		if id == "" {
			continue
		}
		cond := find(r)
		if cond == nil {
			r.Report("milestone", i18n.F("milestone %[1]q belongs to no condition: %[2]s has no condition %[3]q", "节点 %[1]q 不属于任何立案条件：%[2]s 没有条件 %[3]q", id, r.Get("code"), r.Get("condition")), i18n.F("add a row without a milestone for the condition", "请为该条件添加一行（milestone 留空）"))
			continue
		}
		own, ok := l.condition(r, r.Get("condition"))
		if !ok {
			continue
		}
		has := func(id string) bool {
			return slices.ContainsFunc(cond.Milestones, func(m catalog.Milestone) bool { return m.ID == id })
		}
		switch after := r.Get("after"); {
		case has(id) || len(cond.Milestones) >= maxMilestones:
			r.Report("milestone", i18n.F("milestone %[1]q is given twice, or the condition has more than %[2]d", "节点 %[1]q 重复，或超过 %[2]d 个", id, maxMilestones), i18n.F("give each milestone its own name", "请为每个节点使用唯一名称"))
		case after != "" && !has(after):
			r.Report("after", i18n.F("after %q is no earlier milestone of the condition", "after %q 不是该条件中更早的节点", after), i18n.F("name a row above, or leave it empty to start with the dispatch", "请填写上方的节点，或留空表示自派遣起算"))
		default:
			cond.Milestones = append(cond.Milestones, catalog.Milestone{ID: id, Name: own.Name, After: after, Limit: own.Limit, Closing: own.Closing})
		}
	}
	return out
}

// maxMilestones bounds a condition: the published tables have at most three.
const maxMilestones = 8

func (l *loader) calendars(named []calendar.Named) {
	l.c.Calendars = map[roster.Unit]*calendar.Calendar{}
	for _, n := range named {
		for _, text := range n.Units {
			u, err := roster.ParseUnit(text)
			if err != nil || !l.c.exists(u) {
				l.Add("calendar.yaml", n.Line, i18n.F("calendar %[1]q: unit %[2]q does not exist", "日历 %[1]q：单位 %[2]q 不存在", n.Name, text), i18n.F("write area:ID or department:ID", "请填写 area:编号 或 department:编号"))
				continue
			}
			if l.c.Calendars[u] != nil {
				l.Add("calendar.yaml", n.Line, i18n.F("unit %s has two calendars", "单位 %s 有两个日历", u), i18n.F("name it once", "请只填写一次"))
			}
			l.c.Calendars[u] = n.Calendar
		}
		if n.Known() == 0 {
			l.Add("calendar.yaml", n.Line, i18n.F("calendar %q requires holidays and no year's are known", "日历 %q 要求节假日数据，但没有任何年份的数据", n.Name), i18n.F("add holidays/2026.json, or write require_holidays: false", "请添加 holidays/2026.json，或写 require_holidays: false"))
		}
	}
}

// tiers reads tiers.csv: the tier of an area, which limits.csv may ask for. An area without a row
// has its parent's.
func (l *loader) tiers() {
	l.c.Tiers = map[grid.AreaID]string{}
	for _, r := range l.Read(l.fsys, &tables.Tiers) {
		id := grid.AreaID(r.Get("area"))
		switch {
		case l.c.Areas[id] == nil:
			r.Report("area", i18n.F("area %q does not exist", "区域 %q 不存在", id), i18n.F("write an id of areas.geojson", "请填写 areas.geojson 中的编号"))
		case r.Get("tier") == "" || l.c.Tiers[id] != "":
			r.Report("tier", i18n.F("tier of %s is empty or given twice", "%s 的分级为空或重复", id), i18n.F("give each area one tier, such as 1", "请为每个区域填写一个分级，例如 1"))
		default:
			l.c.Tiers[id] = r.Get("tier")
		}
	}
}

// limits reads limits.csv.
func (l *loader) limits() {
	const file = "limits.csv"
	tiers := map[string]bool{}
	for _, t := range l.c.Tiers {
		tiers[t] = true
	}
	for _, r := range l.Read(l.fsys, &tables.Limits) {
		rule := catalog.LimitRule{ID: fmt.Sprintf("%s:%d", file, r.Line), Season: l.season(r), Condition: r.Get("condition"), Tier: r.Get("tier"), Area: r.Get("area"), Campaign: r.Get("campaign"), From: r.Day("from"), To: r.Day("to")}
		var err error
		if rule.Pattern, err = catalog.ParsePattern(r.Get("category")); err != nil {
			r.Report("category", i18n.F("%v", "%v", err), i18n.F("write a code, PREFIX*, class:NAME or *", "请填写代码、前缀*、class:名称 或 *"))
		} else if idle := rule.Pattern.Idle(l.c.Categories); len(idle) > 0 {
			r.Report("category", i18n.F("no category matches %q", "没有类别匹配 %q", idle[0]), i18n.F("write a code, PREFIX*, class:NAME or *", "请填写代码、前缀*、class:名称 或 *"))
		}
		if s := r.Get("severity"); s != "" {
			i := slices.Index([]string{"A", "B", "C"}, s)
			if i < 0 {
				r.Report("severity", i18n.F("severity %q is unknown", "等级 %q 未知", s), i18n.F("write A, B or C, or leave it empty", "请填写 A、B、C 或留空"))
			}
			rule.Severity = catalog.Severity(i + 1)
		}
		if rule.Tier != "" && !tiers[rule.Tier] {
			r.Report("tier", i18n.F("no area has the tier %q", "没有区域属于分级 %q", rule.Tier), diag.Meant(rule.Tier, Sorted(tiers)))
		}
		if rule.Area != "" && l.c.Areas[grid.AreaID(rule.Area)] == nil {
			r.Report("area", i18n.F("area %q does not exist", "区域 %q 不存在", rule.Area), i18n.F("write an id of areas.geojson", "请填写 areas.geojson 中的编号"))
		}
		if !rule.To.IsZero() && !rule.From.IsZero() && !rule.From.Before(rule.To) {
			r.Report("to", i18n.F("to is not after from", "to 未晚于 from"), i18n.F("write from,to as 2026-11-01,2027-04-01", "from,to 例如 2026-11-01,2027-04-01"))
		}
		l.meets(r, "season", rule.Season, rule.From, rule.To)
		n, err := strconv.Atoi(r.Get("limit"))
		unit, uerr := calendar.ParseUnit(r.Get("limit_unit"))
		if err != nil || uerr != nil || n <= 0 || n > calendar.MaxN {
			r.Report(limitColumn(n, err, uerr), i18n.F("limit %[1]q %[2]q can't be used", "时限 %[1]q %[2]q 无效", r.Get("limit"), r.Get("limit_unit")), i18n.F("write a whole number and hours, work_hours, work_days or days", "请填写整数及 hours、work_hours、work_days 或 days"))
		}
		rule.Limit = calendar.Limit{N: n, Unit: unit}
		l.c.Limits = append(l.c.Limits, rule)
	}
}

// TierOf is the tier of the smallest area of a chain that has one; "" when none has.
func (c *City) TierOf(areas []grid.AreaID) string {
	for _, id := range slices.Backward(areas) {
		if t := c.Tiers[id]; t != "" {
			return t
		}
	}
	return ""
}
