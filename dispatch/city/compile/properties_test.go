package compile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/coverage"
	"wangge/dispatch/city/diff"
	"wangge/dispatch/diag"
	"wangge/grid"
)

// squares is a city of one area and one point, with the properties that are given.
func squares(area, point string) city.Directory {
	return city.Directory{
		"city.yaml": []byte("name: 甲\nname_en: A\ncode: A\ntime_zone: Asia/Shanghai\nlanguages: [zh, en]\ncell_resolution: 9\nlevels: [city]\ntable_version: t\n" +
			"defaults: {accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 4, near_border_m: 30}\n"),
		"areas.geojson":  []byte(`{"type":"FeatureCollection","features":[` + "\n" + `{"type":"Feature","properties":` + area + `,"geometry":{"type":"Polygon","coordinates":[[[120,30],[120.1,30],[120.1,30.05],[120,30.05],[120,30]]]}}]}`),
		"points.geojson": []byte(`{"type":"FeatureCollection","features":[` + "\n" + `{"type":"Feature","properties":` + point + `,"geometry":{"type":"Point","coordinates":[120.02,30.02]}}]}`),
		"calendar.yaml":  []byte("weekend: [saturday, sunday]\nhours: [{from: \"08:30\", to: \"17:00\"}]\nwork_day: counted\nrequire_holidays: false\nholidays_apply: true\n"),
		"categories.csv": []byte("code,kind,class,class_en,name,name_en,severity,limit,limit_unit,closing,parent\nE1,event,市容,look,暴露垃圾,litter,C,2,work_days,,\n"),
		"people.csv":     []byte("id,name,phone,language,active_from,active_to\nlead,王一,0571-10,zh,,\n"),
		"posts.csv":      []byte("id,unit,role,person,rank,shift,from,to\n,area:330101,leader,lead,1,,,\n,area:330101,acceptor,lead,1,,,\n,area:330101,dispatcher,lead,1,,,\n"),
		"rules.csv":      []byte("order,category,area,near,within_m,from,to,owner,co_owners,note\n99,*,,,,,,block:city,,\n"),
	}
}

const root, shop = `{"id":330101,"name":"甲","level":"city"}`, `{"id":110101020300200001,"name":"店","kind":"shop"}`

// An id that is written as a number keeps its digits, however many; a number that can be written in
// several ways must be quoted.
func TestProperties_NumericIDsKeepTheirDigits(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"110101020300200001", "110101020300200003", "9007199254740993", "12345678901234567890123456789", "7", "0", "-5"} {
		c, faults := compile.Directory(squares(root, strings.Replace(shop, "110101020300200001", id, 1)))
		if faults != nil {
			t.Errorf("id %s: %v", id, faults)
			continue
		}
		if got := c.Points[0].ID; got != id || c.Point(id) == nil {
			t.Errorf("id %s is read as %s", id, got)
		}
		if _, ok := c.Areas[grid.AreaID("330101")]; !ok {
			t.Errorf("areas are %v", c.Areas)
		}
	}
	for _, id := range []string{"1e3", "1E+17", "-0", "1.0", "1.5", "110101020300200001.0"} {
		for _, dir := range []city.Directory{squares(root, strings.Replace(shop, "110101020300200001", id, 1)), squares(strings.Replace(root, "330101", id, 1), shop)} {
			_, faults := compile.Directory(dir)
			if !slices.ContainsFunc(faults, func(f diag.Diagnostic) bool {
				return f.Line == 2 && strings.Contains(f.Message.En, "the number "+id) && f.Suggestion.En == fmt.Sprintf("put it in quotes: %q", id) && f.Message.Zh != "" && f.Suggestion.Zh != ""
			}) {
				t.Errorf("id %s: %v, want a fault that says to quote it", id, faults)
			}
		}
	}
	// A length is a number, however it is written.
	for _, m := range []string{"12", "12.5", "1e1", `"12.5"`} {
		if _, faults := compile.Directory(squares(root, strings.Replace(shop, `"kind"`, `"radius_m":`+m+`,"kind"`, 1))); faults != nil {
			t.Errorf("radius_m %s: %v", m, faults)
		}
	}
	// Two that differ in their last digit are two, also where two revisions are compared.
	was, is := squares(root, shop), squares(root, strings.Replace(shop, "200001", "200003", 1))
	var told []string
	for _, c := range diff.Changes(was, is) {
		told = append(told, c.Text.En)
	}
	if all := strings.Join(told, "; "); !strings.Contains(all, "110101020300200001") || !strings.Contains(all, "110101020300200003") {
		t.Errorf("the difference is %q", all)
	}
}

// Faults come in the same order each time, and an unknown property is one fault however many features
// have it: this is the shape of the district files of DataV.
func TestDiagnostics_SameOrderEachTime(t *testing.T) {
	t.Parallel()
	feature := func(id int) string {
		return fmt.Sprintf(`{"type":"Feature","properties":{"adcode":%d,"name":"x","center":[1,2],"centroid":[1,2],"childrenNum":0,"level":"city","subFeatureIndex":0,"acroutes":[1,2],"parent":{"adcode":1},"note":true,"note":"twice"},"geometry":null}`, id)
	}
	dir := squares(root, `{"id":"a","nam":"x","knd":"y","z":1,"radius_m":"far","unit":"area:9","owner":"area:8","area":"7"}`)
	dir["areas.geojson"] = []byte(`{"type":"FeatureCollection","features":[` + feature(1) + ",\n" + feature(2) + "]}")
	other := squares(root, `{"id":"a","nam":"x","knd":"y","z":1,"radius_m":"far","unit":"area:9","owner":"area:8","area":"7"}`)
	other["imports.yaml"] = []byte("formats:\n  - name: f\n    columns: {ide: a, openend: b, q: c}\n    owners: {X: area:1, Y: area:2, Z: area:3}\n")
	other["conditions.csv"] = []byte("code,condition,name,severity,limit,limit_unit,closing,milestone,after\nZ,1,a,C,2,hours,x,,\nY,1,a,C,2,hours,x,,\nX,1,a,C,2,hours,x,,\n")
	for name, d := range map[string]city.Directory{"strange areas": dir, "many slips": other} {
		_, first := compile.Directory(d)
		if len(first) < 8 {
			t.Errorf("%s: %v", name, first)
		}
		for range 8 {
			if _, again := compile.Directory(d); !slices.Equal(first, again) {
				t.Errorf("%s: %v, then %v", name, first, again)
			}
		}
	}
	_, faults := compile.Directory(dir)
	said := map[string]int{}
	for _, f := range faults {
		if name, ok := strings.CutPrefix(f.Message.En, "property "); ok {
			said[name]++
		}
	}
	for name, n := range map[string]int{`"adcode" is unknown, in 2 features`: 1, `"center" is unknown, in 2 features`: 1, `"parent" is neither text nor number`: 2, `"note" is neither text nor number`: 2, `"note" is given twice`: 2} {
		if said[name] != n {
			t.Errorf("property %s is said %d times, want %d: %v", name, said[name], n, said)
		}
	}
	// A proof with gaps, too.
	gappy := squares(root, shop)
	gappy["people.csv"] = []byte("id,name,phone,language,active_from,active_to\nlead,王一,0571-10,zh,,2027-01-01\n")
	c, _ := compile.Draft(gappy.FS())
	if c == nil {
		t.Fatal("no draft")
	}
	prove := func() string {
		from := time.Date(2026, 12, 1, 0, 0, 0, 0, c.Location)
		proof, err := coverage.Prove(c, from, from.AddDate(0, 3, 0))
		if err != nil || len(proof.Gaps) == 0 {
			t.Fatalf("Prove = %+v, %v", proof, err)
		}
		out, err := json.Marshal(proof)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	first := prove()
	for range 5 {
		if again := prove(); again != first {
			t.Errorf("a proof is %s, then %s", first, again)
		}
	}
}
