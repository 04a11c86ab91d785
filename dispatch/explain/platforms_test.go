package explain_test

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/explain"
	"wangge/dispatch/routing"
)

// A copy of Harbin whose exposed rubbish goes through the platforms of the districts, which have dispatchers: the chain at 道里区.
func TestRoute_HarbinWithPlatforms(t *testing.T) {
	t.Parallel()
	const rubbish catalog.Code = "E0110"
	harbin, err := cities.FS("harbin")
	if err != nil {
		t.Fatal(err)
	}
	m := fstest.MapFS{}
	err = fs.WalkDir(harbin, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(harbin, name)
		m[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(m["rules.csv"].Data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head := rows[0]
	row := func(order, category, owner, platform string) []string {
		out := make([]string, len(head)+1)
		out[slices.Index(head, "order")], out[slices.Index(head, "category")], out[slices.Index(head, "owner")] = order, category, owner
		out[len(head)] = platform
		return out
	}
	for i := range rows {
		rows[i] = append(rows[i], "")
	}
	rows[0][len(head)] = "platform"
	rows = slices.Insert(rows, 1, row("1", string(rubbish), "platform:district", ""))
	rows = append(rows, row("20001", string(rubbish), "line:SANITATION", "district"), row("20002", "*", "block:district", "district"))
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	m["rules.csv"] = &fstest.MapFile{Data: out.Bytes()}
	c, faults := compile.FS(m)
	if c == nil {
		t.Fatal(faults)
	}
	place, err := routing.PlaceOf(c, casetest.Daoli)
	if err != nil {
		t.Fatal(err)
	}
	at := casetest.At(c, "2026-11-27 09:00")
	d, chain, err := explain.Route(c, dispatch.SourceHotline, place, rubbish, at)
	if err != nil {
		t.Fatal(err)
	}
	daoli := roster.Unit{Kind: roster.UnitArea, ID: "230102"}
	if len(chain) != 2 || chain[0].To.Unit != daoli || !chain[0].To.IsPlatform() || chain[1].Platform != daoli || chain[1].To != d.Owner {
		t.Errorf("the chain is %+v", chain)
	}
	if d.Owner.Unit.Kind != roster.UnitDepartment {
		t.Errorf("the owner is %s, want the sanitation of the district or the city", d.Owner.Unit)
	}
}
