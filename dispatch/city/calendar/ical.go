package calendar

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"wangge/dispatch/i18n"
)

// maxEventDays bounds one event of a calendar file. The longest holiday has some ten days.
const maxEventDays = 62

// Words in the summary of an event that mean working days or days off. Words for work take precedence: 上班(补春节假期)
// names the holiday, too.
var (
	saysWork = regexp.MustCompile(`(?i)上班|补班|[(（\[【]班[)）\]】]|班$|work`)
	saysOff  = regexp.MustCompile(`(?i)假期|放假|休假|休息|[(（\[【]休[)）\]】]|(^|[^调])休$|holiday|day off`)
	oneDay   = regexp.MustCompile(`^P([0-9]{1,3})D$`)
)

// iCalLine is an unfolded content line of a calendar file (RFC 5545).
type iCalLine struct {
	number int // of its first line
	name   string
	params string // upper case
	value  string
}

func iCalLines(text string) []iCalLine {
	var out []iCalLine
	for i, l := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if len(out) > 0 && l != "" && (l[0] == ' ' || l[0] == '\t') {
			out[len(out)-1].value += l[1:]
			continue
		}
		out = append(out, iCalLine{number: i + 1, value: l})
	}
	for i := range out {
		head, value, _ := strings.Cut(out[i].value, ":")
		name, params, _ := strings.Cut(head, ";")
		out[i].name, out[i].params, out[i].value = strings.ToUpper(strings.TrimSpace(name)), strings.ToUpper(params), strings.TrimSpace(value)
	}
	return out
}

// iCal reads a calendar file. Each event covers one or more whole days, off or worked. The file may cover many years;
// the file name selects one.
func (p *parser) iCal(name, text string, days map[int]mark, known map[int]bool) {
	year, ok := p.yearOfName(name, "ics")
	if !ok {
		return
	}
	before, found := len(p.faults), map[int]dated{}
	var event map[string]iCalLine
	ended := false
	for _, l := range iCalLines(text) {
		switch {
		case l.name == "BEGIN" && strings.EqualFold(l.value, "VEVENT"):
			event = map[string]iCalLine{"BEGIN": l}
		case l.name == "END" && strings.EqualFold(l.value, "VEVENT") && event != nil:
			p.event(event, year, found)
			event = nil
		case l.name == "END" && strings.EqualFold(l.value, "VCALENDAR"):
			ended = true
		case event != nil:
			event[l.name] = l
		}
	}
	if !ended || event != nil {
		p.fault(0, i18n.F("breaks off: it has no END:VCALENDAR", "文件不完整：缺少 END:VCALENDAR"), i18n.F("load it down again", "请重新下载"))
	}
	p.adopt(found, year, before, days, known)
}

// event reads the days of one event.
func (p *parser) event(e map[string]iCalLine, year int, found map[int]dated) {
	line, summary := e["BEGIN"].number, e["SUMMARY"].value
	if strings.EqualFold(e["STATUS"].value, "CANCELLED") {
		return
	}
	for _, repeats := range []string{"RRULE", "RDATE"} {
		if r, ok := e[repeats]; ok {
			p.fault(r.number, i18n.F("%q repeats", "%q 为重复事件", summary), i18n.F("write an event for each time; the days off are announced year by year", "请为每次单独写一个事件；休息日逐年公布"))
			return
		}
	}
	from, until, ok := p.wholeDays(e, summary)
	if !ok {
		return
	}
	is := dated{mark{name: summary}, line}
	switch special := strings.ToUpper(e["X-APPLE-SPECIAL-DAY"].value); {
	case special == "WORK-HOLIDAY":
		is.off = true
	case special == "ALTERNATE-WORKDAY":
	case saysWork.MatchString(summary):
	case saysOff.MatchString(summary):
		is.off = true
	default:
		p.fault(line, i18n.F("%q says neither that people are off nor that they work", "%q 未说明是休息还是上班", summary), i18n.F("write SUMMARY:国庆节(休) for days off, SUMMARY:国庆节(班) for make-up work days", "休息日请写 SUMMARY:国庆节(休)，调休上班请写 SUMMARY:国庆节(班)"))
		return
	}
	for d := from; d.Before(until); d = d.AddDate(0, 0, 1) {
		p.mark(found, d, is, year)
	}
}

// wholeDays returns the days of an event; until is exclusive.
func (p *parser) wholeDays(e map[string]iCalLine, summary string) (from, until time.Time, ok bool) {
	date := func(l iCalLine) (time.Time, bool) {
		t, err := time.Parse("20060102", l.value)
		if err != nil {
			p.fault(l.number, i18n.F("%[1]q: %[2]s %[3]q is not a date", "%[1]q：%[2]s %[3]q 不是日期", summary, l.name, l.value), i18n.F("write whole days, as in DTSTART;VALUE=DATE:20261001", "请填写整天，例如 DTSTART;VALUE=DATE:20261001"))
		}
		return t, err == nil
	}
	start, has := e["DTSTART"]
	if !has {
		start = iCalLine{number: e["BEGIN"].number, name: "DTSTART"}
	}
	if from, ok = date(start); !ok {
		return from, until, false
	}
	until = from.AddDate(0, 0, 1)
	if end, has := e["DTEND"]; has {
		if until, ok = date(end); !ok {
			return from, until, false
		}
	} else if d, has := e["DURATION"]; has {
		n := oneDay.FindStringSubmatch(strings.ToUpper(d.value))
		if n == nil {
			p.fault(d.number, i18n.F("%[1]q: DURATION %[2]q is not a number of days", "%[1]q：DURATION %[2]q 不是天数", summary, d.value), write("DURATION:P3D"))
			return from, until, false
		}
		count, _ := strconv.Atoi(n[1]) // three digits
		until = from.AddDate(0, 0, count)
	}
	if !until.After(from) || until.After(from.AddDate(0, 0, maxEventDays)) {
		p.fault(start.number, i18n.F("%[1]q is not from 1 to %[2]d days long", "%[1]q 的长度不在 1 至 %[2]d 天之间", summary, maxEventDays), i18n.F("DTEND is the day after the last one", "DTEND 应为最后一天的次日"))
		return from, until, false
	}
	return from, until, true
}
