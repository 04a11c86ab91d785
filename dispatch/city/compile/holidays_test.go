package compile

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
)

// A calendar file in the folder of holidays is a table of the city: it is read, sent and kept with the others, and its
// revision depends on it. One elsewhere is none.
func TestHolidays_FileIsATableOfTheCity(t *testing.T) {
	t.Parallel()
	const day = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260306\nSUMMARY:休息日(休)\nEND:VEVENT\nEND:VCALENDAR\n"
	was := testdir.Plain(t)
	for name := range was {
		if strings.HasPrefix(name, "holidays/") {
			delete(was, name)
		}
	}
	was["calendar.yaml"] = &fstest.MapFile{Data: []byte("weekend: [saturday, sunday]\nhours: [{from: \"08:30\", to: \"17:00\"}]\nwork_day: counted\nrequire_holidays: true\nholidays_apply: true\n")}
	is := maps.Clone(was)
	is["holidays/2026.ics"] = &fstest.MapFile{Data: []byte(day)}
	is["notes/private.ics"] = &fstest.MapFile{Data: []byte("anything")}
	d, faults := city.Collect(is)
	if len(faults) > 0 || d["holidays/2026.ics"] == nil || d["notes/private.ics"] != nil {
		t.Fatalf("Gather: %v", faults)
	}
	c, faults := FS(d.FS())
	if c == nil {
		t.Fatalf("faults %v", faults)
	}
	if friday := time.Date(2026, 3, 6, 10, 0, 0, 0, c.Location); c.Calendar.IsWorking(friday) || !c.Calendar.IsWorking(friday.AddDate(0, 0, 7)) || c.Calendar.Known() != 1 {
		t.Error("the day off is worked, or others are off")
	}
	before, _ := city.Collect(was)
	if before.Revision() == d.Revision() {
		t.Error("the revision is the same without the file")
	}
	is["holidays/2026.ICS"] = &fstest.MapFile{Data: []byte(day)}
	if _, faults := FS(is); len(faults) != 1 || !strings.Contains(faults[0].Suggestion.En, "holidays/2026.ics") {
		t.Errorf("a name in capitals: %v", faults)
	}
}

// A file in the folder of holidays that nobody reads is answered with the formats that are read; another name is
// suggested for JSON alone.
func TestHolidays_UnknownFormatNamesTheFormats(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, words, not string }{
		"2026.csv":        {"date,name\n2026-01-01,元旦\n", "in the format of holiday-cn or chinese-days, or holidays/2026.ics", "name it"},
		"2026.xml":        {"<year/>", "or holidays/2026.ics", "name it"},
		"2026.yaml":       {"year: 2026\n", "or holidays/2026.ics", "name it"},
		"2026":            {"", "or holidays/2026.ics", "name it"},
		"2026.json.txt":   {`{"year": 2026, "days": []}`, "name it holidays/2026.json", "format of"},
		"2026.JSON":       {"\ufeff{}", "name it holidays/2026.json", "format of"},
		"2026.ics.backup": {"BEGIN:VCALENDAR\n", "name it holidays/2026.ics", "name it holidays/2026.json"},
	} {
		m := testdir.Plain(t)
		m["holidays/"+name] = &fstest.MapFile{Data: []byte(tt.text)}
		_, faults := FS(m)
		if len(faults) != 1 || !strings.Contains(faults[0].Suggestion.En, tt.words) || strings.Contains(faults[0].Suggestion.En, tt.not) || faults[0].Suggestion.Zh == faults[0].Suggestion.En {
			t.Errorf("%s: %v, want %q", name, faults, tt.words)
		}
	}
}
