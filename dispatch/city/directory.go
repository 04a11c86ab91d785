package city

import (
	"io/fs"
	"path"
	"slices"
	"testing/fstest"
	"wangge/dispatch/fault"
	"wangge/dispatch/say"
)

// Bounds of a city directory: a metropolis of a hundred thousand posts stays below 20 MiB.
const (
	MaxDirectoryFiles = 500
	MaxDirectoryBytes = 64 << 20
	MaxFileName       = 200
)

// Directory is the tables of a city directory in memory, by name. Other files are none of it.
type Directory map[string][]byte

// read reports whether a file of this name belongs to a city directory.
func read(name string) bool {
	return slices.Contains([]string{".yaml", ".csv", ".geojson", ".json"}, path.Ext(name)) || path.Ext(name) == ".ics" && path.Dir(name) == "holidays"
}

// Gather reads the tables of a directory; faults say which bound it breaks.
func Gather(fsys fs.FS) (Directory, []Fault) {
	d := Directory{}
	var bad fault.List
	total := 0
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !read(name) {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		d[name] = data
		if total += len(data); total > MaxDirectoryBytes || len(d) > MaxDirectoryFiles {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		bad.Add(".", 0, say.F("can't be read: %v", "无法读取：%v", err), say.F("check the directory", "请检查目录"))
	}
	return d, append(bad, d.Check()...)
}

// Check says which bound a directory breaks.
func (d Directory) Check() []Fault {
	var bad fault.List
	total := 0
	for _, name := range sorted(d) {
		total += len(d[name])
		if !fs.ValidPath(name) || !read(name) || len(name) > MaxFileName {
			bad.Add(name, 0, say.F("is no table of a city directory", "不是城市目录中的表"), say.F("send .yaml, .csv, .geojson and .json files, and holidays as .ics", "只提交 .yaml、.csv、.geojson、.json 文件，节假日可用 .ics"))
		}
	}
	if total > MaxDirectoryBytes || len(d) > MaxDirectoryFiles {
		bad.Add(".", 0, say.F("it has %[1]d files and %[2]d bytes", "共 %[1]d 个文件、%[2]d 字节", len(d), total), say.F("keep it below %[1]d files and %[2]d bytes", "请控制在 %[1]d 个文件、%[2]d 字节以内", MaxDirectoryFiles, MaxDirectoryBytes))
	}
	return bad
}

// FS is the directory as a file system.
func (d Directory) FS() fs.FS {
	m := make(fstest.MapFS, len(d))
	for name, data := range d {
		m[name] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
	return m
}

// Revision is the content hash that a city loaded from the directory carries.
func (d Directory) Revision() string {
	l := &loader{fsys: d.FS()}
	return l.revision()
}

// LoadKept compiles a directory that Load took before, perhaps in an older program. What only later programs refuse does
// not refuse the directory: defects of drawn ground (they are among the city's Defects, without a Reason) and bounds of
// its size, keys of holiday files that were passed over, seasons that never meet their dates, times that the clocks leap
// over, and control characters.
func LoadKept(d Directory) (*City, []Fault) {
	c, faults := draft(d.FS(), true)
	if faults.Sort(files); len(faults) > 0 {
		return nil, faults
	}
	return c, nil
}

// LoadDirectory compiles a directory that keeps the bounds of Check.
func LoadDirectory(d Directory) (*City, []Fault) {
	if bad := d.Check(); len(bad) > 0 {
		return nil, bad
	}
	return Load(d.FS())
}
