package form

import (
	"slices"
	"testing"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Every rule of the toy city is somebody's duty: lines, levels, co-owners with their words, seasons.
func TestDuties_OfTheToyCity(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	x := New(c)
	same := func(what string, got []Duty, want ...Duty) {
		t.Helper()
		if !slices.EqualFunc(got, want, func(a, b Duty) bool {
			return a.Lead == b.Lead && a.Text == b.Text && a.When == b.When && slices.Equal(a.Categories, b.Categories)
		}) {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	always := i18n.Text{}
	school := i18n.F("within 60 m of a point of kind school", "距“school”类点位 60 米以内")
	winter := i18n.F("in West, campaign 冬季清洁, each year 11-01..03-31", "位于%s，专项行动“冬季清洁”，每年 11-01..03-31", c.Areas["W"].Name)
	winter.En = "in " + c.Areas["W"].NameEn + ", campaign 冬季清洁, each year 11-01..03-31"
	same("WATER", x.Duties(department("WATER")), Duty{true, "", always, []catalog.Code{"C0101", "E0201"}})
	same("GREEN", x.Duties(department("GREEN")), Duty{true, "", always, []catalog.Code{"E0301"}})
	same("the station of GREEN", x.Duties(department("GREEN-E")), Duty{true, "", always, []catalog.Code{"E0301"}})
	same("a district", x.Duties(areaUnit("E")), Duty{false, "疏导交通", always, []catalog.Code{"E0201"}})
	same("a community", x.Duties(areaUnit("W1")), Duty{true, "", winter, []catalog.Code{"E0101"}}, Duty{false, "劝导", school, []catalog.Code{"E0401"}})
	same("a grid", x.Duties(areaUnit("W1A")), Duty{true, "", always, []catalog.Code{"E0101", "E0401"}})
	same("a section", x.Duties(roster.Unit{Kind: roster.UnitSection, ID: "PARK"}))
	same("nobody", x.Duties(department("NONE")))
	if n := x.LevelCount(3); n != 4 {
		t.Errorf("%d grids, want 4", n)
	}
}

// The owners of a category end with the rule that always holds: what comes behind never decides.
func TestOwners_EndWithTheRuleThatAlwaysHolds(t *testing.T) {
	t.Parallel()
	x := New(citytest.Toy(t))
	for code, want := range map[catalog.Code][]string{
		"C0101": {"the owner of the component", "Water"}, "E0201": {"Water"}, "E0401": {"the unit of the point", "grid"}, "E0101": {"community", "grid"},
	} {
		var got []string
		for _, o := range x.Owners(x.City.Categories[code]) {
			got = append(got, o.Text.En)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

// The limit of a category says where and when another one holds.
func TestLimitText(t *testing.T) {
	t.Parallel()
	c := citytest.Varied(t, map[string]string{"limits.csv": "category,condition,severity,tier,area,season,from,to,campaign,limit,limit_unit\n" +
		"E0101,,C,1,,11-01..03-31,,,,2,work_hours\nE0101,1,,,W,,2026-04-01,2026-05-01,春季整治,1,days\nE0201,,C,,,,,,,1,hours\n"})
	x := New(c)
	rules := x.LimitRules(c.Categories["E0101"])
	if len(rules) != 2 || !Seasonal(rules) || !Seasonal(rules[1:]) {
		t.Fatalf("%d rules", len(rules))
	}
	for i, want := range []i18n.Text{
		{En: "tier 1, severity C, each year 11-01..03-31: 2 work hours", Zh: "1 类区域，C 级，每年 11-01..03-31：2 个工作时"},
		{En: "in " + c.Areas["W"].NameEn + ", condition 1, campaign 春季整治, from 2026-04-01, before 2026-05-01: 1 day", Zh: "位于" + c.Areas["W"].Name + "，立案条件 1，专项行动“春季整治”，自 2026-04-01 起，2026-05-01 之前：1 天"},
	} {
		if got := x.LimitText(rules[i]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := x.LimitRules(c.Categories["E0201"]); len(got) > 0 {
		t.Errorf("a rule for severity C is listed for a category of severity A: %v", got[0].ID)
	}
}
