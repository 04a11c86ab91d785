package sla

import (
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/grid"
)

// Streets of class A, B and C have limits of their own, by the row of limits.csv that names the class; a place off
// every street has the condition's own.
func TestLimitOf_ClassOfAStreet(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	m["limits.csv"] = &fstest.MapFile{Data: []byte("category,section_tier,tier,limit,limit_unit\n" +
		"potholes/*,A,,1,work_days\npotholes/*,B,,2,work_days\npotholes/*,,main,5,work_days\n")}
	m["tiers.csv"] = &fstest.MapFile{Data: []byte("area,tier\nBOS,main\n")}
	m["sections.geojson"] = &fstest.MapFile{Data: []byte(testdir.FeatureCollection +
		`{"type":"Feature","properties":{"id":"a","name":"中山路","department":"PWDx","tier":"A","width_m":40},"geometry":{"type":"LineString","coordinates":[[-71.09,42.30],[-71.05,42.30]]}},
{"type":"Feature","properties":{"id":"b","name":"通江街","department":"PWDx","tier":"B","width_m":20},"geometry":{"type":"LineString","coordinates":[[-71.09,42.32],[-71.05,42.32]]}},
{"type":"Feature","properties":{"id":"c","name":"三姓胡同","department":"PWDx","tier":"C","width_m":10},"geometry":{"type":"LineString","coordinates":[[-71.09,42.34],[-71.05,42.34]]}},
{"type":"Feature","properties":{"id":"park","name":"公园","department":"PWDx"},"geometry":{"type":"Polygon","coordinates":[[[-71.09,42.29],[-71.05,42.29],[-71.05,42.31],[-71.09,42.31],[-71.09,42.29]]]}}]}`)}
	m["categories.csv"] = &fstest.MapFile{Data: append(m["categories.csv"].Data, "potholes/x,event,路面,potholes,坑洞,Pothole,C,9,work_days,,\n"...)}
	c, faults := compile.FS(m)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	at := time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location)
	cond := &c.Categories["potholes/x"].Conditions[0]
	for _, tt := range []struct {
		name string
		lat  float64
		days int
		by   string
	}{
		{"class A, also within the park", 42.30, 1, "limits.csv:2"},
		{"class B", 42.32, 2, "limits.csv:3"},
		{"class C has no row: the tier of the area", 42.34, 5, "limits.csv:4"},
		{"in the park, off the street", 42.305, 5, "limits.csv:4"},
	} {
		p := dispatch.Place{Areas: []grid.AreaID{"BOS"}, Sections: c.SectionsAt(grid.Point{Lat: tt.lat, Lng: -71.07})}
		limit, by := LimitOf(c, &p, "potholes/x", cond, at)
		if limit.N != tt.days || by != tt.by {
			t.Errorf("%s: %v by %q, want %d days by %q", tt.name, limit, by, tt.days, tt.by)
		}
	}
	var none []city.SectionID
	if got := c.SectionTierOf(none); got != "" {
		t.Errorf("no section has the tier %q", got)
	}
}
