package city

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"wangge/dispatch/city/cities"
)

func directory(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	fsys, err := cities.FS(name)
	if err != nil {
		t.Fatal(err)
	}
	m := fstest.MapFS{}
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, p)
		m[p] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestBuiltInCitiesHaveNoFault(t *testing.T) {
	for _, name := range cities.Names() {
		c, faults := Load(directory(t, name))
		for _, f := range faults {
			t.Errorf("%s: %s:%d: %s; %s", name, f.File, f.Line, f.Message, f.Suggestion)
		}
		if c != nil {
			t.Logf("%s: %s, %d areas, %d categories, %d rules", name, c.Revision, len(c.Areas), len(c.Categories), len(c.Rules))
		}
	}
}

// Each slip of a clerk is named with its file, its line and what to write instead.
func TestFaultsAreNamed(t *testing.T) {
	for _, tt := range []struct {
		name, file, old, new string
		line                 int
		message, suggestion  string
	}{
		{"an unknown column", "people.csv", "phone", "fone", 1, "fone", "phone"},
		{"a department misspelt in a rule", "rules.csv", "line:PWDx", "line:PWD", 0, `"PWD" does not exist`, "PWDx"},
		{"an unknown role", "posts.csv", ",leader,b-leader", ",leadr,b-leader", 2, "leadr", "leader"},
		{"a unit that is not there", "posts.csv", "area:BOS,leader", "area:BOZ,leader", 2, "area:BOZ", "area:ID"},
		{"a limit unit", "categories.csv", "work_days", "workdays", 0, "workdays", "work_days"},
		{"an unknown level", "areas.geojson", `"level": "district"`, `"level": "distrikt"`, 0, "distrikt", "district"},
		{"a key of city.yaml", "city.yaml", "time_zone:", "timezone:", 4, "timezone", "documented"},
		{"no catch-all rule", "rules.csv", "*,,,,,,block:district", "sanitation/*,,,,,,block:district", 0, "does not give everything", "block:city"},
		{"working hours backwards", "calendar.yaml", `to: "17:00"`, `to: "07:00"`, 0, "", ""},
	} {
		m := directory(t, "boston")
		data := string(m[tt.file].Data)
		changed := strings.Replace(data, tt.old, tt.new, 1)
		if changed == data {
			changed = strings.Replace(data, strings.ReplaceAll(tt.old, ": ", ":"), strings.ReplaceAll(tt.new, ": ", ":"), 1)
		}
		if changed == data {
			t.Fatalf("%s: %q is not in %s", tt.name, tt.old, tt.file)
		}
		m[tt.file] = &fstest.MapFile{Data: []byte(changed)}
		c, faults := Load(m)
		found := false
		for _, f := range faults {
			found = found || f.File == tt.file && (tt.line == 0 || f.Line == tt.line) && f.Message.Zh != "" &&
				strings.Contains(f.Message.En, tt.message) && strings.Contains(f.Suggestion.En, tt.suggestion)
		}
		if c != nil || !found {
			t.Errorf("%s: faults %v, want one in %s:%d with %q and %q", tt.name, faults, tt.file, tt.line, tt.message, tt.suggestion)
		}
	}
}

func TestMissingFilesAreNamedTogether(t *testing.T) {
	m := directory(t, "boston")
	delete(m, "people.csv")
	delete(m, "rules.csv")
	_, faults := Load(m)
	var files []string
	for _, f := range faults {
		files = append(files, f.File)
	}
	if all := strings.Join(files, " "); !strings.Contains(all, "people.csv") || !strings.Contains(all, "rules.csv") {
		t.Errorf("faults in %s, want people.csv and rules.csv", all)
	}
}

func FuzzTables(f *testing.F) {
	f.Add("rules.csv", "order,category\n\"")
	f.Add("areas.geojson", `{"features":[{"geometry":{"type":"Polygon","coordinates":[[[1]]]}}]}`)
	base := directory(f, "boston")
	f.Fuzz(func(_ *testing.T, file, text string) {
		m := fstest.MapFS{}
		for k, v := range base {
			if k != "areas.geojson" {
				m[k] = v
			}
		}
		if !fs.ValidPath(file) || file == "." {
			return
		}
		m[file] = &fstest.MapFile{Data: []byte(text)}
		Load(m)
	})
}

func BenchmarkLoad(b *testing.B) {
	m := directory(b, "harbin")
	for b.Loop() {
		if _, faults := Load(m); faults != nil {
			b.Fatal(faults)
		}
	}
}
