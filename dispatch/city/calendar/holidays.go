package calendar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// mark is what a holiday file says about a date.
type mark struct {
	name  string
	off   bool
	hours []span // of a working day with hours of its own; nil = the usual hours
}

// The keys of a holiday file. The first four are those published by holiday-cn; papers, $schema and $id name the
// source of the days.
var (
	holidayKeys = []string{"year", "days", "papers", "$schema", "$id"}
	dayKeys     = []string{"name", "date", "isOffDay", "hours"}
)

// holidayExample is a minimal file of the expected format.
const holidayExample = `{"year": 2026, "days": [{"name": "国庆节", "date": "2026-10-01", "isOffDay": true}]}`

// holidays reads the holiday files and returns the marked dates and the known years.
func (p *parser) holidays(files map[string][]byte) (map[int]mark, map[int]bool) {
	days, known := map[int]mark{}, map[int]bool{}
	stems := map[string]string{}
	for _, name := range sortedNames(files) {
		stem, _, _ := strings.Cut(name, ".")
		if first, twice := stems[stem]; twice {
			p.faults.Add("holidays/"+name, 0, i18n.F("says the same year as %s", "与 %s 为同一年份", first), i18n.F("keep one", "请只保留一个"))
			continue
		}
		stems[stem] = name
		one := &parser{c: p.c, file: "holidays/" + name, kept: p.kept}
		one.holidayFile(name, files[name], days, known)
		p.faults = append(p.faults, one.faults...)
	}
	return days, known
}

func sortedNames(files map[string][]byte) []string {
	var names []string
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// holidayFile reads one file.
func (p *parser) holidayFile(name string, b []byte, days map[int]mark, known map[int]bool) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if strings.HasSuffix(name, ".ics") {
		if foreignText(b) == "" {
			p.fault(0, i18n.F("is not an iCalendar file: it does not begin with BEGIN:VCALENDAR", "不是 iCalendar 文件：未以 BEGIN:VCALENDAR 开头"), i18n.F("load it down again", "请重新下载"))
			return
		}
		p.iCal(name, string(b), days, known)
		return
	}
	if format := foreignText(b); format != "" {
		p.foreign(name, format)
		return
	}
	var whole json.RawMessage
	if err := json.Unmarshal(b, &whole); err != nil {
		line := 0
		if se, ok := errors.AsType[*json.SyntaxError](err); ok {
			line = 1 + bytes.Count(b[:min(int(se.Offset), len(b))], []byte("\n"))
		}
		p.fault(line, i18n.F("can't be read as JSON: %v", "不是有效的 JSON：%v", err), i18n.F("compare with another year's file", "请对照其他年份的文件"))
		return
	}
	// JSON is parsed as YAML, whose nodes have line numbers. YAML forbids the tabs that JSON allows between tokens.
	doc, ok := p.faults.Document(p.file, bytes.ReplaceAll(b, []byte("\t"), []byte(" ")))
	if !ok {
		return
	}
	root := doc.Content[0]
	if format, ok := foreignJSON(root); format == chineseDaysFormat {
		p.chineseDays(name, root, days, known)
		return
	} else if ok && !(p.kept && format == holidayCalendarFormat) { // an earlier version accepted it as a year without days
		p.foreign(name, format)
		return
	}
	before := len(p.faults)
	m := p.keys(root, holidayKeys)
	if m == nil {
		return
	}
	year, ok := p.year(name, root, m["year"])
	if !ok {
		return
	}
	list := m["days"]
	if list == nil && p.kept {
		return
	}
	if list == nil || list.Kind != yaml.SequenceNode {
		p.fault(root.Line, i18n.F("has no list of days", "缺少 days 列表"), write(holidayExample))
		return
	}
	seen := map[int]bool{}
	for _, e := range list.Content {
		d, mk, own, ok := p.day(e, year)
		if !ok {
			continue
		}
		if seen[d] {
			p.fault(e.Line, i18n.F("%s is listed twice", "%s 重复", dateOf(d)), i18n.F("keep one", "请只保留一个"))
		}
		seen[d] = true
		if _, taken := days[d]; !taken || own { // a year's own file takes precedence
			days[d] = mk
		}
	}
	known[year] = len(list.Content) > 0 && len(p.faults) == before // an empty file is a year that is not announced yet
}

// keys returns the values of the known keys.
func (p *parser) keys(n *yaml.Node, known []string) map[string]*yaml.Node {
	if !p.kept || n.Kind != yaml.MappingNode {
		return p.mapping(n, known...)
	}
	m := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := slices.IndexFunc(known, func(s string) bool { return strings.EqualFold(s, n.Content[i].Value) }); k >= 0 {
			m[known[k]] = n.Content[i+1]
		}
	}
	return m
}

// year checks that a file is of the year in its name.
func (p *parser) year(name string, root, n *yaml.Node) (int, bool) {
	if n == nil {
		p.fault(root.Line, i18n.F("has no year", "缺少 year"), write(holidayExample))
		return 0, false
	}
	year, err := strconv.Atoi(n.Value)
	switch {
	case err != nil || n.Style != 0 || year < firstYear || year > lastYear:
		p.fault(n.Line, i18n.F("year %[1]q is not one of %[2]d to %[3]d", "年份 %[1]q 不在 %[2]d 至 %[3]d 之间", n.Value, firstYear, lastYear), write(holidayExample))
	case name != fmt.Sprintf("%d.json", year):
		p.fault(n.Line, i18n.F("the file is named %[1]s but its year is %[2]d", "文件名为 %[1]s，但年份是 %[2]d", name, year), i18n.F("name it %d.json", "请命名为 %d.json", year))
	default:
		return year, true
	}
	return 0, false
}

// day reads one entry of days. own is true for a date of the file's year.
func (p *parser) day(n *yaml.Node, year int) (d int, mk mark, own, ok bool) {
	before := len(p.faults)
	m := p.keys(n, dayKeys)
	if m == nil {
		return 0, mk, false, false
	}
	value := func(key string) string {
		switch v := m[key]; {
		case v == nil:
			return ""
		case v.Kind != yaml.ScalarNode:
			p.fault(v.Line, i18n.F("`%s` is not a single value", "%s 不是单个值", key), write(holidayExample))
			return ""
		default:
			return v.Value
		}
	}
	date := value("date")
	t, err := time.Parse(time.DateOnly, date)
	switch {
	case err != nil:
		p.fault(n.Line, i18n.F("%q is not a date", "%q 不是日期", date), write(`"2026-10-01"`))
	case t.Year() < firstYear || t.Year() > lastYear || t.Year() < year-1 || t.Year() > year+1:
		p.fault(n.Line, i18n.F("%[1]s does not belong to %[2]d", "%[1]s 不属于 %[2]d 年", date, year), i18n.F("move it to its own year's file", "请移至对应年份的文件"))
	}
	switch off := value("isOffDay"); {
	case m["isOffDay"] == nil:
		p.fault(n.Line, i18n.F("%s has no isOffDay", "%s 缺少 isOffDay", date), i18n.F("true for a day off, false for a make-up work day", "休息日为 true，调休上班为 false"))
	case off != "true" && off != "false" || m["isOffDay"].Style != 0:
		p.fault(m["isOffDay"].Line, i18n.F("isOffDay %q is neither true nor false", "isOffDay %q 既不是 true 也不是 false", off), i18n.F("true for a day off, false for a make-up work day", "休息日为 true，调休上班为 false"))
	default:
		mk.off = off == "true"
	}
	mk.name = value("name")
	if h := m["hours"]; h != nil && p.kept {
		if mk.hours = (&parser{}).hours(h); mk.off || len(mk.hours) == 0 {
			mk.hours = nil
		}
	} else if h != nil {
		if mk.hours = p.hours(h); mk.off {
			p.fault(h.Line, i18n.F("%s is off and has hours", "%s 为休息日，却填写了时段", date), i18n.F("write isOffDay: false for a day that is worked in part", "部分时段上班的日子请写 isOffDay: false"))
		}
	}
	return dayOf(t.Year(), t.Month(), t.Day()), mk, t.Year() == year, len(p.faults) == before
}

func dateOf(d int) string { return time.Unix(int64(d+epochDay)*86400, 0).UTC().Format(time.DateOnly) }

// Foreign returns the diagnostic of a file in the holidays folder that is a calendar in a known format other than
// JSON; ok is false for any other file.
func Foreign(name string, text []byte) (diag.Diagnostic, bool) {
	format := foreignText(bytes.TrimPrefix(text, []byte("\ufeff")))
	if format == "" && strings.HasSuffix(strings.ToLower(name), ".ics") {
		format = "iCalendar"
	}
	if format == "" {
		return diag.Diagnostic{}, false
	}
	p := &parser{file: "holidays/" + name}
	p.foreign(name, format)
	return p.faults[0], true
}

// foreign refuses a file in another format by the name of the format, and suggests the expected one.
func (p *parser) foreign(name, format string) {
	year, _, _ := strings.Cut(name, ".")
	if !isYear.MatchString(year) {
		year = "YYYY"
	}
	hint := i18n.F(`write holidays/%[1]s.json: {"year": %[1]s, "days": [{"name": …, "date": "%[1]s-10-01", "isOffDay": true}]}; isOffDay false is a make-up work day`, `请改写为 holidays/%[1]s.json：{"year": %[1]s, "days": [{"name": …, "date": "%[1]s-10-01", "isOffDay": true}]}；调休上班日的 isOffDay 为 false`, year)
	if format == "iCalendar" {
		hint = i18n.F("name it holidays/%[1]s.ics, or %[2]s", "请命名为 holidays/%[1]s.ics，或%[3]s", year, hint.En, hint.Zh)
	}
	if format == "" {
		p.fault(0, i18n.F("has no year and no days", "没有 year 也没有 days"), hint)
		return
	}
	p.fault(0, i18n.F("is in the format of %s: it has no year and no days as they are read here", "是 %s 的格式：没有此处可读的 year 和 days", format), hint)
}

// foreignText recognizes formats other than JSON.
func foreignText(b []byte) string {
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("BEGIN:VCALENDAR")) {
		return "iCalendar"
	}
	return ""
}

var (
	isDate = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	isYear = regexp.MustCompile(`^\d{4}$`)
)

// holidayCalendarFormat has a year with its dates.
const holidayCalendarFormat = "holiday-calendar"

// foreignJSON reports whether a document lacks the year and days of the expected format, and names its format if
// known.
func foreignJSON(n *yaml.Node) (format string, foreign bool) {
	has := func(n *yaml.Node, key string) bool {
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return true
			}
		}
		return false
	}
	switch {
	case has(n, "dates") && !has(n, "days"):
		return holidayCalendarFormat, true
	case has(n, "year") || has(n, "days"):
		return "", false
	case has(n, "holidays") && has(n, "workdays"), has(n, "inLieuDays"):
		return chineseDaysFormat, true
	case has(n, "holiday") && has(n, "code"):
		return "timor.tech", true
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0 && has(n.Content[0], "localName") && has(n.Content[0], "countryCode"):
		return "Nager.Date", true
	case n.Kind == yaml.MappingNode && len(n.Content) > 0 && isDate.MatchString(n.Content[0].Value):
		return "dates and their names", true
	}
	return "", true
}
