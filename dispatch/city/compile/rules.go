package compile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// maxWithinM bounds the distance of "near": the width of a city.
const maxWithinM = 100_000

// rules reads rules.csv and sorts the rules into their order of trial. A row with a diagnostic is left out, so that
// the coverage proof of a draft shows the consequence of its absence.
func (l *loader) rules() {
	const file = "rules.csv"
	before := len(l.List)
	last := 0
	for i, r := range l.rows(file) {
		faults := len(l.List)
		rule := l.rule(r)
		numbered := len(l.List) == faults || rule.Order != 0
		if i > 0 && numbered && last >= rule.Order {
			r.Report("order", i18n.F("order %[1]d does not come after %[2]d", "序号 %[1]d 未大于上一行 %[2]d", rule.Order, last), i18n.F("sort the rows by order; no two are equal", "请按序号升序排列且不重复"))
		}
		if numbered {
			last = rule.Order
		}
		switch {
		case len(l.List) > faults:
			l.refused = append(l.refused, rule)
		case rule.Platform > 0:
			l.c.PlatformRules = append(l.c.PlatformRules, rule)
		default:
			l.c.Rules = append(l.c.Rules, rule)
		}
	}
	for _, rules := range [][]catalog.Rule{l.c.Rules, l.c.PlatformRules} {
		slices.SortFunc(rules, func(a, b catalog.Rule) int {
			return cmp.Or(cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Order, b.Order))
		})
	}
	everything := func(r catalog.Rule) bool {
		return r.Platform == 0 && r.CatchAll() && r.Owner.Kind == catalog.OwnerBlock
	}
	if n := len(l.c.Rules); (n == 0 || !everything(l.c.Rules[n-1])) && !slices.ContainsFunc(l.refused, everything) {
		l.Add(file, 0, i18n.F("the last rule does not give everything to a block", "最后一条规则未将全部案件交给属地"), i18n.F("end with %s", "请以 %s 结尾", l.c.Row(file, "order", "9999", "category", "*", "owner", "block:"+l.c.Levels[0])))
	}
	if len(l.List) == before {
		l.shadowedRules(l.c.Rules)
		for rest := l.c.PlatformRules; len(rest) > 0; {
			n := slices.IndexFunc(rest, func(r catalog.Rule) bool { return r.Platform != rest[0].Platform })
			if n < 0 {
				n = len(rest)
			}
			l.shadowedRules(rest[:n])
			rest = rest[n:]
		}
	}
}

func (l *loader) rule(r tables.Row) catalog.Rule {
	rule := catalog.Rule{
		ID: fmt.Sprintf("%s:%d", r.File, r.Line), Area: r.Get("area"), Near: r.Get("near"), Campaign: r.Get("campaign"), Note: r.Get("note"),
		From: r.Day("from"), To: r.Day("to"),
	}
	var err error
	if rule.Order, err = strconv.Atoi(r.Get("order")); err != nil {
		r.Report("order", i18n.F("order %q is not a number", "序号 %q 不是数字", r.Get("order")), i18n.F("write 10, 20, 30 …", "请填写 10、20、30…"))
	}
	if rule.Pattern, err = catalog.ParsePattern(r.Get("category")); err != nil {
		r.Report("category", i18n.F("category can't be read: %v", "类别无法识别：%v", err), i18n.F("write codes, PREFIX*, FROM..TO, class:NAME, kind:event or severity:A, divided by commas", "请填写代码、前缀*、起..止、class:大类、kind:event 或 severity:A，以逗号分隔"))
	} else {
		for _, term := range rule.Pattern.Idle(l.c.Categories) {
			r.Report("category", i18n.F("no category matches %q", "没有类别匹配 %q", term), i18n.F("write a code, PREFIX*, FROM..TO, class:NAME or *", "请填写代码、前缀*、起..止、class:大类 或 *"))
		}
	}
	if rule.Area != "" && l.c.Areas[grid.AreaID(rule.Area)] == nil {
		r.Report("area", i18n.F("area %q does not exist", "区域 %q 不存在", rule.Area), i18n.F("write an id of areas.geojson", "请填写 areas.geojson 中的编号"))
	}
	if level := r.Get("platform"); level != "" {
		if rule.Platform = slices.Index(l.c.Levels, level); rule.Platform < 1 {
			r.Report("platform", i18n.F("platform %q is no level below the city", "platform %q 不是市以下的层级", level), suggestLevel(l.c.Levels))
		}
	}
	rule.Component = r.Get("owner") == "component"
	l.nearness(r, &rule)
	l.dates(r, &rule)
	if rule.Component {
		rule.Owner = catalog.Target{Kind: catalog.OwnerPoint}
	} else {
		rule.Owner = l.target(r, "owner", r.Get("owner"))
	}
	if rule.Owner.Kind == catalog.OwnerPoint && rule.Near == "" && !rule.Component {
		r.Report("owner", i18n.F("owner point needs near", "责任单位 point 需要 near"), i18n.F("write a kind in near and metres in within_m", "请填写 near 与 within_m"))
	}
	for _, co := range coOwners(r.Get("co_owners")) {
		who, duty, _ := strings.Cut(co, "(")
		rule.CoOwners = append(rule.CoOwners, catalog.CoOwner{
			Target: l.target(r, "co_owners", who),
			Duty:   strings.TrimSpace(strings.TrimSuffix(duty, ")")),
		})
		if who == "point" && rule.Near == "" && !rule.Component {
			r.Report("co_owners", i18n.F("co-owner point needs near", "协办单位 point 需要 near"), i18n.F("write a kind in near and metres in within_m", "请填写 near 与 within_m"))
		}
	}
	rule.Rank = catalog.RankOf(&rule)
	return rule
}

// nearness reads near and within_m: a rule may require a point of a kind nearby, or the component itself.
func (l *loader) nearness(r tables.Row, rule *catalog.Rule) {
	within := r.Get("within_m")
	if rule.Near == "" && !rule.Component {
		if within != "" {
			r.Report("within_m", i18n.F("within_m has no near: the rule would hold everywhere", "填写了 within_m 但没有 near：规则将处处生效"), i18n.F("write a kind of points.geojson in near, or leave within_m out", "请在 near 填写 points.geojson 中的类型，或删除 within_m"))
		}
		return
	}
	if rule.Component && rule.Near != "" {
		r.Report("near", i18n.F("owner component has its own point; near %q is one too many", "责任单位 component 自带点位，near %q 多余", rule.Near), i18n.F("leave near empty", "请将 near 留空"))
	}
	if !rule.Component {
		named := false
		for i := range l.c.Points {
			if p := &l.c.Points[i]; p.Kind == rule.Near {
				named = true
			}
		}
		if !named {
			r.Report("near", i18n.F("no point is of the kind %q", "没有类型为 %q 的点位", rule.Near), i18n.F("write a kind of points.geojson", "请填写 points.geojson 中的类型"))
		}
	}
	var err error
	if rule.WithinM, err = strconv.ParseFloat(within, 64); err != nil || !(rule.WithinM > 0 && rule.WithinM <= maxWithinM) {
		r.Report("within_m", i18n.F("near %q needs within_m in metres", "near %q 需要以米填写 within_m", rule.Near), i18n.F("write 200", "例如 200"))
	}
}

// dates reads from, to, season and campaign.
func (l *loader) dates(r tables.Row, rule *catalog.Rule) {
	if !rule.To.IsZero() && !rule.From.Before(rule.To) && !rule.From.IsZero() {
		r.Report("to", i18n.F("to is not after from: the rule ends before it begins", "to 未晚于 from：规则尚未开始即已结束"), i18n.F("write from,to as 2026-11-01,2027-04-01", "from,to 例如 2026-11-01,2027-04-01"))
	}
	rule.Season = l.season(r)
	l.meets(r, "season", rule.Season, rule.From, rule.To)
	if rule.Campaign != "" && rule.From.IsZero() && rule.To.IsZero() && rule.Season == (calendar.Season{}) {
		r.Report("campaign", i18n.F("campaign %q has no dates: it would never end", "专项行动 %q 没有日期：将永不结束", rule.Campaign), i18n.F("write from and to, or a season such as 11-01..03-31", "请填写 from 与 to，或季节如 11-01..03-31"))
	}
}

func (l *loader) season(r tables.Row) calendar.Season {
	s, ok := calendar.ParseSeason(r.Get("season"))
	if !ok {
		r.Report("season", i18n.F("season %q is not two days of a year", "季节 %q 不是一年中的两天", r.Get("season")), i18n.F("write 11-01..03-31; both days are included", "请写 11-01..03-31，首尾两天均包含在内"))
	}
	return s
}

// meets checks that a season has a day between the dates of its row.
func (l *loader) meets(r tables.Row, column string, s calendar.Season, from, to time.Time) {
	if !l.Accepted && from.Before(to) && !s.Meets(from, to) {
		r.Report(column, i18n.F("the season %[1]s has no day from %[2]s to %[3]s: the row never holds", "季节 %[1]s 在 %[2]s 至 %[3]s 之间没有一天：该行永不生效", s, r.Get("from"), r.Get("to")), i18n.F("let the dates reach into the season, or leave one of them out; to is the first day after", "请使日期范围与季节相交，或去掉其中之一；to 为结束后的首日"))
	}
}

// coOwners splits at white space outside brackets. Example: "block:district line:GAS(关 阀)".
func coOwners(s string) []string {
	s = strings.NewReplacer("（", "(", "）", ")").Replace(s)
	depth := 0
	return strings.FieldsFunc(s, func(c rune) bool {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		return depth <= 0 && (c == ' ' || c == '\t' || c == '　')
	})
}

// suggestOwner suggests an owner of a kind: the one with a similar name, or all.
func suggestOwner(kind, name string, names []string) i18n.Text {
	if near := diag.Near(name, names); near != "" {
		return i18n.F("did you mean %[1]s:%[2]s?", "是否应为 %[1]s:%[2]s？", kind, near)
	}
	all := kind + ":" + strings.Join(names, ", "+kind+":")
	return i18n.F("write one of %s", "应为以下之一：%s", all)
}

// suggestLevel names the levels that have platforms below the city's own.
func suggestLevel(levels []string) i18n.Text {
	names := strings.Join(levels[min(1, len(levels)):], ", ")
	return i18n.F("write one of %s", "应为以下之一：%s", names)
}

func (l *loader) target(r tables.Row, column, s string) catalog.Target {
	kind, name, _ := strings.Cut(s, ":")
	switch kind {
	case "block":
		if i := slices.Index(l.c.Levels, name); i >= 0 {
			return catalog.Target{Kind: catalog.OwnerBlock, Level: i}
		}
		r.Report(column, i18n.F("level %q is unknown", "层级 %q 未知", name), suggestOwner(kind, name, l.c.Levels))
	case "line":
		if l.c.Departments[name] != nil {
			return catalog.Target{Kind: catalog.OwnerLine, Department: name}
		}
		r.Report(column, i18n.F("department %q does not exist", "部门 %q 不存在", name), suggestOwner(kind, name, slices.Sorted(maps.Keys(l.c.Departments))))
	case "platform":
		if i := slices.Index(l.c.Levels, name); i > 0 {
			return catalog.Target{Kind: catalog.OwnerPlatform, Level: i}
		}
		r.Report(column, i18n.F("platform %q is no level below the city", "platform %q 不是市以下的层级", name), suggestLevel(l.c.Levels))
	case "point":
		return catalog.Target{Kind: catalog.OwnerPoint}
	default:
		r.Report(column, i18n.F("owner %q can't be read", "责任单位 %q 无法识别", s), i18n.F("write block:LEVEL, line:DEPARTMENT, platform:LEVEL, point or component", "请填写 block:层级、line:部门、platform:层级、point 或 component"))
	}
	return catalog.Target{}
}

// shadowedRules reports each rule that can never match: for every category of the rule, an earlier rule matches wherever
// and whenever the rule does. The last rule is a fallback and may be shadowed.
func (l *loader) shadowedRules(rules []catalog.Rule) {
	const file = "rules.csv"
	for i := range rules {
		r := &rules[i]
		var by []string
		free := false
		for _, code := range slices.Sorted(maps.Keys(l.c.Categories)) {
			cat := l.c.Categories[code]
			if !r.Pattern.Covers(cat) {
				continue
			}
			j := slices.IndexFunc(rules[:i], func(e catalog.Rule) bool { return e.Pattern.Covers(cat) && l.c.HoldsWherever(&e, r) })
			if j < 0 {
				free = true
				break
			}
			if !slices.Contains(by, rules[j].ID) {
				by = append(by, rules[j].ID)
			}
		}
		if last := i == len(rules)-1 && r.CatchAll(); !free && !last {
			if len(by) > 5 {
				by = append(by[:5], "…")
			}
			l.Add(file, r.Line(), i18n.F("this rule can never match: %s takes everything before", "该规则永远不会生效：%s 已先匹配全部", strings.Join(by, ", ")), i18n.F("remove it, or give it a lower order or a narrower place", "请删除，或改用更小的序号或更具体的地点"))
		}
		if r.Component && !slices.ContainsFunc(l.c.Points, func(p city.Point) bool { return l.c.Asks(r, &p) }) {
			l.Add(file, r.Line(), i18n.F("this rule can never match: no point is a component of these categories", "该规则永远不会生效：没有属于这些类别的部件"), i18n.F("write component, 16 digits, in points.geojson", "请在 points.geojson 中填写 16 位 component"))
		}
	}
}
