package compile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// tiers reads tiers.csv: the tier of an area, which limits.csv may use. An area without a row inherits the tier of
// its parent.
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

// suggestTier suggests a similar tier of a section.
func (l *loader) suggestTier(tier string, known map[string]bool) i18n.Text {
	if len(known) == 0 {
		return i18n.F("give the sections of sections.geojson the property tier, such as A", "请为 sections.geojson 中的路段填写 tier 属性，例如 A")
	}
	return diag.Suggest(tier, slices.Sorted(maps.Keys(known)))
}

// campaignRow reads what a row says of a campaign. A campaign of campaigns.csv moves limits when it stops; any other name
// is for people, of a row that holds for a time only. refused are the campaigns whose row of campaigns.csv has a diagnostic.
func (l *loader) campaignRow(r tables.Row, rule *catalog.LimitRule, refused map[city.CampaignID]bool) {
	id := city.CampaignID(rule.Campaign)
	k := l.c.Campaigns[id]
	rule.Grade, rule.FromStop = r.Get("grade"), k != nil || refused[id]
	switch {
	case refused[id]:
	case k == nil && rule.Grade == "":
		l.campaignName(r, rule)
	case k == nil:
		r.Report("grade", i18n.F("grade %[1]q needs a campaign of campaigns.csv, and %[2]q is none", "等级 %[1]q 需要 campaigns.csv 中的专项行动，%[2]q 不是", rule.Grade, rule.Campaign),
			i18n.F("name the campaign by its id, or leave grade empty", "请填写专项行动编号，或将 grade 留空"))
	case rule.Grade != "" && !slices.Contains(k.Grades, rule.Grade):
		r.Report("grade", i18n.F("campaign %[1]s has no grade %[2]q", "专项行动 %[1]s 没有等级 %[2]q", k.ID, rule.Grade), diag.Suggest(rule.Grade, k.Grades))
	}
	if k != nil && !l.Accepted {
		l.campaignCategories(r, rule, k)
	}
}

// campaignCategories reports the categories of a row that its campaign does not move.
func (l *loader) campaignCategories(r tables.Row, rule *catalog.LimitRule, k *city.Campaign) {
	moved := map[catalog.Code]*catalog.Category{}
	for code, cat := range l.c.Categories {
		if k.Categories.Covers(cat) {
			moved[code] = cat
		}
	}
	for _, term := range rule.Pattern.Idle(moved) {
		if !strings.HasPrefix(term, "!") && len(rule.Pattern.Idle(l.c.Categories)) == 0 {
			r.Report("category", i18n.F("campaign %[1]s does not move the limits of %[2]q: the limit would never hold", "专项行动 %[1]s 不含类别 %[2]q，该时限永不生效", k.ID, term),
				i18n.F("write categories of the campaign, which are %s, or add this one to campaigns.csv", "请填写该专项行动的类别（%s），或在 campaigns.csv 中补充此类别", k.Categories))
		}
	}
}

// campaignName checks the campaign of a row that is none of campaigns.csv: the row needs a time of its own, and the name
// must not be a misspelt id of campaigns.csv.
func (l *loader) campaignName(r tables.Row, rule *catalog.LimitRule) {
	if rule.Campaign == "" || l.Accepted {
		return
	}
	var ids []string
	for id := range l.c.Campaigns {
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	near := diag.Near(rule.Campaign, ids)
	if i := slices.IndexFunc(ids, func(id string) bool { return strings.EqualFold(id, rule.Campaign) }); i >= 0 {
		near = ids[i]
	}
	timed := r.Get("from") != "" || r.Get("to") != "" || r.Get("season") != ""
	slip := near != "" && (strings.EqualFold(near, rule.Campaign) || diag.Edits(near, rule.Campaign) == 1)
	switch {
	case timed && !slip:
	case near != "":
		r.Report("campaign", i18n.F("campaign %q is not in campaigns.csv", "专项行动 %q 不在 campaigns.csv 中", rule.Campaign), i18n.F("did you mean %q?", "是否应为 %q？", near))
	default:
		r.Report("campaign", i18n.F("campaign %q is not in campaigns.csv and has no dates: the limit would always hold", "专项行动 %q 不在 campaigns.csv 中，也没有日期：该时限将始终生效", rule.Campaign),
			i18n.F("write an id of campaigns.csv; or from and to, or a season such as 11-01..03-31", "请填写 campaigns.csv 中的编号；或填写 from 与 to，或季节如 11-01..03-31"))
	}
}

// repeated reports a row that holds only where an earlier row does, whose limit is taken.
func (l *loader) repeated(r tables.Row, id string, first map[string]string) {
	var cells []string
	for _, column := range []string{
		"category", "condition", "severity", "tier", "section_tier", "area", "season", "from", "to", "campaign", "grade",
	} {
		cells = append(cells, r.Get(column))
	}
	key := strings.Join(cells, "\x00")
	if earlier, ok := first[key]; !ok {
		first[key] = id
	} else if !l.Accepted {
		r.Report("limit", i18n.F("this limit never holds: %s has the same category, place and time, and comes first", "该时限永不生效：%s 的类别、地点和时间与本行相同，且排在前面", earlier),
			i18n.F("keep one of the rows, or let them differ", "请只保留一行，或使两行有所区别"))
	}
}

// limits reads limits.csv. refused are the campaigns whose row of campaigns.csv has a diagnostic.
func (l *loader) limits(refused map[city.CampaignID]bool) {
	const file = "limits.csv"
	tiers := map[string]bool{}
	for _, t := range l.c.Tiers {
		tiers[t] = true
	}
	sectionTiers := map[string]bool{}
	for _, s := range l.c.Sections {
		if s.Tier != "" {
			sectionTiers[s.Tier] = true
		}
	}
	first := map[string]string{} // id of the first row, by the cells that say when a row holds
	for _, r := range l.Read(l.fsys, &tables.Limits) {
		rule := catalog.LimitRule{
			ID: fmt.Sprintf("%s:%d", file, r.Line), Season: l.season(r), Condition: r.Get("condition"),
			Tier: r.Get("tier"), SectionTier: r.Get("section_tier"), Area: r.Get("area"), Campaign: r.Get("campaign"),
			From: r.Day("from"), To: r.Day("to"),
		}
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
			r.Report("tier", i18n.F("no area has the tier %q", "没有区域属于分级 %q", rule.Tier), diag.Suggest(rule.Tier, slices.Sorted(maps.Keys(tiers))))
		}
		if t := rule.SectionTier; t != "" && !sectionTiers[t] {
			r.Report("section_tier", i18n.F("no section has the tier %q", "没有路段属于等级 %q", t), l.suggestTier(t, sectionTiers))
		}
		l.campaignRow(r, &rule, refused)
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
			r.Report(limitColumn(n, err, uerr), i18n.F("limit %[1]q %[2]q can't be used", "时限 %[1]q %[2]q 无效", r.Get("limit"), r.Get("limit_unit")), i18n.F("write a whole number and minutes, hours, work_hours, work_days or days", "请填写整数及 minutes、hours、work_hours、work_days 或 days"))
		}
		rule.Limit = calendar.Limit{N: n, Unit: unit}
		l.repeated(r, rule.ID, first)
		l.c.Limits = append(l.c.Limits, rule)
	}
}
