package calendar

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

const (
	maxSeasons   = 100 // a city has one to four
	maxCalendars = 32  // each costs 2 MB of day tables
)

type parser struct {
	c      *Calendar
	file   string
	apply  bool
	kept   bool // see ParseAccepted
	faults diag.List
	season [367]uint16 // by day of a leap year: 0 the whole year, or the season's number

	weekdays [][7]uint16 // by season and weekday: the hours; 0 = those of the season
	ofSeason []uint16    // by season: the hours
}

// Set holds the calendars of one city: its own, and those of units with hours of their own.
type Set struct {
	City  *Calendar
	Named []Named
}

// Named is a calendar of some units, from `calendars` of calendar.yaml.
type Named struct {
	*Calendar
	Name  string
	Units []string // text form. Example: "department:HEATING"
	Line  int
}

// Parse is ParseSet for a city of one calendar.
func Parse(calendarYAML []byte, holidays map[string][]byte, loc *time.Location) (*Calendar, []diag.Diagnostic) {
	set, faults := ParseSet(calendarYAML, holidays, loc)
	if set == nil {
		return nil, faults
	}
	return set.City, faults
}

// ParseSet reads calendar.yaml and the holiday files (name "2026.json" or "2026.ics" to content). A calendar under
// `calendars` inherits every key that it does not give from the city's own. ParseSet returns all diagnostics at once,
// and no Set if there is any.
func ParseSet(calendarYAML []byte, holidays map[string][]byte, loc *time.Location) (*Set, []diag.Diagnostic) {
	return parseSet(calendarYAML, holidays, loc, false)
}

// ParseAccepted is ParseSet for files that were accepted before, perhaps by an older version: unknown keys of holiday
// files are ignored, and known keys match in any case.
func ParseAccepted(calendarYAML []byte, holidays map[string][]byte, loc *time.Location) (*Set, []diag.Diagnostic) {
	return parseSet(calendarYAML, holidays, loc, true)
}

func parseSet(calendarYAML []byte, holidays map[string][]byte, loc *time.Location, kept bool) (*Set, []diag.Diagnostic) {
	if loc == nil {
		p := &parser{file: "calendar.yaml"}
		p.fault(0, i18n.F("no time zone", "缺少时区"), i18n.F("name the city's zone, such as Asia/Shanghai", "请填写城市时区，例如 Asia/Shanghai"))
		return nil, p.faults
	}
	p := newParser(loc, stretches(loc))
	p.kept = kept
	named, parsers := p.yaml(calendarYAML)
	if !slices.ContainsFunc(append(parsers, p), func(n *parser) bool { return n.apply }) {
		holidays = nil
	}
	marks, known := p.holidays(holidays)
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	p.finish(marks, known)
	for _, n := range parsers {
		n.finish(marks, known)
	}
	return &Set{City: p.c, Named: named}, nil
}

func newParser(loc *time.Location, s []stretch) *parser {
	return &parser{c: &Calendar{loc: loc, stretches: s, lastKnown: map[int]int{}}, file: "calendar.yaml", apply: true}
}

// finish builds the day table. A calendar that ignores holidays has no marks.
func (p *parser) finish(marks map[int]mark, known map[int]bool) {
	if !p.apply {
		marks, known = nil, nil
	}
	p.table(marks, known)
}

func (p *parser) fault(line int, msg, hint i18n.Text) { p.faults.Add(p.file, line, msg, hint) }

// write suggests an example that is the same in both languages.
func write(example string) i18n.Text { return i18n.F("write %s", "请写 %s", example) }

// settings are the keys of one calendar.
var settings = []string{"weekend", "hours", "weekdays", "seasons", "require_holidays", "holidays_apply", "work_day", "opens", "closes"}

// yaml reads the city's own calendar and those of units.
func (p *parser) yaml(b []byte) (named []Named, parsers []*parser) {
	doc, ok := p.faults.Document(p.file, b)
	if !ok {
		return nil, nil
	}
	own := p.mapping(doc.Content[0], append(slices.Clone(settings), "calendars")...)
	if own == nil {
		return nil, nil
	}
	list := own["calendars"]
	delete(own, "calendars")
	p.settings(own, doc.Content[0].Line)
	if list == nil {
		return nil, nil
	}
	if list.Kind != yaml.SequenceNode || len(list.Content) > maxCalendars {
		p.fault(list.Line, i18n.F("`calendars` is not a list of at most %d", "calendars 不是列表，或超过 %d 项", maxCalendars), write(`[{name: heating, units: ["department:HEATING"], hours: [{from: "00:00", to: "24:00"}]}]`))
		return nil, nil
	}
	seen := map[string]bool{}
	for _, e := range list.Content {
		m := p.mapping(e, append(slices.Clone(settings), "name", "units")...)
		if m == nil {
			continue
		}
		n := Named{Line: e.Line}
		if m["name"] != nil {
			n.Name = m["name"].Value
		}
		if n.Name == "" || seen[n.Name] {
			p.fault(e.Line, i18n.F("calendar name %q is empty or used twice", "日历名称 %q 为空或重复", n.Name), write("name: heating"))
		}
		seen[n.Name] = true
		if u := m["units"]; u != nil && u.Kind == yaml.SequenceNode {
			for _, x := range u.Content {
				n.Units = append(n.Units, x.Value)
			}
		}
		if len(n.Units) == 0 {
			p.fault(e.Line, i18n.F("calendar %q belongs to no unit", "日历 %q 不属于任何单位", n.Name), write(`units: ["department:HEATING"]`))
		}
		delete(m, "name")
		delete(m, "units")
		ownHours, ownDay := m["hours"] != nil, m["work_day"] != nil
		for k, v := range own {
			others := ownHours && k == "weekdays" || ownDay && (k == "opens" || k == "closes")
			if m[k] == nil && !others {
				m[k] = v
			}
		}
		sub := newParser(p.c.loc, p.c.stretches)
		sub.settings(m, e.Line)
		p.faults = append(p.faults, sub.faults...)
		n.Calendar = sub.c
		named, parsers = append(named, n), append(parsers, sub)
	}
	return named, parsers
}

// settings fills the calendar from its keys.
func (p *parser) settings(m map[string]*yaml.Node, line int) {
	c := p.c
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
		p.fault(line, i18n.F("`hours` is missing", "缺少 hours"), write(`hours: [{from: "08:30", to: "11:30"}, {from: "13:30", to: "17:00"}]`))
		c.hours = append(c.hours, nil)
	}
	p.ofSeason, p.weekdays = []uint16{0}, [][7]uint16{p.byWeekday(m["weekdays"])}
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
			p.fault(n.Line, i18n.F("holidays are required but do not apply", "要求节假日数据但又不适用节假日"), write("require_holidays: false, or holidays_apply: true"))
		}
	}
	if n := m["work_day"]; n != nil {
		switch n.Value {
		case "counted":
		case "same_time":
			c.sameTime = true
		default:
			p.fault(n.Line, i18n.F("unknown work_day %q", "work_day %q 未知", n.Value), diag.Suggest(n.Value, []string{"counted", "same_time"}))
		}
	}
	for _, k := range []string{"opens", "closes"} {
		n := m[k]
		switch {
		case n == nil && c.sameTime:
			p.fault(line, i18n.F("work_day same_time needs `%s`", "work_day same_time 需要 %s", k), write(`opens: "08:30" and closes: "17:00"`))
		case n != nil && !c.sameTime:
			p.fault(n.Line, i18n.F("`%s` has a meaning only with work_day: same_time", "%s 仅在 work_day: same_time 时有意义", k), i18n.F("remove it", "请删除"))
		case n != nil && k == "opens":
			c.opens, _ = p.clock(n)
		case n != nil:
			c.closes, _ = p.clock(n)
			if c.closes <= c.opens {
				p.fault(n.Line, i18n.F("`closes` is not after `opens`", "closes 未晚于 opens"), write(`opens: "08:30" and closes: "17:00"`))
			}
		}
	}
}

func (p *parser) weekend(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		p.fault(n.Line, i18n.F("`weekend` is not a list", "weekend 不是列表"), write("weekend: [saturday, sunday]"))
		return
	}
	for _, e := range n.Content {
		i := slices.Index(dayNames, strings.ToLower(e.Value))
		if i < 0 {
			p.fault(e.Line, i18n.F("unknown day %q", "未知的星期 %q", e.Value), diag.Suggest(strings.ToLower(e.Value), dayNames))
			continue
		}
		p.c.weekend[i] = true
	}
	if !slices.Contains(p.c.weekend[:], false) {
		p.fault(n.Line, i18n.F("every day is a weekend day", "每天都是休息日"), i18n.F("leave at least one working day", "至少保留一个工作日"))
	}
}

// dayNames is in the order of time.Weekday.
var dayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// byWeekday reads the weekdays with hours of their own. Example: saturday: [{from: "08:30", to: "11:30"}].
func (p *parser) byWeekday(n *yaml.Node) (sets [7]uint16) {
	if n == nil {
		return sets
	}
	m := p.mapping(n, dayNames...)
	for i, name := range dayNames {
		own := m[name]
		switch {
		case own == nil:
		case p.c.weekend[i]:
			p.fault(own.Line, i18n.F("%s has hours and is a weekend day", "%s 既填写了时段又是休息日", name), i18n.F("take %[1]s out of `weekend`, which is saturday and sunday unless it is written; or remove its hours", "请将 %[1]s 从 weekend 中去掉（不写时为 saturday 和 sunday），或删除其时段", name))
		default:
			sets[i] = p.set(p.hours(own))
		}
	}
	return sets
}

// set returns the number of a set of hours; equal sets share a number.
func (p *parser) set(h []span) uint16 {
	i := slices.IndexFunc(p.c.hours, func(have []span) bool { return slices.Equal(have, h) })
	if i < 0 {
		i = len(p.c.hours)
		p.c.hours = append(p.c.hours, h)
	}
	return uint16(i) // a season has at most eight sets, a date one: fewer than 50,000
}

func (p *parser) hours(n *yaml.Node) []span {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		p.fault(n.Line, i18n.F("`hours` is not a list of intervals", "hours 不是时段列表"), write(`[{from: "08:30", to: "17:00"}]`))
		return nil
	}
	var out []span
	for _, e := range n.Content {
		m := p.mapping(e, "from", "to")
		if m == nil {
			continue
		}
		if m["from"] == nil || m["to"] == nil {
			p.fault(e.Line, i18n.F("an interval needs `from` and `to`", "时段需要 from 和 to"), write(`{from: "08:30", to: "17:00"}`))
			continue
		}
		from, ok := p.clock(m["from"])
		to, ok2 := p.clock(m["to"])
		if !ok || !ok2 {
			continue
		}
		switch {
		case to <= from:
			p.fault(e.Line, i18n.F("the interval ends before it begins", "时段的结束早于开始"), i18n.F("split a night shift at 24:00", "夜班请在 24:00 处拆分"))
		case len(out) > 0 && from < out[len(out)-1].to:
			p.fault(e.Line, i18n.F("the interval overlaps the one before", "时段与前一个重叠"), i18n.F("list intervals in order", "请按先后顺序填写"))
		default:
			out = append(out, span{from, to})
		}
	}
	return out
}

func (p *parser) seasons(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) > maxSeasons {
		p.fault(n.Line, i18n.F("`seasons` is not a list of at most %d", "seasons 不是列表，或超过 %d 项", maxSeasons), write(`[{from: "04-01", to: "11-15", hours: […]}]`))
		return
	}
	for i, e := range n.Content {
		m := p.mapping(e, "name", "from", "to", "hours", "weekdays")
		if m == nil {
			continue
		}
		if m["from"] == nil || m["to"] == nil || m["hours"] == nil {
			p.fault(e.Line, i18n.F("a season needs `from`, `to` and `hours`", "季节需要 from、to 和 hours"), write(`{from: "04-01", to: "11-15", hours: […]}`))
			continue
		}
		id := uint16(len(p.ofSeason))
		p.ofSeason = append(p.ofSeason, p.set(p.hours(m["hours"])))
		own := p.byWeekday(m["weekdays"])
		for d := range own {
			if own[d] == 0 {
				own[d] = p.weekdays[0][d]
			}
		}
		p.weekdays = append(p.weekdays, own)
		from, ok := p.monthDay(m["from"])
		to, ok2 := p.monthDay(m["to"])
		if !ok || !ok2 {
			continue
		}
		for d := from; ; d = d%366 + 1 { // 11-16 to 03-31 crosses New Year
			if p.season[d] != 0 {
				p.fault(e.Line, i18n.F("season %d overlaps an earlier one", "第 %d 个季节与之前的重叠", i+1), i18n.F("let each day belong to one season", "每一天只能属于一个季节"))
				break
			}
			p.season[d] = id
			if d == to {
				break
			}
		}
	}
}

// monthDay returns a day of a leap year, 1 to 366.
func (p *parser) monthDay(n *yaml.Node) (int, bool) {
	t, err := time.Parse("2006-01-02", "2024-"+n.Value)
	if err != nil {
		p.fault(n.Line, i18n.F("%q is not a month and day", "%q 不是月-日", n.Value), write(`"04-01"`))
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
		p.fault(n.Line, i18n.F("%q is not a time of day", "%q 不是时刻", n.Value), write(`"08:30"`))
		return 0, false
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, true
}

func (p *parser) boolean(n *yaml.Node) bool {
	if n.Value != "true" && n.Value != "false" {
		p.fault(n.Line, i18n.F("%q is neither true nor false", "%q 既不是 true 也不是 false", n.Value), write("true or false"))
	}
	return n.Value == "true"
}

func (p *parser) mapping(n *yaml.Node, known ...string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		p.fault(n.Line, i18n.F("is not a table of keys", "不是键值表"), write(strings.Join(known, ", ")))
		return nil
	}
	m := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case !slices.Contains(known, k.Value):
			p.fault(k.Line, i18n.F("unknown key %q", "未知的键 %q", k.Value), diag.Suggest(k.Value, known))
		case m[k.Value] != nil:
			p.fault(k.Line, i18n.F("key %q is given twice", "键 %q 重复", k.Value), i18n.F("keep one", "请只保留一个"))
		default:
			m[k.Value] = n.Content[i+1]
		}
	}
	return m
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
		season, weekday := p.season[leap], t.Weekday()
		info := dayInfo{working: !c.weekend[weekday], hours: p.ofSeason[season]}
		if own := p.weekdays[season][weekday]; own != 0 {
			info.hours = own
		}
		if m, ok := marks[d]; ok {
			info.working = !m.off
			if m.hours != nil {
				info.hours = p.set(m.hours)
			}
			if m.off || m.hours != nil {
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
