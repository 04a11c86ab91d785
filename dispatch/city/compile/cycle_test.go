package compile

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/diag"
)

// Departments and areas that are their own superiors are named, and compiling ends.
func TestFS_Cycles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file     string
		swap     []string
		messages []string
	}{
		{"departments.csv", []string{"GREEN,E,", "GREEN-E,E,"}, []string{"GREEN-E is its own superior"}},
		{"departments.csv", []string{"Parks,,,", "Parks,GREEN-E,,"}, []string{"GREEN-E is its own superior", "GREEN is its own superior"}},
		{"departments.csv", []string{"Parks,,,", "Parks,WATER,,", "Water,,,", "Water,GREEN,,"}, []string{"WATER is its own superior", "GREEN-E is its own superior"}},
		{"areas.geojson", []string{`"level": "district", "parent": "TOY"`, `"level": "district", "parent": "W1"`}, []string{"W"}},
	} {
		m := testdir.Toy()
		m[tt.file] = &fstest.MapFile{Data: []byte(strings.NewReplacer(tt.swap...).Replace(string(m[tt.file].Data)))}
		// two rules of areas, so that the compiler asks which area lies below which
		m["rules.csv"] = &fstest.MapFile{Data: []byte("order,category,area,owner\n10,E0101,W,block:grid\n20,E0101,W1,block:grid\n30,*,,block:city\n")}
		_, list := Draft(m)
		for _, want := range tt.messages {
			if !slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return d.File == tt.file && strings.Contains(d.Message.En, want) }) {
				t.Errorf("%s %v: no diagnostic says %q: %v", tt.file, tt.swap, want, list)
			}
		}
	}
}
