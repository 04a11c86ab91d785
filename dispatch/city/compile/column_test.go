package compile

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
)

// The column wecom holds the user id of one person: neither everybody nor several.
func TestPeople_WeCom(t *testing.T) {
	t.Parallel()
	for id, ok := range map[string]bool{
		"": true, "wang.yi": true, "1@x-y_z": true, strings.Repeat("a", 64): true,
		"@all": false, "wang|li": false, "王一": false, "a b": false, strings.Repeat("a", 65): false,
	} {
		m := testdir.Toy()
		head, rows, _ := strings.Cut(string(m["people.csv"].Data), "\n")
		first, rest, _ := strings.Cut(rows, "\n")
		rest = strings.ReplaceAll(strings.TrimSuffix(rest, "\n"), "\n", ",\n")
		m["people.csv"] = &fstest.MapFile{Data: []byte(head + ",wecom\n" + first + "," + id + "\n" + rest + ",\n")}
		c, faults := FS(m)
		if !ok {
			if len(faults) != 1 || faults[0].Column != "wecom" || faults[0].Line != 2 {
				t.Errorf("user id %q: faults %v", id, faults)
			}
			continue
		}
		if len(faults) > 0 {
			t.Errorf("user id %q: faults %v", id, faults)
			continue
		}
		if p, _ := c.Roster.Person(roster.PersonID(first[:strings.Index(first, ",")])); p.WeCom != id {
			t.Errorf("user id %q was read as %q", id, p.WeCom)
		}
	}
}

// Each diagnostic of a row names the column of the cell that is wrong, whatever its message quotes.
func TestDiagnostic_Column(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, old, row, column string }{
		{"rules.csv", "40,C0101,,,,", "40,C0101,C0101,,,", "area"}, // its value is that of an earlier column, too
		{"rules.csv", "50,E0301,,,,,,,,line:GREEN", "50,E0301,,,,,,,,line:E0301", "owner"},
		{"rules.csv", "block:district(疏导交通)", "block:E0201", "co_owners"},
		{"rules.csv", "11-01..03-31", "11-01", "season"},
		{"rules.csv", "school,60", "school,", "within_m"},
		{"people.csv", "mayor@example.org", "mayor", "email"},
		{"people.csv", "chief,值班长,+86 451 5551 0002", "chief,值班长,chief", "phone"},
		{"posts.csv", ",area:TOY,leader,mayor", ",area:TOY,mayor,mayor", "role"},
		{"posts.csv", ",area:TOY,leader,mayor", ",area:TOY,leader,leader", "person"},
		{"posts.csv", ",area:TOY,acceptor,acceptor,1,day", ",area:TOY,acceptor,acceptor,1,acceptor", "shift"},
		{"posts.csv", ",area:W,leader", ",area:X,leader", "unit"},
		{"shifts.csv", "08:00,18:00", "08:00,mon-fri", "to"},
		{"absences.csv", "grid-w1b,2026-11-23,2026-11-30", "grid-w1b,2026-11-23,grid-w1b", "to"},
		{"absences.csv", "病假,grid-e1a", "病假,grid-e1b", "cover"},
		{"categories.csv", "E0101,event", "E0101,E0101", "kind"},
		{"categories.csv", "C,4,work_hours", "C,4,C", "limit_unit"},
		{"categories.csv", "清运,", "清运,清运", "parent"},
		{"conditions.csv", "fence,", "fence,fence", "after"},
		{"departments.csv", "GREEN,E", "GREEN-E,E", "parent"},
		{"limits.csv", "E0101,1,2", "E0101,2x,2", "tier"},
		{"tiers.csv", "W,1", "1,1", "area"},
		{"expectations.csv", "45.752,126.602,E0101", "45.752,126.602,126.602", "category"},
		{"points.geojson", `"kind": "school"`, `"kind": "school", "unit": "school"`, "unit"},
		{"sections.geojson", `"department": "GREEN"`, `"department": "PARK"`, "department"},
		{"areas.geojson", `"level": "district", "parent": "TOY"`, `"level": "TOY", "parent": "TOY"`, "level"},
	} {
		m := testdir.Toy()
		text := strings.Replace(string(m[tt.file].Data), tt.old, tt.row, 1)
		if text == string(m[tt.file].Data) {
			t.Errorf("%s holds no %s", tt.file, tt.old)
			continue
		}
		m[tt.file] = &fstest.MapFile{Data: []byte(text)}
		_, list := FS(m)
		if !slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return d.File == tt.file && d.Line > 1 && d.Column == tt.column }) {
			t.Errorf("%s: %s: no diagnostic of column %s: %+v", tt.file, tt.row, tt.column, list)
		}
	}
}
