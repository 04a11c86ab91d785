package form

import (
	"slices"
	"testing"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
)

// A clerk types a few letters or characters and finds the category on the first line.
func TestCategories_FirstOfASearch(t *testing.T) {
	t.Parallel()
	x := New(citytest.Harbin(t))
	for search, want := range map[string]string{
		"blj": "暴露垃圾", "bllj": "暴露垃圾", "baolulaji": "暴露垃圾", "baolu": "暴露垃圾", "暴露": "暴露垃圾", "BLJ": "暴露垃圾", "ｂｌｊ": "暴露垃圾",
		"wsjg": "污水井盖", "wushui jg": "污水井盖", "雨水 井盖": "雨水井盖", "C0103": "雨水井盖", "c0103": "雨水井盖", "sewage manhole": "污水井盖",
	} {
		got := x.Categories(search, catalog.KindUnknown)
		if len(got) == 0 || got[0].Name != want {
			t.Errorf("%q finds %s first, want %s", search, names(got), want)
		}
	}
}

func TestCategories_NothingAndAll(t *testing.T) {
	t.Parallel()
	c := citytest.Harbin(t)
	x := New(c)
	for _, search := range []string{"qqqq", "没有这种", "暴露 井盖", "E9999"} {
		if got := x.Categories(search, catalog.KindUnknown); len(got) > 0 {
			t.Errorf("%q finds %s", search, names(got))
		}
	}
	all := x.Categories(" ", catalog.KindUnknown)
	if len(all) != len(c.Categories) || !slices.IsSortedFunc(all, func(a, b *catalog.Category) int { return cmpCode(a.Code, b.Code) }) {
		t.Errorf("without a search %d of %d categories, or not by code", len(all), len(c.Categories))
	}
	events, components := x.Categories("", catalog.Event), x.Categories("", catalog.Component)
	if len(events)+len(components) != len(all) || len(events) == 0 || len(components) == 0 {
		t.Errorf("%d events and %d components of %d", len(events), len(components), len(all))
	}
}

// What lies in a class or a condition is found too, after names.
func TestCategories_ClassAndCondition(t *testing.T) {
	t.Parallel()
	x := New(citytest.Harbin(t))
	got := x.Categories("异响", catalog.KindUnknown)
	if !slices.ContainsFunc(got, func(c *catalog.Category) bool { return c.Code == "C0101" }) {
		t.Errorf("异响 finds %s, want the covers whose condition has the word", names(got))
	}
}

// A character with several readings is found by each of them.
func TestSpelt_EveryReading(t *testing.T) {
	t.Parallel()
	e := reader{}.entry("X1", "车辆乱停", "")
	for _, word := range []string{"clt", "cllt", "jllt", "cheliangluanting", "jul", "cheliangl"} {
		if got := e.match(word); got.grade == noMatch {
			t.Errorf("%q does not find 车辆乱停", word)
		}
	}
	for _, word := range []string{"t", "tl", "cx", "cheliangx"} {
		if got := e.match(word); got.grade != noMatch {
			t.Errorf("%q finds 车辆乱停: %+v", word, got)
		}
	}
}

// The grades put what is spelt in full before what leaves characters out.
func TestMatch_Grades(t *testing.T) {
	t.Parallel()
	e := reader{}.entry("E0101", "暴露垃圾", "exposed rubbish", "市容环境")
	for word, want := range map[string]int{
		"e0101": isWhole, "暴露垃圾": isWhole, "暴": nameBegins, "垃圾": nameHas, "rubbish": englishBegins, "bish": moreHas, "e01": idBegins, "bllj": pinyinWhole, "bl": pinyinBegins,
		"laji": pinyinHas, "blj": pinyinAcross, "市容": moreHas, "lj": pinyinHas, "bla": pinyinLoosely, "zz": noMatch, "b": pinyinBegins, "j": noMatch, "bj": noMatch,
	} {
		if got := e.match(word); got.grade != want {
			t.Errorf("%q has grade %d, want %d", word, got.grade, want)
		}
	}
}

func TestUnits_BySearchKindAndParent(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	x := New(c)
	green := roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN"}
	if got := x.Units("", roster.UnitUnknown, green); !slices.Equal(got, []roster.Unit{{Kind: roster.UnitDepartment, ID: "GREEN-E"}, {Kind: roster.UnitSection, ID: "PARK"}}) {
		t.Errorf("below GREEN: %v", got)
	}
	if got := x.Units("", roster.UnitArea, roster.Unit{Kind: roster.UnitArea, ID: "E"}); !slices.Equal(got, []roster.Unit{{Kind: roster.UnitArea, ID: "E1"}}) {
		t.Errorf("areas below E: %v", got)
	}
	for _, u := range x.Units("", roster.UnitUnknown, roster.Unit{}) {
		if u.Kind == roster.UnitArea {
			t.Errorf("%v is listed without being asked for", u)
		}
	}
	if got := x.Units("green", roster.UnitDepartment, roster.Unit{}); len(got) == 0 || got[0] != green {
		t.Errorf("green finds %v", got)
	}
}

// A former code finds the area of today.
func TestAreas_FormerCode(t *testing.T) {
	t.Parallel()
	x := New(citytest.Harbin(t))
	old := x.City.OldCodes[0]
	if got := x.Areas(old.Code); len(got) == 0 || got[0].Area != old.Area {
		t.Errorf("%s finds %v, want %s", old.Code, got, old.Area)
	}
	if got := x.Areas("dlq"); len(got) == 0 || x.City.Areas[got[0].Area].Name != "道里区" {
		t.Errorf("dlq finds %v", got[:min(3, len(got))])
	}
}

func names(list []*catalog.Category) (out []string) {
	for _, c := range list[:min(5, len(list))] {
		out = append(out, c.Name)
	}
	return out
}

func cmpCode(a, b catalog.Code) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
