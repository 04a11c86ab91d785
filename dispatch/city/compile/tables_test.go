package compile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/grid"
)

// The tables that spreadsheets and plans know are the ones that the loader reads.
func TestTables_AreWhatTheLoaderReads(t *testing.T) {
	t.Parallel()
	dir := testdir.Toy()
	for _, table := range tables.All {
		dir[table.File] = &fstest.MapFile{Data: []byte("zzz\n")}
	}
	_, faults := FS(dir)
	read, must := map[string]string{}, map[string]string{}
	for _, f := range faults {
		if column, ok := strings.CutPrefix(f.Message.En, "column "); ok && strings.HasSuffix(column, " is missing") {
			must[f.File] += strings.TrimSuffix(column, " is missing")
			_, read[f.File], _ = strings.Cut(f.Suggestion.En, "the columns are ")
		}
	}
	for _, table := range tables.All {
		var names []string
		needed := ""
		for _, c := range table.Columns {
			names = append(names, c.Name)
			if c.Must {
				needed += strconv.Quote(c.Name)
			}
			if c.Help.En == "" || c.Help.Zh == "" {
				t.Errorf("%s: column %s has no help", table.File, c.Name)
			}
			if file, column, ok := strings.Cut(c.Refers, ":"); ok {
				if other, known := tables.Of(file); !known {
					t.Errorf("%s: column %s refers to %s", table.File, c.Name, file)
				} else if _, known := other.Column(column); !known {
					t.Errorf("%s: column %s refers to %s", table.File, c.Name, c.Refers)
				}
			}
			if c.Name == "datum" && !slices.Equal(c.Choices, grid.DatumNames()) {
				t.Errorf("datums are %v, choices %v", grid.DatumNames(), c.Choices)
			}
			if c.Name == "role" {
				for _, r := range roster.Roles {
					if !slices.Contains(c.Choices, string(r)) {
						t.Errorf("role %s is no choice", r)
					}
				}
				if len(c.Choices) != len(roster.Roles) {
					t.Errorf("roles are %v, choices %v", roster.Roles, c.Choices)
				}
			}
		}
		if got := strings.Join(names, ","); got != read[table.File] || needed != must[table.File] {
			t.Errorf("%s: columns %s, of which %s must be there; the loader reads %s and needs %s", table.File, got, needed, read[table.File], must[table.File])
		}
	}
}

// A column that is there twice is named in every table: which of its cells were meant is not known.
func TestTables_ColumnTwiceIsNamed(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	var want []string
	for _, table := range tables.All {
		var names []string
		for _, c := range table.Columns {
			names = append(names, c.Name)
		}
		n := len(names)
		m[table.File] = &fstest.MapFile{Data: []byte(strings.Join(append(names, names[1], names[0]), ",") + "\n")}
		want = append(want,
			fmt.Sprintf("%s:1: columns 2 and %d are both called %q; keep one of them", table.File, n+1, names[1]),
			fmt.Sprintf("%s:1: columns 1 and %d are both called %q; keep one of them", table.File, n+2, names[0]))
	}
	_, faults := FS(m)
	for _, w := range want {
		if !slices.ContainsFunc(faults, func(f diag.Diagnostic) bool { return f.String() == w }) {
			t.Errorf("%s is not told: %v", w, faults)
		}
	}
}

// A name that no table knows is answered with a near one, or with none: never with one that is only the least far.
func TestTables_OnlyNearNamesAreSuggested(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, text, row, words, not string }{
		{"absences.csv", "person,from,to,reason,cover\n", "nn,2026-11-23,2026-11-24,,\n", "add the person", "did you mean"},
		{"absences.csv", "person,from,to,reason,cover\n", ",2026-11-23,2026-11-24,,\n", "add the person", "did you mean"},
		{"absences.csv", "person,from,to,reason,cover\n", "b-leadr,2026-11-23,2026-11-24,,\n", `did you mean "b-leader"`, "add the person"},
		{"absences.csv", "person,from,to,reason,cover\n", "b-leader,2026-11-23,2026-11-24,,zz\n", "add the person", "did you mean"},
		{"rules.csv", "", "900,*,,,,,,block:zzzzzzz,,\n", "write one of block:", "did you mean"},
		{"rules.csv", "", "900,*,,,,,,line:,,\n", "write one of line:", "did you mean"},
	} {
		m := testdir.Plain(t)
		text := tt.text
		if text == "" {
			text = string(m[tt.file].Data)
		}
		m[tt.file] = &fstest.MapFile{Data: []byte(text + tt.row)}
		_, faults := FS(m)
		at := slices.IndexFunc(faults, func(f diag.Diagnostic) bool { return f.File == tt.file })
		if at < 0 || !strings.Contains(faults[at].Suggestion.En, tt.words) || strings.Contains(faults[at].Suggestion.En, tt.not) {
			t.Errorf("%q: %v, want %q", tt.row, faults, tt.words)
		}
	}
}
