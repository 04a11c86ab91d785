package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// CityDirectory returns the files of a built-in city by its name, or of a directory on disk. Anything else is a Failure.
func CityDirectory(name string) (fs.FS, error) {
	if slices.Contains(cities.Names(), name) {
		return cities.FS(name)
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, Failure(i18n.Errorf("city %q: neither built in (%s) nor a directory: %v", "城市 %q：不是内置城市（%s），也不是目录：%v", name, strings.Join(cities.Names(), ", "), err))
	}
	if !info.IsDir() {
		return nil, Failure(i18n.Errorf("city %q is a file; name its directory", "%q 是文件，请指定其所在目录", name))
	}
	return os.DirFS(name), nil
}

// LoadCity compiles the city of a name or directory; see CityDirectory. The diagnostics of a city that does not compile are one error
// that lists all of them; see CityFaults.
func LoadCity(name string) (*city.City, error) {
	fsys, err := CityDirectory(name)
	if err != nil {
		return nil, err
	}
	c, faults := compile.FS(fsys)
	if len(faults) > 0 {
		return nil, CityFaults(faults)
	}
	return c, nil
}

// WriteDirectory writes the files of a city directory to a directory on disk, which is made if it is missing: all files or none. File
// names that are not allowed in a city directory are refused.
func WriteDirectory(at string, dir city.Directory) error {
	if bad := dir.Check(); len(bad) > 0 {
		return Failure(errors.New(bad[0].String()))
	}
	files := make(map[string][]byte, len(dir))
	for name, data := range dir {
		path := filepath.Join(at, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return Failure(err)
		}
		files[path] = data
	}
	if err := WriteFiles(files); err != nil {
		return Failure(err)
	}
	return nil
}

// FaultJSON is wanggev1.Diagnostic, as printed with --json.
type FaultJSON struct {
	File       string `json:"file"`
	Line       int    `json:"line"`
	Column     string `json:"column"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion"`
}

// FaultRows are diagnostics in a language, as printed with --json; never nil.
func FaultRows(lang string, faults []diag.Diagnostic) []FaultJSON {
	rows := []FaultJSON{}
	for _, f := range faults {
		rows = append(rows, FaultJSON{f.File, f.Line, f.Column, f.Message.In(lang), f.Suggestion.In(lang)})
	}
	return rows
}
