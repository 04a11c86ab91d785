package compile

import (
	"io/fs"
	"maps"
	"slices"
	"strconv"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// ReadExpectations reads a table of expectations for a city and returns all diagnostics at once.
func ReadExpectations(c *city.City, name string, data []byte) ([]city.Expectation, []diag.Diagnostic) {
	l := &loader{c: &city.City{Location: c.Location, Categories: c.Categories}, Reader: tables.Reader{Location: c.Location}}
	out := l.expectationRows(l.Parse(name, data, &tables.Expectations))
	return out, sorted(l.List)
}

func (l *loader) expectations() {
	if _, err := fs.Stat(l.fsys, city.ExpectationsFile); err == nil {
		l.c.Expectations = l.expectationRows(l.Read(l.fsys, &tables.Expectations))
	}
}

func (l *loader) expectationRows(rows []tables.Row) []city.Expectation {
	var out []city.Expectation
	for i, r := range rows {
		if i == city.MaxExpectations {
			r.Report("", i18n.F("more than %d expectations", "超过 %d 条预期", city.MaxExpectations), i18n.F("split the file", "请拆分文件"))
			break
		}
		e := city.Expectation{
			Line: r.Line, Category: catalog.Code(r.Get("category")), Owner: r.Get("owner"), Person: r.Get("person"),
			Recipients: r.Get("ladder"), Rule: r.Get("rule"), Note: r.Get("note"),
		}
		var err1, err2, err3 error
		e.Position.Lat, err1 = strconv.ParseFloat(r.Get("lat"), 64)
		e.Position.Lng, err2 = strconv.ParseFloat(r.Get("lng"), 64)
		e.Position.Datum = grid.WGS84
		if d := r.Get("datum"); d != "" {
			e.Position.Datum, err3 = grid.ParseDatum(d)
		}
		if err1 != nil || err2 != nil || err3 != nil || e.Position.Validate() != nil {
			r.Report("lat", i18n.F("%[1]s,%[2]s %[3]s is no position", "%[1]s,%[2]s %[3]s 不是有效位置", r.Get("lat"), r.Get("lng"), r.Get("datum")), i18n.F("write degrees, latitude first: 45.755,126.600", "请填写度数，纬度在前：45.755,126.600"))
		}
		if l.c.Categories[e.Category] == nil {
			r.Report("category", i18n.F("category %q is not in categories.csv", "类别 %q 不在 categories.csv 中", e.Category), l.suggestCategory(string(e.Category)))
		}
		e.At = r.Instant("at")
		if r.Get("due") != "" {
			e.Due = r.Instant("due")
		}
		out = append(out, e)
	}
	return out
}

func texts[S ~string](codes []S) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = string(c)
	}
	return out
}

// suggestCategory suggests a category with a similar code.
func (l *loader) suggestCategory(code string) i18n.Text {
	if near := diag.Near(code, texts(slices.Sorted(maps.Keys(l.c.Categories)))); near != "" {
		return i18n.F("did you mean %s?", "是否应为 %s？", near)
	}
	return i18n.F("write a code of categories.csv", "请填写 categories.csv 中的代码")
}
