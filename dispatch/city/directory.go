package city

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// Bounds of a city directory. A metropolis with a hundred thousand posts stays below 20 MiB. A directory beyond a
// bound is refused before compilation. Of diagnostics beyond the bound only the number is reported.
const (
	MaxDirectoryFiles = 500
	MaxDirectoryBytes = 64 << 20
	MaxFileName       = 200
	MaxPlainBytes     = 1 << 20 // of a YAML or a holiday file
	MaxFaults         = 5_000
)

// Directory holds the tables of a city directory in memory, by name. Other files are not part of a Directory.
type Directory map[string][]byte

// read reports whether a file of this name belongs to a city directory.
func read(name string) bool {
	return slices.Contains([]string{".yaml", ".csv", ".geojson", ".json"}, path.Ext(name)) ||
		path.Ext(name) == ".ics" && path.Dir(name) == "holidays"
}

// Collect reads the tables of a directory. The diagnostics name the bounds that the directory breaks; in that case no
// file is read.
func Collect(fsys fs.FS) (Directory, []diag.Diagnostic) {
	var bad diag.List
	sizes, err := list(fsys)
	if err != nil {
		bad.Add(".", 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("check the directory", "请检查目录"))
		return Directory{}, bad
	}
	if bad := bounds(sizes); len(bad) > 0 {
		return Directory{}, bad
	}
	d := Directory{}
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			bad.Add(name, 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("check the file", "请检查文件"))
			continue
		}
		d[name] = data
	}
	return d, append(bad, d.Check()...)
}

// list returns the size of each table of a directory, in bytes.
func list(fsys fs.FS) (map[string]int64, error) {
	sizes := map[string]int64{}
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !read(name) {
			return err
		}
		info, err := fs.Stat(fsys, name)
		if err == nil {
			sizes[name] = info.Size()
		}
		return err
	})
	return sizes, err
}

// bounds returns the diagnostics of a directory with too many files or bytes.
func bounds(sizes map[string]int64) []diag.Diagnostic {
	var bad diag.List
	size, largest := int64(0), ""
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		if size += sizes[name]; largest == "" || sizes[name] > sizes[largest] {
			largest = name
		}
	}
	if size > MaxDirectoryBytes || len(sizes) > MaxDirectoryFiles {
		bad.Add(".", 0, i18n.F("it has %[1]d {file|files} and %[2]d bytes, %[4]d of them in %[3]s", "共 %[1]d 个文件、%[2]d 字节，其中 %[3]s 为 %[4]d 字节", len(sizes), size, largest, sizes[largest]), i18n.F("keep it below %[1]d files and %[2]d bytes", "请控制在 %[1]d 个文件、%[2]d 字节以内", MaxDirectoryFiles, MaxDirectoryBytes))
	}
	return bad
}

// Check returns a diagnostic for each bound that the directory breaks.
func (d Directory) Check() []diag.Diagnostic {
	var bad diag.List
	sizes := map[string]int64{}
	for _, name := range slices.Sorted(maps.Keys(d)) {
		sizes[name] = int64(len(d[name]))
		if !fs.ValidPath(name) || !read(name) || len(name) > MaxFileName || d.below(name) {
			bad.Add(name, 0, i18n.F("is no table of a city directory", "不是城市目录中的表"), i18n.F("send .yaml, .csv, .geojson and .json files, and holidays as .ics", "只提交 .yaml、.csv、.geojson、.json 文件，节假日可用 .ics"))
		}
	}
	return append(bad, bounds(sizes)...)
}

// below reports whether a part of a file's path is itself a file of the directory, as in "a.csv/b.csv" beside "a.csv".
func (d Directory) below(name string) bool {
	for folder := path.Dir(name); folder != "." && folder != "/"; folder = path.Dir(folder) {
		if _, ok := d[folder]; ok {
			return true
		}
	}
	return false
}

// Revision is the content hash that a city compiled from the directory carries.
func (d Directory) Revision() string {
	return RevisionOf(d.FS())
}

// RevisionOf hashes the names and contents of all files of a city directory. Example: "c-5f3a9c21d0b4". An unreadable
// file is left out: the reader that needs the file reports the error.
func RevisionOf(fsys fs.FS) string {
	h := sha256.New()
	_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !read(name) {
			return nil //nolint:nilerr // a file that can't be read is left out
		}
		data, err := fs.ReadFile(fsys, name)
		if err == nil {
			fmt.Fprintf(h, "%s %d\n", name, len(data))
			h.Write(data)
		}
		return nil
	})
	return "c-" + hex.EncodeToString(h.Sum(nil))[:12]
}

// CheckSize returns the diagnostics of a directory with too many files or bytes. A directory that cannot be listed
// has none.
func CheckSize(fsys fs.FS) []diag.Diagnostic {
	sizes, err := list(fsys)
	if err != nil {
		return nil
	}
	return bounds(sizes)
}
