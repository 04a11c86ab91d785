// Package campaigns reads campaigns.csv of a city directory.
package campaigns

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/i18n"
)

// Read reads campaigns.csv into a city whose categories are read. Diagnostics are added to rd; a row with a diagnostic is
// left out, and its id is among the refused ones: other tables may name it.
func Read(rd *tables.Reader, fsys fs.FS, c *city.City) (refused map[city.CampaignID]bool) {
	ids := rd.IDs("id", i18n.F("campaign id", "专项行动编号"), i18n.F("give each campaign its own id", "请为每个专项行动使用唯一编号"))
	c.Campaigns = map[city.CampaignID]*city.Campaign{}
	refused = map[city.CampaignID]bool{}
	covered := map[catalog.Code]city.CampaignID{}
	for _, r := range rd.Read(fsys, &tables.Campaigns) {
		before := len(rd.List)
		k := &city.Campaign{ID: city.CampaignID(r.Get("id")), Name: r.Get("name"), NameEn: r.Get("name_en")}
		k.Grades = strings.Fields(r.Get("grades"))
		if !ids.Take(r.File, r.Line, string(k.ID)) {
			continue
		}
		if len(c.Campaigns) == city.MaxCampaigns {
			r.Report("id", i18n.F("is more than %d campaigns", "专项行动超过 %d 个", city.MaxCampaigns), i18n.F("remove those that no longer matter", "请删除不再需要的专项行动"))
		}
		if k.Name == "" {
			r.Report("name", i18n.F("campaign %s has no name", "专项行动 %s 没有名称", k.ID), i18n.F("write a name, such as 清冰雪", "请填写名称，例如 清冰雪"))
		}
		categories(r, k, c, covered)
		grades(r, k, rd.Accepted)
		var err error
		if k.AfterDays, err = strconv.Atoi(r.Get("after_days")); err != nil || k.AfterDays < 1 || k.AfterDays > city.MaxCampaignAfterDays {
			r.Report("after_days", i18n.F("after_days %[1]q is not a number from 1 to %[2]d", "after_days %[1]q 不是 1 至 %[2]d 的数", r.Get("after_days"), city.MaxCampaignAfterDays),
				i18n.F("write for how many days after the stop new cases count from the stop, such as 10", "请填写停止后多少天内的新案件自停止时起算，例如 10"))
		}
		if len(rd.List) == before {
			c.Campaigns[k.ID] = k
		} else {
			refused[k.ID] = true
		}
	}
	return refused
}

// categories reads the categories of a campaign. A category belongs to one campaign at most.
func categories(r tables.Row, k *city.Campaign, c *city.City, covered map[catalog.Code]city.CampaignID) {
	var err error
	if k.Categories, err = catalog.ParsePattern(r.Get("categories")); err != nil {
		r.Report("categories", i18n.F("%v", "%v", err), i18n.F("write a code, PREFIX*, class:NAME or *", "请填写代码、前缀*、class:名称 或 *"))
		return
	}
	if idle := k.Categories.Idle(c.Categories); len(idle) > 0 {
		r.Report("categories", i18n.F("no category matches %q", "没有类别匹配 %q", idle[0]), i18n.F("write a code, PREFIX*, class:NAME or *", "请填写代码、前缀*、class:名称 或 *"))
	}
	var twice []string
	for code, cat := range c.Categories {
		if !k.Categories.Covers(cat) {
			continue
		}
		if other, ok := covered[code]; ok {
			twice = append(twice, string(code)+" ("+string(other)+")")
		}
		covered[code] = k.ID
	}
	if len(twice) > 0 {
		slices.Sort(twice)
		r.Report("categories", i18n.F("categories of another campaign: %s", "类别已属于其他专项行动：%s", strings.Join(twice[:min(len(twice), 5)], ", ")),
			i18n.F("let each category belong to one campaign", "每个类别只能属于一个专项行动"))
	}
}

// grades checks the grades of a campaign. accepted: the revision was accepted when commas in a grade were.
func grades(r tables.Row, k *city.Campaign, accepted bool) {
	if i := slices.IndexFunc(k.Grades, func(g string) bool { return strings.ContainsAny(g, "、,，;；/") }); i >= 0 && !accepted {
		r.Report("grades", i18n.F("%q is not one grade", "%q 不是单个等级", k.Grades[i]), i18n.F("write the grades with blanks between: 小雪 中雪 大雪 暴雪", "各等级以空格分隔：小雪 中雪 大雪 暴雪"))
		return
	}
	if len(k.Grades) > city.MaxCampaignGrades {
		r.Report("grades", i18n.F("has %[1]d grades; at most %[2]d are read", "有 %[1]d 个等级，最多 %[2]d 个", len(k.Grades), city.MaxCampaignGrades), i18n.F("remove some", "请删减"))
	}
	if sorted := slices.Sorted(slices.Values(k.Grades)); len(slices.Compact(sorted)) != len(k.Grades) {
		r.Report("grades", i18n.F("names a grade twice", "等级重复"), i18n.F("name each grade once: 小雪 中雪 大雪 暴雪", "每个等级只写一次：小雪 中雪 大雪 暴雪"))
	}
}
