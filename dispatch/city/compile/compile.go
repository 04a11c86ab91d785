// Package compile compiles a directory of plain files into an immutable city.City, or returns a diagnostic for
// everything that is wrong. The package is pure: its only input is the fs.FS.
package compile

import (
	"io/fs"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/compile/campaigns"
	"wangge/dispatch/city/compile/filing"
	"wangge/dispatch/city/compile/ladders"
	"wangge/dispatch/city/compile/platforms"
	"wangge/dispatch/city/drawing"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// loader compiles one directory.
type loader struct {
	tables.Reader // reads the tables, and collects all diagnostics

	fsys   fs.FS
	ground drawing.Reader // reads the GeoJSON files, with the diagnostics of Reader
	c      *city.City
	accept []acceptYAML
	filing []filing.Entry

	settings []platforms.Setting // of the platforms
	refused  []catalog.Rule      // rules whose row has a diagnostic: what they would do is no fault of other rows
}

// newLoader returns a loader of a directory into an empty city.
func newLoader(fsys fs.FS, c *city.City) *loader {
	l := &loader{fsys: fsys, c: c}
	l.ground = drawing.Reader{Reader: &l.Reader, FS: fsys}
	return l
}

// FS compiles a city directory. All diagnostics are returned at once, in the order of files and lines. With any
// diagnostic the City is nil: a city is accepted as a whole or refused.
func FS(fsys fs.FS) (*city.City, []diag.Diagnostic) {
	c, faults := Draft(fsys)
	if len(faults) > 0 {
		return nil, faults
	}
	return c, nil
}

// Directory compiles a directory within the bounds of city.Directory.Check; otherwise like FS.
func Directory(d city.Directory) (*city.City, []diag.Diagnostic) {
	if bad := d.Check(); len(bad) > 0 {
		return nil, bad
	}
	return FS(d.FS())
}

// Accepted compiles a directory that Directory accepted before, perhaps in an older version. Checks that later versions
// added are skipped: defects of drawn ground (they are among the city's Defects, without a Reason), bounds of size,
// unknown keys of holiday files, seasons that never meet their dates, local times that the clocks skip, and control
// characters.
func Accepted(d city.Directory) (*city.City, []diag.Diagnostic) {
	c, list := draft(d.FS(), true)
	if list = sorted(list); len(list) > 0 {
		return nil, list
	}
	return c, nil
}

// Draft compiles like FS, and also returns what could be compiled of a city with diagnostics. Rows with a diagnostic
// are left out, so that a coverage proof shows the consequence of their absence. The City is nil if the ground, the
// categories, the last rule or the calendar cannot be used at all. A draft must not be served.
func Draft(fsys fs.FS) (*city.City, []diag.Diagnostic) {
	c, list := draft(fsys, false)
	return c, sorted(list)
}

// sorted orders diagnostics by file and line. Beyond city.MaxFaults they are counted only.
func sorted(list diag.List) diag.List {
	list.Sort(files)
	if more := len(list) - city.MaxFaults; more > 0 {
		list = list[:city.MaxFaults:city.MaxFaults]
		list.Add(".", 0, i18n.F("%d more {fault is|faults are} not listed", "另有 %d 处错误未列出", more), i18n.F("mend these first", "请先修正以上各处"))
	}
	return list
}

func draft(fsys fs.FS, kept bool) (*city.City, diag.List) {
	headers := map[string][]string{} // also before all tables are read: suggestions are rows for these headers
	l := newLoader(fsys, &city.City{
		Columns: headers,
		Areas:   map[grid.AreaID]*city.Area{}, Departments: map[string]*city.Department{},
		Sections: map[city.SectionID]*city.Section{}, Categories: map[catalog.Code]*catalog.Category{},
		Policies: map[string]city.EscalationPolicy{}, Formats: map[string]city.ImportFormat{},
	})
	l.Accepted, l.Headers = kept, headers
	if !l.Accepted && l.tooLarge() {
		return nil, l.List
	}
	l.c.Revision = city.RevisionOf(l.fsys)
	if !l.head() {
		return nil, l.List
	}
	l.areas()
	if len(l.c.Areas) == 0 { // every table names areas: all other diagnostics would be consequences
		l.unknownFiles()
		return nil, l.List
	}
	l.codes()
	l.departments()
	l.sections()
	l.points()
	l.categories()
	if len(l.filing) > 0 {
		l.c.Filing = filing.Rules(l.c, l.filing, l.document("city.yaml"), l.Accepted, &l.List)
	}
	l.rules()
	l.people()
	platforms.Check(l.c, l.settings, platforms.Source{Refused: l.refused, Doc: l.document("city.yaml"), Kept: l.Accepted}, &l.List)
	l.calendar()
	l.tiers()
	l.limits(campaigns.Read(&l.Reader, l.fsys, l.c))
	l.ladders()
	l.formats()
	l.offHours()
	l.jointMeeting()
	l.expectations()
	l.unknownFiles()
	if l.c.Index == nil || l.c.Areas[l.c.Root] == nil || l.c.Calendar == nil || len(l.c.Rules) == 0 || len(l.c.Categories) == 0 {
		return nil, l.List
	}
	if len(l.List) == 0 {
		l.accountable()
	}
	l.c.Finish()
	return l.c, l.List
}

// tooLarge reports a directory beyond a bound. A directory that cannot be listed is reported later.
func (l *loader) tooLarge() bool {
	l.List = append(l.List, city.CheckSize(l.fsys)...)
	return len(l.List) > 0
}

// large reports a YAML or holiday file beyond MaxPlainBytes. Such a file is not read.
func (l *loader) large(file string) bool {
	info, err := fs.Stat(l.fsys, file)
	if err != nil || l.Accepted || info.Size() <= city.MaxPlainBytes {
		return false
	}
	l.Add(file, 0, i18n.F("has %[1]d bytes; at most %[2]d are read", "有 %[1]d 字节，最多读取 %[2]d 字节", info.Size(), city.MaxPlainBytes), i18n.F("remove what is no entry", "请删除与内容无关的部分"))
	return true
}

// rows reads a table of the directory.
func (l *loader) rows(file string) []tables.Row {
	t, _ := tables.Of(file)
	return l.Read(l.fsys, t)
}

// yaml decodes a file strictly; false if the file is missing or invalid.
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

// ladders reads ladders.yaml.
func (l *loader) ladders() {
	var y struct{ Ladders []ladders.Ladder }
	l.yaml(ladders.File, false, &y)
	var doc *yaml.Node
	if len(y.Ladders) > 0 {
		doc = l.document(ladders.File)
	}
	ladders.Policies(l.c, y.Ladders, doc, &l.List)
}

// document parses a file again for the lines of its nodes; nil if the file is invalid, which has been reported.
func (l *loader) document(file string) *yaml.Node {
	data, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		return nil
	}
	doc, _ := new(diag.List).Document(file, data)
	return doc
}
