package compile

import (
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
)

// A revision that an older program took is compiled still: what is refused today, and was passed over then,
// does not shut a store.
func TestKept_EarlierRevisionsCompile(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	m["calendar.yaml"] = &fstest.MapFile{Data: []byte("hours: [{from: \"08:30\", to: \"17:00\"}]\n")}
	m["holidays/2026.json"] = &fstest.MapFile{Data: []byte(`{"Year": 2026, "source": "x", "days": [{"name": "元旦", "date": "2026-01-01", "isoffday": true, "wage": 3}]}`)}
	m["limits.csv"] = &fstest.MapFile{Data: []byte("category,season,from,to,limit,limit_unit\n*,11-01..03-31,2026-05-01,2026-06-01,2,days\n")}
	m[city.ExpectationsFile] = &fstest.MapFile{Data: []byte("lat,lng,category,at,owner\n42.35,-71.1,abandoned-bicycle/abandoned-bicycle,2026-03-08 02:30,\n")}
	dir, faults := city.Collect(m)
	if faults != nil {
		t.Fatal(faults)
	}
	if _, faults := Directory(dir); len(faults) < 3 {
		t.Errorf("a new revision has the faults %v, want one for each file", faults)
	}
	c, faults := Accepted(dir)
	if c == nil {
		t.Fatalf("a kept revision has the faults %v", faults)
	}
	if c.Calendar.IsWorking(time.Date(2026, 1, 1, 10, 0, 0, 0, c.Location)) || !c.Calendar.IsWorking(time.Date(2026, 1, 2, 10, 0, 0, 0, c.Location)) {
		t.Error("New Year's Day is a day off, the day after is not")
	}
}
