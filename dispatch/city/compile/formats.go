package compile

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

var requiredFields = []string{"id", "opened", "category"}

// layouts is one layout of times or a list.
type layouts []string

// UnmarshalYAML accepts one text as a list of one.
func (l *layouts) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*l = layouts{n.Value}
		return nil
	}
	return n.Decode((*[]string)(l))
}

// importsFile describes how tables of other systems are read.
const importsFile = "imports.yaml"

func (l *loader) formats() {
	const file = importsFile
	var y struct {
		Formats []struct {
			Name       string
			Columns    map[string]string
			Datum      string
			TimeLayout layouts                      `yaml:"time_layout"`
			NoAddress  []struct{ Lat, Lng float64 } `yaml:"no_address"`
			Owners     map[string]string
		}
	}
	l.yaml(file, false, &y)
	for _, f := range y.Formats {
		out := city.ImportFormat{Name: f.Name, Columns: f.Columns, TimeLayouts: f.TimeLayout, Owners: f.Owners}
		if _, twice := l.c.Formats[f.Name]; twice || f.Name == "" {
			l.Add(file, 0, i18n.F("format name %q is empty or used twice", "格式名称 %q 为空或重复", f.Name), i18n.F("give each format its own name", "请使用唯一名称"))
		}
		for _, ours := range slices.Sorted(maps.Keys(f.Columns)) {
			if !slices.Contains(city.ImportFields, ours) {
				l.Add(file, 0, i18n.F("format %[1]s: field %[2]q is unknown", "格式 %[1]s：字段 %[2]q 未知", f.Name, ours), diag.Suggest(ours, city.ImportFields))
			}
		}
		need := requiredFields
		if f.Columns["lat"] != "" || f.Columns["lng"] != "" {
			need = append(slices.Clip(need), "lat", "lng")
		}
		for _, need := range need {
			if f.Columns[need] == "" {
				l.Add(file, 0, i18n.F("format %[1]s: field %[2]q has no column", "格式 %[1]s：字段 %[2]q 没有对应列", f.Name, need), i18n.F("write %s: their_column", "请写 %s: 对应列名", need))
			}
		}
		var err error
		if out.Datum, err = grid.ParseDatum(f.Datum); err != nil {
			l.Add(file, 0, i18n.F("format %[1]s: %[2]v", "格式 %[1]s：%[2]v", f.Name, err), i18n.F("write datum: wgs84", "请写 datum: wgs84"))
		}
		if len(f.TimeLayout) == 0 || slices.Contains(f.TimeLayout, "") {
			l.Add(file, 0, i18n.F("format %s: time_layout is missing", "格式 %s：缺少 time_layout", f.Name), i18n.F(`write time_layout: "2006-01-02 15:04:05"`, `请写 time_layout: "2006-01-02 15:04:05"`))
		}
		for _, theirs := range slices.Sorted(maps.Keys(f.Owners)) {
			if u, err := roster.ParseUnit(f.Owners[theirs]); err != nil || !l.c.Exists(u) {
				l.Add(file, 0, i18n.F("format %[1]s: unit %[2]q does not exist", "格式 %[1]s：单位 %[2]q 不存在", f.Name, f.Owners[theirs]), i18n.F("write department:ID or area:ID", "请填写 department:编号 或 area:编号"))
			}
		}
		for _, p := range f.NoAddress {
			out.NoAddress = append(out.NoAddress, grid.Point{Lat: p.Lat, Lng: p.Lng})
		}
		l.c.Formats[f.Name] = out
	}
}
