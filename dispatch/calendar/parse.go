package calendar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Fault is one problem in a file. Line is 0 when it concerns the whole file.
type Fault struct {
	File                string
	Line                int
	Message, Suggestion string
}

func (f Fault) String() string {
	s := fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
	if f.Suggestion != "" {
		s += " (" + f.Suggestion + ")"
	}
	return s
}

const file = "calendar.yaml"

// maxSeasons fits dayInfo.hours; a city has one to four.
const maxSeasons = 100

type parser struct {
	c      *Calendar
	apply  bool
	faults []Fault
	season [367]uint8 // by day of a leap year
}

// Parse reads calendar.yaml and the holiday files (name "2026.json" to its
// bytes). It lists every problem it finds; with any problem there is no
// Calendar.
func Parse(calendarYAML []byte, holidays map[string][]byte, loc *time.Location) (*Calendar, []Fault) {
	p := &parser{c: &Calendar{loc: loc, lastKnown: map[int]int{}}, apply: true}
	if loc == nil {
		p.fault(0, "no time zone", "name the city's zone, such as Asia/Shanghai")
		return nil, p.faults
	}
	p.yaml(calendarYAML)
	days, known := p.holidays(holidays)
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	p.table(days, known)
	return p.c, nil
}

func (p *parser) fault(line int, msg, hint string) {
	p.faults = append(p.faults, Fault{file, line, msg, hint})
}

func (p *parser) yaml(b []byte) {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		p.fault(lineOf(err.Error()), err.Error(), "")
		return
	}
	if len(doc.Content) == 0 {
		p.fault(0, "the file is empty", "give at least `hours`")
		return
	}
	c := p.c
	m := p.mapping(doc.Content[0], "weekend", "hours", "seasons", "require_holidays", "holidays_apply", "work_day", "opens", "closes")
	if m == nil {
		return
	}
	if n := m["weekend"]; n != nil {
		p.weekend(n)
	} else {
		c.weekend[time.Saturday], c.weekend[time.Sunday] = true, true
	}
	if n := m["hours"]; n != nil {
		h := p.hours(n)
		c.hours = append(c.hours, h)
		for _, s := range h {
			c.length += s.to - s.from
		}
	} else {
		p.fault(doc.Content[0].Line, "`hours` is missing", `write hours: [{from: "08:30", to: "11:30"}, {from: "13:30", to: "17:00"}]`)
		c.hours = append(c.hours, nil)
	}
	if n := m["seasons"]; n != nil {
		p.seasons(n)
	}
	if n := m["holidays_apply"]; n != nil {
		p.apply = p.boolean(n)
	}
	c.required = p.apply
	if n := m["require_holidays"]; n != nil {
		c.required = p.boolean(n)
		if c.required && !p.apply {
			p.fault(n.Line, "holidays are required but do not apply", "set require_holidays: false or holidays_apply: true")
		}
	}
	if n := m["work_day"]; n != nil {
		switch n.Value {
		case "counted":
		case "same_time":
			c.sameTime = true
		default:
			p.fault(n.Line, fmt.Sprintf("unknown work_day %q", n.Value), nearest(n.Value, "counted", "same_time"))
		}
	}
	for _, k := range []string{"opens", "closes"} {
		n := m[k]
		switch {
		case n == nil && c.sameTime:
			p.fault(doc.Content[0].Line, fmt.Sprintf("work_day same_time needs `%s`", k), `such as opens: "08:30" and closes: "17:00"`)
		case n != nil && !c.sameTime:
			p.fault(n.Line, fmt.Sprintf("`%s` has a meaning only with work_day: same_time", k), "remove it")
		case n != nil && k == "opens":
			c.opens, _ = p.clock(n)
		case n != nil:
			c.closes, _ = p.clock(n)
			if c.closes <= c.opens {
				p.fault(n.Line, "`closes` is not after `opens`", "")
			}
		}
	}
}

func (p *parser) weekend(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		p.fault(n.Line, "`weekend` is not a list", "write weekend: [saturday, sunday]")
		return
	}
	names := []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	for _, e := range n.Content {
		i := slices.Index(names, strings.ToLower(e.Value))
		if i < 0 {
			p.fault(e.Line, fmt.Sprintf("unknown day %q", e.Value), nearest(strings.ToLower(e.Value), names...))
			continue
		}
		p.c.weekend[i] = true
	}
	if !slices.Contains(p.c.weekend[:], false) {
		p.fault(n.Line, "every day is a weekend day", "leave at least one working day")
	}
}

func (p *parser) hours(n *yaml.Node) []span {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		p.fault(n.Line, "`hours` is not a list of intervals", `write [{from: "08:30", to: "17:00"}]`)
		return nil
	}
	var out []span
	for _, e := range n.Content {
		m := p.mapping(e, "from", "to")
		if m == nil {
			continue
		}
		if m["from"] == nil || m["to"] == nil {
			p.fault(e.Line, "an interval needs `from` and `to`", "")
			continue
		}
		from, ok := p.clock(m["from"])
		to, ok2 := p.clock(m["to"])
		if !ok || !ok2 {
			continue
		}
		switch {
		case to <= from:
			p.fault(e.Line, "the interval ends before it begins", "split a night shift at 24:00")
		case len(out) > 0 && from < out[len(out)-1].to:
			p.fault(e.Line, "the interval overlaps the one before", "list intervals in order")
		default:
			out = append(out, span{from, to})
		}
	}
	return out
}

func (p *parser) seasons(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) > maxSeasons {
		p.fault(n.Line, fmt.Sprintf("`seasons` is not a list of at most %d", maxSeasons), "")
		return
	}
	for i, e := range n.Content {
		m := p.mapping(e, "name", "from", "to", "hours")
		if m == nil {
			continue
		}
		if m["from"] == nil || m["to"] == nil || m["hours"] == nil {
			p.fault(e.Line, "a season needs `from`, `to` and `hours`", `such as from: "04-01", to: "11-15"`)
			continue
		}
		p.c.hours = append(p.c.hours, p.hours(m["hours"]))
		id := uint8(len(p.c.hours) - 1)
		from, ok := p.monthDay(m["from"])
		to, ok2 := p.monthDay(m["to"])
		if !ok || !ok2 {
			continue
		}
		for d := from; ; d = d%366 + 1 { // from 11-16 to 03-31 goes over New Year
			if p.season[d] != 0 {
				p.fault(e.Line, fmt.Sprintf("season %d overlaps an earlier one", i+1), "")
				break
			}
			p.season[d] = id
			if d == to {
				break
			}
		}
	}
}

// monthDay gives the day of a leap year, 1 to 366.
func (p *parser) monthDay(n *yaml.Node) (int, bool) {
	t, err := time.Parse("2006-01-02", "2024-"+n.Value)
	if err != nil {
		p.fault(n.Line, fmt.Sprintf("%q is not a month and day", n.Value), `write "04-01"`)
		return 0, false
	}
	return t.YearDay(), true
}

func (p *parser) clock(n *yaml.Node) (time.Duration, bool) {
	if n.Value == "24:00" {
		return day, true
	}
	t, err := time.Parse("15:04", n.Value)
	if err != nil || len(n.Value) != 5 {
		p.fault(n.Line, fmt.Sprintf("%q is not a time of day", n.Value), `write "08:30"`)
		return 0, false
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, true
}

func (p *parser) boolean(n *yaml.Node) bool {
	if n.Value != "true" && n.Value != "false" {
		p.fault(n.Line, fmt.Sprintf("%q is neither true nor false", n.Value), "")
	}
	return n.Value == "true"
}

func (p *parser) mapping(n *yaml.Node, known ...string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		p.fault(n.Line, "expected keys: "+strings.Join(known, ", "), "")
		return nil
	}
	m := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case !slices.Contains(known, k.Value):
			p.fault(k.Line, fmt.Sprintf("unknown key %q", k.Value), nearest(k.Value, known...))
		case m[k.Value] != nil:
			p.fault(k.Line, fmt.Sprintf("key %q is given twice", k.Value), "")
		default:
			m[k.Value] = n.Content[i+1]
		}
	}
	return m
}

type mark struct {
	name string
	off  bool
}

func (p *parser) holidays(files map[string][]byte) (map[int]mark, map[int]bool) {
	days, known := map[int]mark{}, map[int]bool{}
	if !p.apply {
		return days, known
	}
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, name := range names {
		b := files[name]
		bad := func(line int, msg, hint string) { p.faults = append(p.faults, Fault{name, line, msg, hint}) }
		var f struct {
			Year int
			Days []struct {
				Name, Date string
				IsOffDay   *bool
			}
		}
		if err := json.Unmarshal(b, &f); err != nil {
			line := 0
			if se, ok := errors.AsType[*json.SyntaxError](err); ok {
				line = 1 + bytes.Count(b[:min(int(se.Offset), len(b))], []byte("\n"))
			}
			bad(line, err.Error(), "")
			continue
		}
		if name != fmt.Sprintf("%d.json", f.Year) || f.Year < firstYear || f.Year > lastYear {
			bad(0, fmt.Sprintf("the file is named %s but its year is %d", name, f.Year), fmt.Sprintf("name it %d.json", f.Year))
			continue
		}
		seen := map[int]bool{}
		for _, d := range f.Days {
			i := bytes.Index(b, []byte(`"`+d.Date+`"`))
			line := 1 + bytes.Count(b[:max(i, 0)], []byte("\n"))
			t, err := time.Parse("2006-01-02", d.Date)
			switch {
			case err != nil:
				bad(line, fmt.Sprintf("%q is not a date", d.Date), `write "2026-10-01"`)
			case d.IsOffDay == nil:
				bad(line, d.Date+" has no isOffDay", "true for a day off, false for a make-up work day")
			case t.Year() < firstYear || t.Year() > lastYear || t.Year() < f.Year-1 || t.Year() > f.Year+1:
				bad(line, fmt.Sprintf("%s does not belong to %d", d.Date, f.Year), "")
			default:
				n := dayOf(t.Year(), t.Month(), t.Day())
				if seen[n] {
					bad(line, d.Date+" is listed twice", "")
				}
				seen[n] = true
				if _, ok := days[n]; !ok || t.Year() == f.Year { // a year's own file wins
					days[n] = mark{d.Name, *d.IsOffDay}
				}
			}
		}
		known[f.Year] = len(f.Days) > 0 // an empty file is a year not yet announced
	}
	return days, known
}

func (p *parser) table(marks map[int]mark, known map[int]bool) {
	c := p.c
	c.days = make([]dayInfo, tableDays)
	c.workBefore = make([]time.Duration, tableDays+1)
	c.wholeDayBefore = make([]time.Duration, tableDays+1)
	t := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	for d := range c.days {
		leap := t.YearDay()
		if y := t.Year(); leap > 59 && (y%4 != 0 || y%100 == 0 && y%400 != 0) {
			leap++ // the season table has a 29 February
		}
		info := dayInfo{working: !c.weekend[t.Weekday()], hours: p.season[leap]}
		if m, ok := marks[d]; ok {
			info.working = !m.off
			if m.off {
				info.name = m.name
			}
		}
		c.days[d] = info
		c.workBefore[d+1] = c.workBefore[d] + c.worked(d, day)
		c.wholeDayBefore[d+1] = c.wholeDayBefore[d]
		if info.working {
			c.wholeDayBefore[d+1] += day
		}
		t = t.AddDate(0, 0, 1)
	}
	for y := lastYear; y >= firstYear; y-- {
		if known[y] {
			c.lastKnown[y] = max(y, c.lastKnown[y+1])
		}
	}
}

func lineOf(msg string) int {
	_, s, _ := strings.Cut(msg, "line ")
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(s)
	}
	n, _ := strconv.Atoi(s[:end])
	return n
}

// nearest suggests the known name with the fewest edits.
func nearest(s string, known ...string) string {
	best, at := 1<<30, ""
	if len(s) > 64 {
		return "one of " + strings.Join(known, ", ")
	}
	for _, k := range known {
		if n := edits(s, k); n < best {
			best, at = n, k
		}
	}
	if best > 1+len(at)/2 {
		return "one of " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("did you mean %q?", at)
}

func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := prev
			if a[i] != b[j] {
				cost++
			}
			prev = row[j+1]
			row[j+1] = min(cost, prev+1, row[j]+1)
		}
	}
	return row[len(b)]
}
