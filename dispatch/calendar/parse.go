package calendar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Fault is one thing wrong with a calendar file.
type Fault struct {
	File                string
	Line                int // 1-based; 0 = the file as a whole
	Message, Suggestion string
}

type hoursYAML struct{ From, To string }

type seasonYAML struct {
	From, To string
	Hours    []hoursYAML
}

type calendarYAML struct {
	Weekend         []string
	Hours           []hoursYAML
	Seasons         []seasonYAML
	RequireHolidays bool   `yaml:"require_holidays"`
	HolidaysApply   bool   `yaml:"holidays_apply"`
	WorkDay         string `yaml:"work_day"`
	Opens, Closes   string
}

const fileName = "calendar.yaml"

// Parse reads calendar.yaml and the holiday files, keyed by base name ("2026.json"). It returns
// every fault it finds at once, and a nil Calendar if there is one.
func Parse(text []byte, holidays map[string][]byte, loc *time.Location) (*Calendar, []Fault) {
	p := &parser{}
	var y calendarYAML
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&y); err != nil {
		p.fault(fileName, lineOf(err), err.Error(), "known keys: weekend, hours, seasons, require_holidays, holidays_apply, work_day, opens, closes")
		return nil, p.faults
	}
	c := &Calendar{loc: loc, requireHolidays: y.RequireHolidays, days: map[int]day{}, years: map[int]bool{}}
	for _, name := range y.Weekend {
		i := slices.IndexFunc(weekdayEn, func(w string) bool { return strings.EqualFold(w, name) })
		if i < 0 {
			p.fault(fileName, 0, fmt.Sprintf("weekend day %q is unknown", name), "write saturday, sunday, …")
			continue
		}
		c.weekend[i] = true
	}
	c.hours = p.spans(y.Hours, "hours")
	for _, s := range y.Seasons {
		c.seasons = append(c.seasons, season{from: p.monthDay(s.From), to: p.monthDay(s.To), hours: p.spans(s.Hours, "seasons")})
	}
	switch y.WorkDay {
	case "counted":
		c.rule = Counted
	case "same_time":
		c.rule, c.opens, c.closes = SameTime, p.clock(y.Opens), p.clock(y.Closes)
	default:
		p.fault(fileName, 0, fmt.Sprintf("work_day %q is unknown", y.WorkDay), "write counted or same_time")
	}
	if c.weekend == [7]bool{true, true, true, true, true, true, true} {
		p.fault(fileName, 0, "every day is a weekend day", "leave at least one working day")
	}
	for name, data := range holidays {
		p.year(c, name, data, y.HolidaysApply)
	}
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	return c, nil
}

var weekdayEn = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

type parser struct{ faults []Fault }

func (p *parser) fault(file string, line int, message, suggestion string) {
	p.faults = append(p.faults, Fault{file, line, message, suggestion})
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

func lineOf(err error) int {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

// clock reads HH:MM, 00:00 to 24:00, as seconds since midnight.
func (p *parser) clock(s string) int {
	if s == "24:00" {
		return 86400
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		p.fault(fileName, 0, fmt.Sprintf("time of day %q can't be read", s), `write "08:30", in quotes`)
	}
	return seconds(t)
}

func (p *parser) monthDay(s string) int {
	t, err := time.Parse("01-02", s)
	if err != nil {
		p.fault(fileName, 0, fmt.Sprintf("season day %q can't be read", s), `write "04-01", month first, in quotes`)
	}
	return int(t.Month())*100 + t.Day()
}

func (p *parser) spans(hours []hoursYAML, key string) []span {
	if len(hours) == 0 {
		p.fault(fileName, 0, key+": no working hours", `write hours: [{from: "08:30", to: "17:00"}]`)
	}
	var out []span
	for _, h := range hours {
		s := span{p.clock(h.From), p.clock(h.To)}
		if s.to <= s.from || len(out) > 0 && s.from < out[len(out)-1].to {
			p.fault(fileName, 0, fmt.Sprintf("%s: %s-%s ends before it begins, or overlaps the one before", key, h.From, h.To), "write intervals in order, each with from before to")
		}
		out = append(out, s)
	}
	return out
}

var holidayEn = map[string]string{
	"元旦": "New Year's Day", "春节": "Spring Festival", "清明节": "Tomb-Sweeping Day", "劳动节": "Labour Day",
	"端午节": "Dragon Boat Festival", "中秋节": "Mid-Autumn Festival", "国庆节": "National Day", "国庆节、中秋节": "National Day and Mid-Autumn Festival",
}

// year reads one holiday file of the holiday-cn format. A year without any day counts as missing:
// its notice has not been published yet.
func (p *parser) year(c *Calendar, name string, data []byte, apply bool) {
	var f struct {
		Year int
		Days []struct {
			Name, Date string
			IsOffDay   bool
		}
	}
	file := "holidays/" + name
	if err := json.Unmarshal(data, &f); err != nil {
		p.fault(file, 0, err.Error(), "write the format of holidays/2026.json")
		return
	}
	if len(f.Days) == 0 {
		return
	}
	c.years[f.Year] = true
	for _, d := range f.Days {
		t, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			p.fault(file, 0, fmt.Sprintf("date %q can't be read", d.Date), "write 2026-10-01")
			continue
		}
		if !apply {
			continue
		}
		en := holidayEn[d.Name]
		if en == "" {
			en = d.Name
		}
		c.days[ymd(t)] = day{off: d.IsOffDay, name: en, nameZh: d.Name}
	}
}
