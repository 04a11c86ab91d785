package calendar_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/diag"
)

// The same days off say the same in each format that is read, whatever other years the file holds.
func TestHolidays_EachFormat(t *testing.T) {
	t.Parallel()
	published, err := os.ReadFile("testdata/2026.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Days []struct {
			Name, Date string
			IsOffDay   bool
		}
	}
	if err := json.Unmarshal(published, &all); err != nil {
		t.Fatal(err)
	}
	tables := map[string]map[string]string{"holidays": {"2024-10-01": "National Day,国庆节,3"}, "workdays": {"2024-10-12": "National Day,国庆节,3"}, "inLieuDays": {}}
	const head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALDESC:中国节假\r\n 日\r\nBEGIN:VTIMEZONE\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
	marks, words, apple := head, head, head
	event := func(summary, date string, more ...string) string {
		d, err := time.Parse(time.DateOnly, date)
		if err != nil {
			t.Fatal(err)
		}
		return "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:" + d.Format("20060102") + "\r\nDTEND;VALUE=DATE:" + d.AddDate(0, 0, 1).Format("20060102") + "\r\nSUMMARY:" + summary + "\r\n" + strings.Join(more, "") + "END:VEVENT\r\n"
	}
	marks += event("国庆节(休)", "2024-10-01") + event("国庆节(班)", "2024-10-12")
	for _, d := range all.Days {
		if d.IsOffDay {
			tables["holidays"][d.Date] = "X," + d.Name + ",1"
			marks, words, apple = marks+event(d.Name+"(休)", d.Date), words+event(d.Name+"假期", d.Date), apple+event(d.Name, d.Date, "X-APPLE-SPECIAL-DAY:WORK-HOLIDAY\r\n")
		} else {
			tables["workdays"][d.Date] = "X," + d.Name + ",1"
			marks, words, apple = marks+event(d.Name+"（班）", d.Date), words+event("上班(补"+d.Name+"假期)", d.Date), apple+event(d.Name, d.Date, "X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY\r\n")
		}
	}
	chinese, err := json.Marshal(tables)
	if err != nil {
		t.Fatal(err)
	}
	const end = "END:VCALENDAR\r\n"
	week := strings.Replace(words, "DTEND;VALUE=DATE:20260102", "DURATION:P1D", 1)
	want := workingDays(t, "2026.json", string(published))
	for _, tt := range []struct{ name, file, text string }{
		{"chinese-days", "2026.json", string(chinese)},
		{"marks", "2026.ics", marks + end},
		{"words", "2026.ics", words + end},
		{"special days", "2026.ics", "\ufeff" + apple + end},
		{"line feeds alone", "2026.ics", strings.ReplaceAll(marks+end, "\r\n", "\n")},
		{"a duration", "2026.ics", week + end},
		{"English", "2026.ics", strings.NewReplacer("(休)", "(Holiday)", "（班）", "(Workday)").Replace(marks + end)},
		{"a cancelled event", "2026.ics", marks + event("不(休)", "2026-03-03", "STATUS:CANCELLED\r\n") + end},
	} {
		if got := workingDays(t, tt.file, tt.text); !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s: %d working days, want %d of holiday-cn", tt.name, len(got), len(want))
		}
	}
	days := workingDays(t, "2026.ics", head+"BEGIN:VEVENT\r\nSUMMARY:春节假期\r\nDTSTART;VALUE=DATE:20260215\r\nDTEND;VALUE=DATE:20260224\r\nEND:VEVENT\r\n"+end)
	if slices.Contains(days, "2026-02-23") || !slices.Contains(days, "2026-02-24") || !slices.Contains(days, "2026-02-13") {
		t.Errorf("an event of nine days: working days %v", days[20:50])
	}
	// A file without a day of its year is of a year not announced, as an empty list is.
	for file, text := range map[string]string{"2030.json": string(chinese), "2030.ics": marks + end} {
		c, faults := calendar.Parse([]byte(harbinYAML), map[string][]byte{"2026.json": published, file: []byte(text)}, time.UTC)
		if c == nil || c.Known() != 1 {
			t.Errorf("%s: %v", file, faults)
		}
	}
}

// workingDays are the days of 2026 that a city with one holiday file works.
func workingDays(t *testing.T, file, text string) (out []string) {
	t.Helper()
	c, faults := calendar.Parse([]byte(harbinYAML), map[string][]byte{file: []byte(text)}, time.UTC)
	if c == nil || c.Known() != 1 {
		t.Errorf("%s: %v", file, faults)
		return nil
	}
	for d := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
		if c.IsWorking(d) {
			out = append(out, d.Format(time.DateOnly))
		}
	}
	return out
}

// What such a file can't be read as is named with its line; nothing of it is guessed.
func TestHolidays_DiagnosticsOfOtherFormats(t *testing.T) {
	t.Parallel()
	ics := func(lines ...string) string {
		return "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\nEND:VCALENDAR\n"
	}
	const day, off = "DTSTART;VALUE=DATE:20261001", "SUMMARY:国庆节(休)"
	for _, tt := range []struct {
		name, file, text string
		line             int
		want             string
	}{
		{"neither off nor work", "2026.ics", ics(day, "SUMMARY:国庆节"), 2, "neither that people are off nor that they work"},
		{"an exchange that may be either", "2026.ics", ics(day, "SUMMARY:调休"), 2, "neither that people are off"},
		{"no summary", "2026.ics", ics(day), 2, "neither that people are off"},
		{"no start", "2026.ics", ics(off), 2, "is not a date"},
		{"a time of day", "2026.ics", ics(off, "DTSTART:20261001T090000"), 4, "is not a date"},
		{"a day that does not exist", "2026.ics", ics(off, "DTSTART;VALUE=DATE:20260230"), 4, "is not a date"},
		{"an end that is none", "2026.ics", ics(off, day, "DTEND;VALUE=DATE:2026-10-08"), 5, "is not a date"},
		{"an end before the start", "2026.ics", ics(off, day, "DTEND;VALUE=DATE:20260930"), 4, "not from 1 to 62 days"},
		{"a year long", "2026.ics", ics(off, day, "DTEND;VALUE=DATE:20271001"), 4, "not from 1 to 62 days"},
		{"hours long", "2026.ics", ics(off, day, "DURATION:PT8H"), 5, "not a number of days"},
		{"repeated", "2026.ics", ics(off, day, "RRULE:FREQ=YEARLY"), 5, "repeats"},
		{"off and worked", "2026.ics", ics(off, day, "END:VEVENT", "BEGIN:VEVENT", "SUMMARY:国庆节(班)", day), 6, "a day off and a work day"},
		{"broken off", "2026.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + off + "\n" + day + "\n", 0, "breaks off"},
		{"no calendar", "2026.ics", "{}", 0, "not an iCalendar file"},
		{"a name that is no year", "holidays.ics", ics(off, day), 0, "not a year"},
		{"an early year", "1900.ics", ics(off, day), 0, "not a year"},
		{"chinese-days, a name that is no year", "chinese-days.json", `{"holidays": {}, "workdays": {}}`, 0, "not a year"},
		{"chinese-days, an unknown table", "2026.json", `{"holidays": {}, "workdays": {},` + "\n" + `"restdays": {}}`, 2, `unknown key "restdays"`},
		{"chinese-days, no date", "2026.json", `{"holidays": {` + "\n" + `"2026-1-1": "x"}, "workdays": {}}`, 2, "is not a date"},
		{"chinese-days, no name", "2026.json", `{"holidays": {` + "\n" + `"2026-01-01": ["x"]}, "workdays": {}}`, 2, "not a single value"},
		{"chinese-days, a list", "2026.json", `{"workdays": {},` + "\n" + `"holidays": ["2026-01-01"]}`, 2, "not a table of dates"},
		{"chinese-days, off and worked", "2026.json", `{"holidays": {"2026-01-01": "x"},` + "\n" + `"workdays": {"2026-01-01": "x"}}`, 2, "a day off and a work day"},
	} {
		c, faults := calendar.Parse([]byte(harbinYAML), map[string][]byte{tt.file: []byte(tt.text)}, time.UTC)
		ok := slices.ContainsFunc(faults, func(f diag.Diagnostic) bool {
			return f.File == "holidays/"+tt.file && (tt.line == 0 || f.Line == tt.line) && strings.Contains(f.Message.En, tt.want) && f.Message.Zh != "" && f.Suggestion.En != "" && f.Suggestion.Zh != ""
		})
		if c != nil || !ok {
			t.Errorf("%s: %v, want one in line %d with %q", tt.name, faults, tt.line, tt.want)
		}
	}
	one := fmt.Sprintf("BEGIN:VCALENDAR\nBEGIN:VEVENT\n%s\n%s\nEND:VEVENT\nEND:VCALENDAR", off, day)
	if c, faults := calendar.Parse([]byte(harbinYAML), map[string][]byte{"2026.ics": []byte(one), "2026.json": []byte(`{"year": 2026, "days": []}`)}, time.UTC); c != nil || !strings.Contains(fmt.Sprint(faults), "the same year") {
		t.Errorf("two files of a year: %v", faults)
	}
}
