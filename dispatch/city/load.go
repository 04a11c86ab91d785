package city

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// loader carries what has been read so far.
type loader struct {
	tables.Reader
	fsys    fs.FS
	c       *City
	accept  []acceptYAML
	tangles int // vertices of the tangles so far
}

// Load compiles a city directory. It returns every fault it finds at once, in the order of files and
// lines, and a nil City if there is one: a city is whole or it is refused.
func Load(fsys fs.FS) (*City, []diag.Diagnostic) {
	c, faults := Draft(fsys)
	if len(faults) > 0 {
		return nil, faults
	}
	return c, nil
}

// Draft is Load that also gives what could be compiled of a city with faults: rows that are faulty
// are left out, so that Prove shows what their absence opens. The City is nil when its ground, its
// categories, its last rule or its calendar can't be used at all. A draft is never to be served.
func Draft(fsys fs.FS) (*City, []diag.Diagnostic) {
	c, list := draft(fsys, false)
	return c, told(list)
}

func draft(fsys fs.FS, kept bool) (*City, diag.List) {
	l := &loader{fsys: fsys, Reader: tables.Reader{Kept: kept}, c: &City{
		Areas: map[grid.AreaID]*Area{}, Departments: map[string]*Department{}, Sections: map[SectionID]*Section{}, Categories: map[catalog.Code]*catalog.Category{}, Ladders: map[string]Ladder{}, Formats: map[string]ImportFormat{},
	}}
	if !l.Kept && l.tooLarge() {
		return nil, l.List
	}
	l.c.Revision = l.revision()
	if !l.head() {
		return nil, l.List
	}
	l.areas()
	if len(l.c.Areas) == 0 { // every table names areas: what they would say follows from this
		l.strangers()
		return nil, l.List
	}
	l.codes()
	l.departments()
	l.sections()
	l.points()
	l.categories()
	l.rules()
	l.people()
	l.calendar()
	l.tiers()
	l.limits()
	l.ladders()
	l.formats()
	l.offHours()
	l.expectations()
	l.strangers()
	if l.c.Index == nil || l.c.Areas[l.c.Root] == nil || l.c.Calendar == nil || len(l.c.Rules) == 0 || len(l.c.Categories) == 0 {
		return nil, l.List
	}
	if len(l.List) == 0 {
		l.accountable()
	}
	l.c.Columns = l.Headers
	l.c.compile()
	return l.c, l.List
}

// revision hashes names and contents of every file that is read.
func (l *loader) revision() string {
	h := sha256.New()
	_ = fs.WalkDir(l.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !read(name) {
			return nil // an unreadable file is named where it is needed
		}
		data, err := fs.ReadFile(l.fsys, name)
		if err == nil {
			fmt.Fprintf(h, "%s %d\n", name, len(data))
			h.Write(data)
		}
		return nil
	})
	return "c-" + hex.EncodeToString(h.Sum(nil))[:12]
}

type headYAML struct {
	Name           string
	NameEn         string `yaml:"name_en"`
	Code           string
	TimeZone       string `yaml:"time_zone"`
	Languages      []string
	CellResolution int `yaml:"cell_resolution"`
	Levels         []string
	TableVersion   string `yaml:"table_version"`
	Accept         []acceptYAML
	OffHours       []struct{ Units, Answers string } `yaml:"off_hours"`
	Defaults       defaultsYAML
}

// tooLarge names the bound of a directory that is broken; a directory that can't be listed is named later.
func (l *loader) tooLarge() bool {
	sizes, err := list(l.fsys)
	if err == nil {
		l.List = append(l.List, bounds(sizes)...)
	}
	return len(l.List) > 0
}

// large names a YAML or holiday file beyond MaxPlainBytes, which is not read.
func (l *loader) large(file string) bool {
	info, err := fs.Stat(l.fsys, file)
	if err != nil || l.Kept || info.Size() <= MaxPlainBytes {
		return false
	}
	l.Add(file, 0, i18n.F("has %[1]d bytes; at most %[2]d are read", "有 %[1]d 字节，最多读取 %[2]d 字节", info.Size(), MaxPlainBytes), i18n.F("remove what is no entry", "请删除与内容无关的部分"))
	return true
}

// rows reads a table of the directory.
func (l *loader) rows(file string) []tables.Row {
	t, _ := tables.Of(file)
	return l.Read(l.fsys, t)
}

// yaml decodes a file strictly; false when it is missing or faulty.
func (l *loader) yaml(file string, required bool, into any) bool {
	if l.large(file) {
		return false
	}
	data, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		if required {
			l.Add(file, 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("add the file", "请添加该文件"))
		}
		return false
	}
	sound := l.YAML(file, data, into)
	l.invisibleIn(file)
	return sound
}

// document parses a file once more for the lines of what stands in it; nil when it can't be parsed,
// which has been said.
func (l *loader) document(file string) *yaml.Node {
	data, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		return nil
	}
	doc, _ := new(diag.List).Document(file, data)
	return doc
}

// files are all the tables that a city directory may have.
var files = []string{
	"city.yaml", "areas.geojson", "codes.csv", "departments.csv", "sections.geojson", "points.geojson", "categories.csv", "conditions.csv", "rules.csv", "people.csv",
	"posts.csv", "shifts.csv", "absences.csv", "calendar.yaml", "limits.csv", "tiers.csv", laddersFile, importsFile, ExpectationsFile,
}

// strangers names tables that nobody reads: most are misspelt.
func (l *loader) strangers() {
	entries, err := fs.ReadDir(l.fsys, ".")
	if err != nil {
		l.Add(".", 0, i18n.F("can't be listed: %v", "无法列出：%v", err), i18n.F("check the directory", "请检查目录"))
	}
	for _, e := range entries {
		if e.IsDir() {
			l.strangeFolder(e.Name())
			continue
		}
		if ext := path.Ext(e.Name()); slices.Contains([]string{".yaml", ".yml", ".csv", ".geojson", ".json"}, ext) && !slices.Contains(files, e.Name()) {
			l.Add(e.Name(), 0, i18n.F("is not read by anything", "该文件不会被读取"), diag.Meant(e.Name(), files))
		}
	}
}

// strangeFolder names a folder, or a file in holidays, that nobody reads; folders without tables
// may hold anything.
func (l *loader) strangeFolder(dir string) {
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

// holidayFile suggests what to do with a file of the holidays folder that nobody reads: another name when it
// is JSON, or else a format that is read.
func holidayFile(name string, text []byte) i18n.Text {
	year := name[:min(4, len(name))]
	if json.Valid(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		return i18n.F("name it holidays/%s.json", "请命名为 holidays/%s.json", year)
	}
	return i18n.F("give holidays/%[1]s.json in the format of holiday-cn or chinese-days, or holidays/%[1]s.ics", "请提供 holiday-cn 或 chinese-days 格式的 holidays/%[1]s.json，或 holidays/%[1]s.ics", year)
}

func (l *loader) head() bool {
	const file = "city.yaml"
	var y headYAML
	y.Defaults = usual
	if !l.yaml(file, true, &y) {
		return false
	}
	need := func(ok bool, key, example string) {
		if !ok {
			l.Add(file, 0, i18n.F("%s is missing or wrong", "%s 缺失或有误", key), i18n.F("write %s: %s", "请写 %s: %s", key, example))
		}
	}
	loc, err := time.LoadLocation(y.TimeZone)
	need(y.Name != "", "name", "哈尔滨市")
	need(y.NameEn != "", "name_en", "Harbin")
	need(y.Code != "", "code", "HRB")
	need(err == nil && y.TimeZone != "" && y.TimeZone != "Local", "time_zone", "Asia/Shanghai")
	need(y.CellResolution >= 5 && y.CellResolution <= 13, "cell_resolution", "10")
	need(len(y.Levels) > 0 && len(slices.Compact(slices.Sorted(slices.Values(y.Levels)))) == len(y.Levels), "levels", "[city, district, street, community]")
	need(y.TableVersion != "", "table_version", "2026.1")
	l.accept = y.Accept
	d := y.Defaults
	within := func(n, most int) bool { return n > 0 && n <= most }
	const month = 31 * 24
	need(within(d.AcceptMinutes, 60*month) && within(d.DispatchMinutes, 60*month) && within(d.CheckHours, month) && within(d.ReturnHours, month) && d.NearBorderM >= 0, "defaults", "{accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 4, near_border_m: 30}")
	l.process(Defaults(d), need)
	l.c.Name, l.c.NameEn, l.c.Code, l.c.TableVersion = y.Name, y.NameEn, y.Code, y.TableVersion
	l.Location = loc
	l.c.Location, l.c.Levels, l.c.Resolution, l.c.Defaults = loc, y.Levels, y.CellResolution, Defaults(d)
	for _, o := range y.OffHours {
		l.c.OffHours = append(l.c.OffHours, OffHours(o))
	}
	return err == nil && len(y.Levels) > 0 && y.CellResolution >= 5 && y.CellResolution <= 13 // enough to go on
}

func (l *loader) categories() {
	conditions := l.conditions()
	ids := l.IDs("code", i18n.F("category code", "类别代码"), i18n.F("give each category its own code", "请为每个类别使用唯一代码"))
	rows := l.rows("categories.csv")
	for _, r := range rows {
		code := catalog.Code(r.Get("code"))
		if !ids.Take(r.File, r.Line, string(code)) {
			if cat := l.c.Categories[code]; cat != nil && cat.Conditions == nil { // a draft goes on with the row that can be used
				if own, ok := l.condition(r, "1"); ok {
					cat.Severity, cat.Conditions = own.Severity, []catalog.Condition{own}
				}
			}
			continue
		}
		cat := &catalog.Category{Code: code, Class: r.Get("class"), ClassEn: r.Get("class_en"), Name: r.Get("name"), NameEn: r.Get("name_en"), Parent: catalog.Code(r.Get("parent")), Conditions: conditions[string(code)]}
		switch r.Get("kind") {
		case "component":
			cat.Kind = catalog.Component
		case "event":
			cat.Kind = catalog.Event
		default:
			r.Report("kind", i18n.F("kind %q is unknown", "类型 %q 未知", r.Get("kind")), i18n.F("write component or event", "请填写 component 或 event"))
		}
		own, ok := l.condition(r, "1")
		cat.Severity = own.Severity
		if ok && cat.Conditions == nil {
			cat.Conditions = []catalog.Condition{own}
		}
		delete(conditions, string(code))
		l.c.Categories[code] = cat
	}
	for _, r := range rows {
		if p := catalog.Code(r.Get("parent")); p != "" && l.c.Categories[p] == nil {
			r.Report("parent", i18n.F("parent %q is not a category", "上级类别 %q 不存在", p), i18n.F("write a code of this table, or leave it empty", "请填写本表中的代码或留空"))
		}
	}
	for _, code := range Sorted(conditions) {
		l.Add("conditions.csv", 0, i18n.F("category %q has conditions but is not in categories.csv", "类别 %q 有立案条件但不在 categories.csv 中", code), i18n.F("add the category or remove its conditions", "请补充类别或删除其条件"))
	}
	if len(rows) > 0 && len(l.c.Categories) == 0 {
		l.Add("categories.csv", 0, i18n.F("no category can be used", "没有可用的类别"), i18n.F("mend the rows named above", "请修正上述各行"))
	}
}

func (l *loader) condition(r tables.Row, id string) (catalog.Condition, bool) {
	c := catalog.Condition{ID: id, Name: r.Get("name"), Closing: r.Get("closing")}
	ok := true
	if i := slices.Index([]string{"A", "B", "C"}, r.Get("severity")); i >= 0 {
		c.Severity = catalog.Severity(i + 1)
	} else {
		ok = false
		r.Report("severity", i18n.F("severity %q is unknown", "等级 %q 未知", r.Get("severity")), i18n.F("write A, B or C", "请填写 A、B 或 C"))
	}
	n, err := strconv.Atoi(r.Get("limit"))
	unit, uerr := calendar.ParseUnit(r.Get("limit_unit"))
	if err != nil || uerr != nil || n <= 0 || n > calendar.MaxN {
		ok = false
		r.Report(limitColumn(n, err, uerr), i18n.F("limit %[1]q %[2]q can't be used", "时限 %[1]q %[2]q 无效", r.Get("limit"), r.Get("limit_unit")), i18n.F("write a whole number and hours, work_hours, work_days or days", "请填写整数及 hours、work_hours、work_days 或 days"))
	}
	c.Limit = calendar.Limit{N: n, Unit: unit}
	return c, ok
}

// limitColumn is the column of a limit that can't be used: its number, or else its unit.
func limitColumn(n int, number, unit error) string {
	if unit != nil && number == nil && n > 0 && n <= calendar.MaxN {
		return "limit_unit"
	}
	return "limit"
}

func Keys[K comparable, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

func (l *loader) calendar() {
	if l.large("calendar.yaml") {
		return
	}
	data, err := fs.ReadFile(l.fsys, "calendar.yaml")
	if err != nil {
		l.Add("calendar.yaml", 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("add working hours", "请添加工作时间"))
		return
	}
	l.invisibleIn("calendar.yaml")
	holidays := map[string][]byte{}
	names, _ := fs.Glob(l.fsys, "holidays/*.json")
	ics, _ := fs.Glob(l.fsys, "holidays/*.ics")
	names = append(names, ics...)
	for _, n := range names {
		if l.large(n) {
			continue
		}
		if holidays[path.Base(n)], err = fs.ReadFile(l.fsys, n); err != nil {
			l.Add(n, 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("check the file", "请检查文件"))
		}
	}
	parse := calendar.ParseSet
	if l.Kept {
		parse = calendar.ParseKept
	}
	set, bad := parse(data, holidays, l.c.Location)
	l.List = append(l.List, bad...)
	if set == nil {
		return
	}
	l.c.Calendar = set.City
	if set.City.Known() == 0 {
		l.Add("holidays", 0, i18n.F("holidays are required and no year's are known", "要求节假日数据，但没有任何年份的数据"), i18n.F("add holidays/2026.json, or write require_holidays: false in calendar.yaml", "请添加 holidays/2026.json，或在 calendar.yaml 中写 require_holidays: false"))
	}
	l.calendars(set.Named)
}

// accountable checks what Route relies on: every area and department leads to somebody who can be
// reached, and the city has a leader.
func (l *loader) accountable() {
	if a := l.c.Areas[l.c.Root]; a.Level != 0 {
		l.Add("areas.geojson", 0, i18n.F("the area without a parent, %[1]s, is a %[2]s", "没有上级的区域 %[1]s 是%[2]s", a.ID, l.c.Levels[a.Level]), i18n.F("give it the level %s, the first of city.yaml", "请将其层级设为 %s（city.yaml 的第一级）", l.c.Levels[0]))
	}
	root := roster.Unit{Kind: roster.UnitArea, ID: string(l.c.Root)}
	for _, role := range []roster.Role{roster.Leader, roster.Acceptor, roster.Dispatcher} {
		if _, ok := l.c.Roster.Post(root, role); !ok {
			l.Add("posts.csv", 0, i18n.F("the city has no %s", "全市缺少 %s 岗位", role), i18n.F("add ,%s,%s,PERSON,1,,,", "请添加 ,%s,%s,人员,1,,,", root, role))
		}
	}
	check := func(u roster.Unit) {
		last, stays, first := "", false, time.Time{}
		for _, role := range []roster.Role{roster.Owner, roster.Leader} {
			post, _ := l.c.Roster.Post(u, role)
			for _, h := range l.c.Roster.Holdings(post) {
				p, _ := l.c.Roster.Person(h.Person)
				if h.To.IsZero() && p.ActiveTo.IsZero() {
					if from := latest(h.From, p.ActiveFrom); first.IsZero() || from.Before(first) {
						first = from
					}
					stays = true
				}
				last = string(h.Person)
			}
		}
		if stays {
			if first.Year() > farAhead {
				l.Add("posts.csv", 0, i18n.F("nobody answers for %[1]s before %[2]s", "%[1]s 在 %[2]s 之前无人负责", u, first.Format(time.DateOnly)), i18n.F("add ,%s,owner,PERSON,1,,, for somebody who begins now", "请添加现任责任人：,%s,owner,人员,1,,,", u))
			}
			return
		}
		if last != "" {
			l.Add("posts.csv", 0, i18n.F("nobody stays to answer for %[1]s: %[2]s and all others have an end date", "%[1]s 无人持续负责：%[2]s 等人均有截止日期", u, last), i18n.F("add ,%s,owner,PERSON,1,,, for somebody without one", "请添加无截止日期者：,%s,owner,人员,1,,,", u))
			return
		}
		l.Add("posts.csv", 0, i18n.F("nobody answers for %s: it has neither owner nor leader", "%s 没有责任人或领导", u), i18n.F("add ,%s,owner,PERSON,1,,,", "请添加 ,%s,owner,人员,1,,,", u))
	}
	for _, id := range Sorted(l.c.Areas) {
		check(roster.Unit{Kind: roster.UnitArea, ID: string(id)})
	}
	for _, id := range Sorted(l.c.Departments) {
		check(roster.Unit{Kind: roster.UnitDepartment, ID: id})
	}
}

// farAhead is a year in which nobody is appointed yet: a date there is a slip.
const farAhead = 2080

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func Sorted[K ~string, V any](m map[K]V) []K {
	out := Keys(m)
	slices.Sort(out)
	return out
}
