package calendar_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/diag"
)

const byDayYAML = `weekend: [sunday]
hours: [{from: "08:30", to: "11:30"}, {from: "13:30", to: "17:00"}]
weekdays:
  saturday: [{from: "08:30", to: "11:30"}]
  friday: [{from: "09:00", to: "16:00"}]
seasons:
  - {name: summer, from: "07-01", to: "08-31", hours: [{from: "07:00", to: "13:00"}], weekdays: {friday: [{from: "07:00", to: "11:00"}]}}
`

var byDayHolidays = map[string][]byte{"2026.json": []byte(`{"year": 2026, "papers": ["a decree"], "$schema": "s", "$id": "i", "days": [
 {"name": "元旦", "date": "2026-01-01", "isOffDay": true},
 {"name": "妇女节", "date": "2026-03-09", "isOffDay": false, "hours": [{"from": "08:30", "to": "11:30"}]},
 {"name": "国庆节", "date": "2026-09-20", "isOffDay": false},
 {"name": "提前下班", "date": "2026-09-24", "isOffDay": false, "hours": [{"from": "08:30", "to": "11:30"}, {"from": "13:30", "to": "15:00"}]},
 {"name": "中秋节", "date": "2026-09-25", "isOffDay": true}
]}`)}

// worksOf is the model of byDayYAML: the minutes of a date that are worked.
func worksOf(d time.Time) [][2]int {
	date, weekday := d.Format(time.DateOnly), d.Weekday()
	summer := d.Month() == time.July || d.Month() == time.August
	switch {
	case date == "2026-01-01" || date == "2026-09-25" || weekday == time.Sunday && date != "2026-09-20":
		return nil
	case date == "2026-03-09":
		return [][2]int{{510, 690}}
	case date == "2026-09-24":
		return [][2]int{{510, 690}, {810, 900}}
	case weekday == time.Saturday:
		return [][2]int{{510, 690}}
	case weekday == time.Friday && summer:
		return [][2]int{{420, 660}}
	case weekday == time.Friday:
		return [][2]int{{540, 960}}
	case summer:
		return [][2]int{{420, 780}}
	default:
		return [][2]int{{510, 690}, {810, 1020}}
	}
}

// Hours may differ by weekday, by season and by date; due times, what is consumed, working hours and
// explanations agree with a model that looks at every minute.
func TestHours_ByWeekdayAndByDate(t *testing.T) {
	t.Parallel()
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	c, faults := calendar.Parse([]byte(byDayYAML), byDayHolidays, loc)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, loc)
	var before, at []int
	for m := range 365 * 1440 {
		now := begin.Add(time.Duration(m) * time.Minute)
		works := slices.ContainsFunc(worksOf(now), func(h [2]int) bool { return m%1440 >= h[0] && m%1440 < h[1] })
		if c.IsWorking(now) != works {
			t.Fatalf("IsWorking(%v) = %v", now, !works)
		}
		before = append(before, len(at))
		if works {
			at = append(at, m)
		}
	}
	rng := rand.New(rand.NewPCG(4, 4))
	for range 3000 {
		from := rng.IntN(len(before))
		limit := calendar.Limit{N: 1 + rng.IntN(30), Unit: calendar.WorkHours}
		need := limit.N * 60
		if rng.IntN(2) == 0 {
			limit.Unit, need = calendar.WorkDays, limit.N*390
		}
		start := begin.Add(time.Duration(from) * time.Minute)
		last := before[from] + need - 1
		due, err := c.Add(start, limit)
		if last >= len(at) {
			if err == nil {
				t.Fatalf("%v from %v = %v, in a year that is not known", limit, start, due.At)
			}
			continue
		}
		if want := begin.Add(time.Duration(at[last]+1) * time.Minute); err != nil || !due.At.Equal(want) {
			t.Fatalf("%v from %v = %v, %v, the model says %v", limit, start, due.At, err, want)
		}
		if sum, said := parts(due.Counted, due.Skipped, start, due.At); said != "" || sum != time.Duration(need)*time.Minute {
			t.Fatalf("%v from %v: parts count %v%s: %+v", limit, start, sum, said, due)
		}
	}
	due, err := c.Add(time.Date(2026, 9, 24, 9, 0, 0, 0, loc), calendar.Limit{N: 8, Unit: calendar.WorkHours})
	var why []string
	for _, s := range due.Skipped {
		why = append(why, s.Why+" / "+s.WhyZh)
	}
	if got, want := strings.Join(why, "; "), "lunch break / 午休; 提前下班, after hours / 提前下班，下班时间; Mid-Autumn Festival / 中秋节; after hours / 下班时间; after hours / 下班时间; Sunday / 周日; after hours / 下班时间"; err != nil || got != want {
		t.Errorf("8 work hours from 24 September skip %s, %v; want %s", got, err, want)
	}
}

// A calendar of some units that has hours of its own does not keep the city's hours of weekdays.
func TestHours_CalendarsOfUnits(t *testing.T) {
	t.Parallel()
	text := byDayYAML + "calendars:\n  - {name: heating, units: [\"department:H\"], weekend: [], hours: [{from: \"00:00\", to: \"24:00\"}], seasons: [], holidays_apply: false}\n  - {name: desk, units: [\"department:D\"], weekend: [sunday]}\n"
	set, faults := calendar.ParseSet([]byte(text), byDayHolidays, time.UTC)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	saturday := time.Date(2026, 11, 28, 15, 0, 0, 0, time.UTC)
	heating, desk := set.Named[0], set.Named[1]
	if !heating.IsWorking(saturday) || desk.IsWorking(saturday) || !desk.IsWorking(saturday.Add(-5*time.Hour)) {
		t.Errorf("Saturday 15:00 and 10:00: heating works %v, the desk %v and %v; want true, false and true", heating.IsWorking(saturday), desk.IsWorking(saturday), desk.IsWorking(saturday.Add(-5*time.Hour)))
	}
}

// What a clerk gets wrong with hours is named with its line.
func TestHours_ContradictionsAreNamed(t *testing.T) {
	t.Parallel()
	const hours = "hours: [{from: \"08:30\", to: \"17:00\"}]\n"
	for _, tt := range []struct {
		name, text string
		line       int
		want       string
	}{
		{"a weekend day by default", hours + "weekdays: {saturday: [{from: \"08:30\", to: \"11:30\"}]}\n", 2, "saturday has hours and is a weekend day"},
		{"a weekend day", "weekend: [sunday, monday]\n" + hours + "weekdays:\n  monday: [{from: \"08:30\", to: \"11:30\"}]\n", 4, "monday has hours"},
		{"no weekday", hours + "weekdays: {satturday: [{from: \"08:30\", to: \"11:30\"}]}\n", 2, `unknown key "satturday"`},
		{"no interval", hours + "weekdays: {friday: []}\n", 2, "not a list of intervals"},
		{"backwards", hours + "weekdays: {friday: [{from: \"11:30\", to: \"08:30\"}]}\n", 2, "ends before it begins"},
		{"in a season", hours + "seasons:\n  - {from: \"01-01\", to: \"02-01\", hours: [{from: \"08:30\", to: \"11:30\"}], weekdays: {sunday: [{from: \"08:30\", to: \"11:30\"}]}}\n", 3, "sunday has hours"},
		{"not a table", hours + "weekdays: [saturday]\n", 2, "not a table of keys"},
	} {
		c, faults := calendar.Parse([]byte(tt.text), nil, time.UTC)
		if c != nil || len(faults) != 1 || faults[0].Line != tt.line || !strings.Contains(faults[0].Message.En, tt.want) || faults[0].Suggestion.Zh == "" {
			t.Errorf("%s: %v, want one in line %d with %q", tt.name, faults, tt.line, tt.want)
		}
	}
}

// A holiday file is read to the last key: what is not known is refused with its line, another format by its
// name with what to write. What holiday-cn publishes is read as it is.
func TestHolidays_ReadToTheLastKey(t *testing.T) {
	t.Parallel()
	day := func(keys string) string {
		return "{\"year\": 2026, \"days\": [\n {\"name\": \"x\", \"date\": \"2026-09-24\", " + keys + "}\n]}"
	}
	for _, tt := range []struct {
		name, text string
		line       int
		want, hint string
	}{
		{"an unknown key of a day", day(`"isOffDay": false, "closes": "11:30"`), 2, `unknown key "closes"`, "name, date, isOffDay, hours"},
		{"a misspelt key of a day", day(`"isOfDay": false`), 2, `unknown key "isOfDay"`, `did you mean "isOffDay"?`},
		{"a key in another case", day(`"isoffday": true`), 2, `unknown key "isoffday"`, `did you mean "isOffDay"?`},
		{"an unknown key of the file", "{\"year\": 2026,\n\"source\": \"x\", \"days\": []}", 2, `unknown key "source"`, ""},
		{"a key given twice", day(`"isOffDay": false, "isOffDay": true`), 2, `"isOffDay" is given twice`, ""},
		{"a quoted truth", day(`"isOffDay": "false"`), 2, "neither true nor false", ""},
		{"off and with hours", day(`"isOffDay": true, "hours": [{"from": "08:30", "to": "11:30"}]`), 2, "is off and has hours", "isOffDay: false"},
		{"hours that are none", day(`"isOffDay": false, "hours": "08:30-11:30"`), 2, "not a list of intervals", ""},
		{"hours backwards", day(`"isOffDay": false, "hours": [{"from": "11:30", "to": "08:30"}]`), 2, "ends before it begins", ""},
		{"a name that is a list", "{\"year\": 2026, \"days\": [\n {\"name\": [1], \"date\": \"2026-09-24\", \"isOffDay\": true}\n]}", 2, "not a single value", ""},
		{"another year", `{"year": 2025, "days": []}`, 1, "its year is 2025", "name it 2025.json"},
		{"no year", `{"days": []}`, 1, "has no year", `"year": 2026`},
		{"no days", `{"year": 2026}`, 1, "no list of days", `"days": [`},
		{"a year that is none", `{"year": 0, "days": []}`, 1, `year "0" is not one of 1990 to 2100`, ""},
		{"timor.tech", `{"code": 0, "holiday": {"01-01": {"holiday": true, "name": "元旦", "date": "2026-01-01"}}}`, 0, "format of timor.tech", `write holidays/2026.json`},
		{"Nager.Date", `[{"date": "2026-01-01", "localName": "元旦", "countryCode": "CN"}]`, 0, "format of Nager.Date", `write holidays/2026.json`},
		{"holiday-calendar", `{"year": 2026, "region": "CN", "dates": [{"date": "2026-01-01", "name": "元旦", "type": "public_holiday"}]}`, 0, "format of holiday-calendar", `write holidays/2026.json`},
		{"dates without a year", `{"dates": []}`, 0, "format of holiday-calendar", `write holidays/2026.json`},
		{"dates and names", `{"2026-01-01": "New Year"}`, 0, "no year and no days", `write holidays/2026.json`},
		{"a list", `[]`, 0, "has no year and no days", `write holidays/2026.json`},
		{"an object", `{}`, 0, "has no year and no days", `write holidays/2026.json`},
		{"iCalendar under another name", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", 0, "format of iCalendar", `write holidays/2026.json`},
		{"not JSON", "{\n\"year\": 2026,,}", 2, "can't be read as JSON", ""},
	} {
		c, faults := calendar.Parse([]byte(harbinYAML), map[string][]byte{"2026.json": []byte(tt.text)}, time.UTC)
		ok := slices.ContainsFunc(faults, func(f diag.Diagnostic) bool {
			return f.File == "holidays/2026.json" && f.Line == tt.line && strings.Contains(f.Message.En, tt.want) && strings.Contains(f.Suggestion.En, tt.hint) && f.Message.Zh != "" && f.Suggestion.Zh != ""
		})
		if c != nil || !ok || strings.Contains(fmt.Sprint(faults), "name it 0.json") {
			t.Errorf("%s: %v, want one in line %d with %q and %q", tt.name, faults, tt.line, tt.want, tt.hint)
		}
	}
	tabs := "\ufeff{\n\t\"$schema\": \"https://example.org/s\",\n\t\"$id\": \"i\",\n\t\"year\":2026,\n\t\"papers\":[],\n\t\"days\":[\n\t\t{\"name\":\"\\u5143\\u65e6\",\"date\":\"2026-01-01\",\"isOffDay\":true}\n\t]\n}\n"
	c, faults := calendar.Parse([]byte(harbinYAML), map[string][]byte{"2026.json": []byte(tabs)}, time.UTC)
	if c == nil || c.IsWorking(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)) || !c.IsWorking(time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("a file with tabs, escapes and a byte order mark: %v", faults)
	}
	if f, ok := calendar.Foreign("2026.ics", nil); !ok || !strings.Contains(f.Message.En, "iCalendar") || !strings.Contains(f.Suggestion.En, "holidays/2026.json") {
		t.Errorf("2026.ics: %v %v", f, ok)
	}
}
