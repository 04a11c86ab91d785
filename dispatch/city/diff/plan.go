// Package diff describes what differs between two directories of a city, in sentences and in ground.
package diff

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/geojson"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/i18n"
)

// Changed is the kind of a change to a row, a feature or a file.
type Changed int

// Kinds of change; zero is unset.
const (
	ChangeUnknown Changed = iota
	Added
	Removed
	Altered
)

// Change is one difference between two city directories, as a sentence.
type Change struct {
	File string
	Line int    // in the newer directory; of a removal, in the older one
	Key  string // of the row or feature; "" = the file
	What Changed
	Text i18n.Text
}

// MaxChanges bounds the result of Changes. Further changes are counted per file.
const MaxChanges = 20_000

// Changes lists the differences between two directories, by row and feature, in the order of file names. Changes also
// compares tables that do not compile; validity is not its concern.
func Changes(was, is city.Directory) []Change {
	var out []Change
	names := slices.Sorted(maps.Keys(was))
	for name := range is {
		if _, ok := was[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	w := formatter{people: nameColumn(is, "people.csv"), departments: nameColumn(is, "departments.csv")}
	for id, name := range nameColumn(was, "people.csv") {
		if w.people[id] == "" {
			w.people[id] = name
		}
	}
	for _, name := range names {
		a, b := was[name], is[name]
		if bytes.Equal(a, b) {
			continue
		}
		var found []Change
		t, isTable := tables.Of(name)
		switch {
		case isTable:
			found = rowChanges(t, a, b, w)
		case path.Ext(name) == ".geojson":
			found = featureChanges(name, a, b)
		}
		if len(found) == 0 {
			found = fileChange(name, a, b)
		}
		if left := MaxChanges - len(out); len(found) > left {
			n := len(found) - max(left-1, 0)
			found = append(found[:max(left-1, 0):max(left-1, 0)], Change{File: name, What: Altered, Text: i18n.F("and %d more {change|changes}", "另有 %d 处变更", n)})
		}
		out = append(out, found...)
	}
	return out
}

// rowAt is a row of a table with its first line.
type rowAt struct {
	line int
	cell map[string]string
}

// rowsOf reads a table leniently, by key. Repeated keys are distinguished by a number.
func rowsOf(t *tables.Table, data []byte) (keys []string, rows map[string]rowAt) {
	rows = map[string]rowAt{}
	rd := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	rd.FieldsPerRecord = -1
	head, err := rd.Read()
	if err != nil {
		return nil, rows
	}
	for {
		rec, err := rd.Read()
		if err != nil {
			return keys, rows
		}
		line, _ := rd.FieldPos(0)
		r := rowAt{line, map[string]string{}}
		for i, v := range rec[:min(len(rec), len(head))] {
			r.cell[head[i]] = strings.TrimSpace(v)
		}
		parts := make([]string, len(t.Key))
		for i, k := range t.Key {
			parts[i] = r.cell[k]
		}
		key := strings.Trim(strings.Join(parts, " "), " ")
		for n := 2; ; n++ {
			if _, twice := rows[key]; !twice {
				break
			}
			key = fmt.Sprintf("%s #%d", strings.Join(parts, " "), n)
		}
		keys, rows[key] = append(keys, key), r
	}
}

func rowChanges(t *tables.Table, a, b []byte, w formatter) []Change {
	oldKeys, old := rowsOf(t, a)
	newKeys, fresh := rowsOf(t, b)
	var out []Change
	for _, k := range oldKeys {
		if _, ok := fresh[k]; !ok {
			out = append(out, Change{t.File, old[k].line, k, Removed, w.row(t, k, Removed, old[k].cell, nil)})
		}
	}
	for _, k := range newKeys {
		was, ok := old[k]
		switch {
		case !ok:
			out = append(out, Change{t.File, fresh[k].line, k, Added, w.row(t, k, Added, nil, fresh[k].cell)})
		case !sameCells(was.cell, fresh[k].cell):
			out = append(out, Change{t.File, fresh[k].line, k, Altered, w.row(t, k, Altered, was.cell, fresh[k].cell)})
		}
	}
	return out
}

func sameCells(a, b map[string]string) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	for k, v := range b {
		if a[k] != v {
			return false
		}
	}
	return true
}

func nameColumn(d city.Directory, file string) map[string]string {
	t, _ := tables.Of(file)
	_, rows := rowsOf(t, d[file])
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.cell["id"]] = r.cell["name"]
	}
	return out
}

// drawn is a feature, reduced to what is compared.
type drawn struct {
	line     int
	geometry *geojson.Geometry // nil = none
	texts    map[string]string
}

// featuresOf reads the features of a file by id, and returns the ids in the order of the file. Unreadable features
// are left out: the compiler reports them.
func featuresOf(data []byte) (ids []string, out map[string]drawn) {
	out = map[string]drawn{}
	fc, err := geojson.Read(data)
	if err != nil {
		return nil, out
	}
	for i := range fc.Features {
		f := &fc.Features[i]
		if f.Decode() != nil {
			continue
		}
		texts := f.Texts()
		id := texts["id"]
		ids, out[id] = append(ids, id), drawn{f.Line, f.Geometry, texts}
	}
	return ids, out
}

func featureChanges(file string, a, b []byte) []Change {
	oldIDs, old := featuresOf(a)
	newIDs, fresh := featuresOf(b)
	noun := map[string]i18n.Text{"areas.geojson": i18n.F("area", "区域"), "sections.geojson": i18n.F("section", "路段"), "points.geojson": i18n.F("point", "点位")}[file]
	label := func(f drawn, id string) string {
		if name := f.texts["name"]; name != "" {
			return name + " (" + id + ")"
		}
		return id
	}
	var out []Change
	for _, id := range oldIDs {
		if _, ok := fresh[id]; !ok {
			l := label(old[id], id)
			out = append(out, Change{file, old[id].line, id, Removed, i18n.Text{En: noun.En + " " + l + " is gone", Zh: noun.Zh + l + "已删除"}})
		}
	}
	for _, id := range newIDs {
		f := fresh[id]
		l := label(f, id)
		was, ok := old[id]
		if !ok {
			out = append(out, Change{file, f.line, id, Added, i18n.Text{En: noun.En + " " + l + " is new", Zh: "新增" + noun.Zh + l}})
			continue
		}
		var en, zh []string
		for _, k := range slices.Sorted(maps.Keys(merged(was.texts, f.texts))) {
			if x, y := was.texts[k], f.texts[k]; x != y {
				en, zh = append(en, fmt.Sprintf("%s %q becomes %q", k, x, y)), append(zh, fmt.Sprintf("%s 由 %q 改为 %q", k, x, y))
			}
		}
		if !sameGeometry(was.geometry, f.geometry) {
			en, zh = append(en, "its ground is drawn anew"), append(zh, "范围重新划定")
		}
		if en != nil {
			out = append(out, Change{file, f.line, id, Altered, i18n.Text{
				En: noun.En + " " + l + ": " + strings.Join(en, ", "), Zh: noun.Zh + l + "：" + strings.Join(zh, "，"),
			}})
		}
	}
	return out
}

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// sameGeometry reports whether two geometries have the same text, ignoring white space.
func sameGeometry(a, b *geojson.Geometry) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Type != b.Type || bytes.Equal(a.Coordinates, b.Coordinates) {
		return a.Type == b.Type
	}
	var x, y bytes.Buffer
	return json.Compact(&x, a.Coordinates) == nil && json.Compact(&y, b.Coordinates) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// mostLines bounds the lines of a plain file that a change quotes.
const mostLines = 6

// fileChange describes the difference of a file that is not a table.
func fileChange(name string, a, b []byte) []Change {
	switch {
	case a == nil:
		return []Change{{name, 0, "", Added, i18n.F("the file is new", "新增文件")}}
	case b == nil:
		return []Change{{name, 0, "", Removed, i18n.F("the file is gone", "文件已删除")}}
	}
	count := map[string]int{}
	for l := range strings.Lines(string(a)) {
		count[strings.TrimSpace(l)]++
	}
	var lines []string
	first, n := 0, 0
	for l := range strings.Lines(string(b)) {
		n++
		if l = strings.TrimSpace(l); count[l] > 0 {
			count[l]--
			continue
		}
		if first == 0 {
			first = n
		}
		lines = append(lines, "+ "+l)
	}
	for l := range strings.Lines(string(a)) {
		if l = strings.TrimSpace(l); count[l] > 0 {
			count[l]--
			lines = append(lines, "- "+l)
		}
	}
	if more := len(lines) - mostLines; more > 0 {
		lines = append(lines[:mostLines:mostLines], fmt.Sprintf("… %d", more))
	}
	if len(lines) == 0 {
		lines = []string{"…"}
	}
	text := strings.Join(lines, " | ")
	return []Change{{name, first, "", Altered, i18n.F("changed: %s", "已修改：%s", text)}}
}
