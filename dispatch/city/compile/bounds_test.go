package compile

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
)

// unread is a directory in which one file claims a size and can't be read.
type unread struct {
	fs.FS
	name string
	size int64
}

func (u unread) Open(name string) (fs.File, error) {
	f, err := u.FS.Open(name)
	if err == nil && name == u.name {
		f = claimed{f, u.size}
	}
	return f, err
}

type claimed struct {
	fs.File
	size int64
}

func (c claimed) Read([]byte) (int, error) {
	return 0, fmt.Errorf("a file of %d bytes is read", c.size)
}

func (c claimed) Stat() (fs.FileInfo, error) {
	info, err := c.File.Stat()
	return sized64{info, c.size}, err
}

type sized64 struct {
	fs.FileInfo
	size int64
}

func (s sized64) Size() int64 { return s.size }

// What a clerk uploads by mistake is refused by its size, its rows, its columns or its cells, with the bound; and a
// file with more faults than anybody reads tells the first.
func TestBounds_TablesBeyondAreRefused(t *testing.T) {
	t.Parallel()
	people := string(testdir.Plain(t)["people.csv"].Data)
	row := func(id string) string { return id + ",Ann,617-555-0001,en,,\n" }
	var rows, days strings.Builder
	for i := range tables.MaxRows {
		rows.WriteString(row(fmt.Sprint("x", i)))
	}
	for days.Len() < city.MaxPlainBytes {
		days.WriteString(`{"name": "x", "date": "2026-10-01", "isOffDay": true},`)
	}
	head, _, _ := strings.Cut(people, "\n")
	wide := head + strings.Repeat(",", tables.MaxColumns) + "\n"
	for _, tt := range []struct{ name, file, text, want string }{
		{"rows", "people.csv", head + "\n" + rows.String() + row("y"), "people.csv:200002: has more than 200000 rows"},
		{"columns", "people.csv", wide, "people.csv:1: has 70 columns; at most 64 are read"},
		{"many columns", "people.csv", head + strings.Repeat(",x", 1_000_000) + "\n", "people.csv:1: has 1000006 columns"},
		{"a cell", "people.csv", people + strings.Replace(row("y"), "Ann", strings.Repeat("张", tables.MaxCell+1), 1), "name has 32768 characters; a cell may have 32767"},
		{"a quote left open", "people.csv", people + `y,"` + strings.Repeat("Ann,617-555-0001,en,,\n", 10_000) + `",,,,` + "\n", "name has 220000 characters"},
		{"a YAML file", "city.yaml", strings.Repeat("# a remark\n", city.MaxPlainBytes/11+1), "city.yaml:0: has 1048586 bytes; at most 1048576 are read"},
		{"working hours", "calendar.yaml", strings.Repeat("# a remark\n", city.MaxPlainBytes/11+1), "calendar.yaml:0: has 1048586 bytes"},
		{"ladders", "ladders.yaml", strings.Repeat("# a remark\n", city.MaxPlainBytes/11+1), "ladders.yaml:0: has 1048586 bytes"},
		{"holidays", "holidays/2026.json", `{"year": 2026, "days": [` + strings.TrimSuffix(days.String(), ",") + "]}", "holidays/2026.json:0: has"},
		{"another calendar", "holidays/2026.ics", "BEGIN:VCALENDAR\n" + days.String(), "holidays/2026.ics:0: has"},
	} {
		m := testdir.Plain(t)
		m[tt.file] = &fstest.MapFile{Data: []byte(tt.text)}
		begun := time.Now()
		_, faults := FS(m)
		said := ""
		for _, f := range faults {
			said += f.String() + "\n"
		}
		if len(faults) == 0 || !strings.Contains(said, tt.want) || len(faults) > 2_600 {
			t.Errorf("%s: %d faults, want one with %q: %.300s", tt.name, len(faults), tt.want, said)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("%s took %v", tt.name, took)
		}
	}
}

// A table of as many rows, one of as many columns and a cell as long as there may be are read; with WANGGE_DEEP=1 one of
// as many rows and columns too.
func TestBounds_TablesWithinAreRead(t *testing.T) {
	t.Parallel()
	table := func(columns int) (tables.Table, string) {
		out, names := tables.Table{File: "t.csv"}, make([]string, columns)
		for i := range names {
			names[i] = fmt.Sprint("c", i)
			out.Columns = append(out.Columns, tables.Column{Name: names[i]})
		}
		return out, strings.Join(names, ",") + "\n"
	}
	type size struct{ columns, rows int }
	sizes := []size{{2, tables.MaxRows}, {tables.MaxColumns, 1_000}}
	if os.Getenv("WANGGE_DEEP") == "1" {
		sizes = append(sizes, size{tables.MaxColumns, tables.MaxRows})
	}
	for _, tt := range sizes {
		l := &tables.Reader{}
		of, head := table(tt.columns)
		commas := strings.Repeat(",", tt.columns-1)
		text := head + strings.Repeat(commas+"x\n", tt.rows-1) + commas + strings.Repeat("张", tables.MaxCell) + "\n"
		if rows := l.Parse("t.csv", []byte(text), &of); len(rows) != tt.rows || len(l.List) > 0 {
			t.Errorf("%d columns: %d rows, want %d: %.3v", tt.columns, len(rows), tt.rows, l.List)
		}
	}
}

// A directory beyond its bounds is refused by its sizes: nothing of it is read.
func TestBounds_LargeDirectoryIsNotRead(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"people.csv", "areas.geojson", "city.yaml", "stray.json"} {
		m := testdir.Plain(t)
		if m[file] == nil {
			m[file] = &fstest.MapFile{}
		}
		dir := unread{m, file, 10 << 30}
		_, gathered := city.Collect(dir)
		_, loaded := FS(dir)
		_, drafted := Draft(dir)
		_, drawn := DefectsOf(dir)
		for how, faults := range map[string][]diag.Diagnostic{"Gather": gathered, "Load": loaded, "Draft": drafted, "DefectsOf": drawn} {
			if len(faults) != 1 || !strings.Contains(faults[0].Message.En, "10737418240 of them in "+file) || !strings.Contains(faults[0].Suggestion.En, "67108864 bytes") {
				t.Errorf("%s of 10 GiB in %s: %v", how, file, faults)
			}
		}
	}
	m := testdir.Plain(t)
	for i := range city.MaxDirectoryFiles {
		m[fmt.Sprintf("holidays/%d.json", i)] = &fstest.MapFile{}
	}
	if _, faults := FS(m); len(faults) != 1 || !strings.Contains(faults[0].Message.En, "files") {
		t.Errorf("many files: %.3v", faults)
	}
}

// Of more faults than MaxFaults the first are told, in order, and the others counted.
func TestBounds_FurtherDiagnosticsAreCounted(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	m["people.csv"].Data = append(m["people.csv"].Data, strings.Repeat("x,Ann,617-555-0001,en,,,\n", 3*city.MaxFaults)...)
	_, faults := FS(m)
	if n := len(faults); n != city.MaxFaults+1 || faults[0].File != "people.csv" || faults[n-1].File != "." || !strings.HasSuffix(faults[n-1].Message.En, " more faults are not listed") || faults[n-1].Message.Zh == "" {
		t.Errorf("%d faults, want %d and one that counts the rest: %v", len(faults), city.MaxFaults, faults[len(faults)-1])
	}
}
