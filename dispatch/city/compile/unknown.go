package compile

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/compile/ladders"
	"wangge/dispatch/city/compile/rotations"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// files lists all tables of a city directory.
var files = []string{
	"city.yaml", "areas.geojson", "codes.csv", "departments.csv", "sections.geojson", "points.geojson",
	"categories.csv", "conditions.csv", "rules.csv", "people.csv",
	"posts.csv", "shifts.csv", rotations.File, "absences.csv", "calendar.yaml", "limits.csv", "tiers.csv", "campaigns.csv",
	ladders.File, importsFile, city.ExpectationsFile,
}

// unknownFiles reports tables that are not read. Most are misspelt.
func (l *loader) unknownFiles() {
	entries, err := fs.ReadDir(l.fsys, ".")
	if err != nil {
		l.Add(".", 0, i18n.F("can't be listed: %v", "无法列出：%v", err), i18n.F("check the directory", "请检查目录"))
	}
	for _, e := range entries {
		if e.IsDir() {
			l.unknownInFolder(e.Name())
			continue
		}
		if ext := path.Ext(e.Name()); slices.Contains([]string{".yaml", ".yml", ".csv", ".geojson", ".json"}, ext) &&
			!slices.Contains(files, e.Name()) {
			l.Add(e.Name(), 0, i18n.F("is not read by anything", "该文件不会被读取"), diag.Suggest(e.Name(), files))
		}
	}
}

// unknownInFolder reports a folder, or a file in holidays, that is not read. Folders without tables may hold
// anything.
func (l *loader) unknownInFolder(dir string) {
	names, err := fs.Glob(l.fsys, dir+"/*")
	if err != nil {
		return
	}
	for _, n := range names {
		year := path.Base(n)
		switch {
		case dir != "holidays" && path.Ext(n) == ".json":
			l.Add(n, 0, i18n.F("is not read by anything", "该文件不会被读取"), i18n.F("move it to holidays/%s", "请移至 holidays/%s", year))
		case dir == "holidays" && path.Ext(n) != ".json" && path.Ext(n) != ".ics":
			if l.large(n) {
				continue
			}
			text, err := fs.ReadFile(l.fsys, n)
			if f, ok := calendar.Foreign(year, text); ok && err == nil {
				l.List = append(l.List, f)
				continue
			}
			if !strings.HasPrefix(year, "20") {
				continue
			}
			l.Add(n, 0, i18n.F("is not read by anything", "该文件不会被读取"), holidayFile(year, text))
		}
	}
}

// holidayFile suggests a fix for a file in the holidays folder that is not read: another name for JSON, else a
// supported format.
func holidayFile(name string, text []byte) i18n.Text {
	year := name[:min(4, len(name))]
	if json.Valid(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		return i18n.F("name it holidays/%s.json", "请命名为 holidays/%s.json", year)
	}
	return i18n.F("give holidays/%[1]s.json in the format of holiday-cn or chinese-days, or holidays/%[1]s.ics", "请提供 holiday-cn 或 chinese-days 格式的 holidays/%[1]s.json，或 holidays/%[1]s.ics", year)
}
