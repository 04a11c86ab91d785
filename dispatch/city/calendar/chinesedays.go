package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/i18n"
)

// chineseDaysFormat is the name of the format in messages.
const chineseDaysFormat = "chinese-days"

// chineseDaysKeys are the tables of a file published by chinese-days. Each maps a date to its name in English and
// Chinese. A day off that a make-up work day pays for is listed under holidays, too.
var chineseDaysKeys = []string{"holidays", "workdays", "inLieuDays"}

// dated is what a file of another format than holiday-cn says about a date.
type dated struct {
	mark
	line int
}

// chineseDays reads a file in the chinese-days format. The file may cover many years; the file name selects one.
func (p *parser) chineseDays(name string, root *yaml.Node, days map[int]mark, known map[int]bool) {
	year, ok := p.yearOfName(name, "json")
	m := p.keys(root, chineseDaysKeys)
	if !ok || m == nil {
		return
	}
	before, found := len(p.faults), map[int]dated{}
	for _, key := range chineseDaysKeys {
		table := m[key]
		if table == nil {
			continue
		}
		if table.Kind != yaml.MappingNode {
			p.fault(table.Line, i18n.F("`%s` is not a table of dates", "%s 不是日期表", key), write(`"2026-10-01": "National Day,国庆节,3"`))
			continue
		}
		for i := 0; i+1 < len(table.Content); i += 2 {
			date, text := table.Content[i], table.Content[i+1]
			t, err := time.Parse(time.DateOnly, date.Value)
			switch {
			case err != nil:
				p.fault(date.Line, i18n.F("%q is not a date", "%q 不是日期", date.Value), write(`"2026-10-01"`))
			case text.Kind != yaml.ScalarNode:
				p.fault(text.Line, i18n.F("the name of %s is not a single value", "%s 的名称不是单个值", date.Value), write(`"National Day,国庆节,3"`))
			default:
				p.mark(found, t, dated{mark{name: chineseName(text.Value), off: key != "workdays"}, date.Line}, year)
			}
		}
	}
	p.adopt(found, year, before, days, known)
}

// chineseName returns the Chinese part of a name such as "National Day,国庆节,3".
func chineseName(text string) string {
	if parts := strings.Split(text, ","); len(parts) >= 2 {
		return parts[1]
	}
	return text
}

// yearOfName returns the year in a file name with the extension.
func (p *parser) yearOfName(name, ext string) (int, bool) {
	stem, _ := strings.CutSuffix(name, "."+ext)
	year, err := strconv.Atoi(stem)
	if err != nil || !isYear.MatchString(stem) || year < firstYear || year > lastYear {
		p.fault(0, i18n.F("its name is not a year from %[1]d to %[2]d", "文件名不是 %[1]d 至 %[2]d 的年份", firstYear, lastYear), i18n.F("name it after the year that is to be read from it, such as 2026.%s", "请以要读取的年份命名，例如 2026.%s", ext))
		return 0, false
	}
	return year, true
}

// mark notes a date of the file's year or of the year before or after. Other years have files of their own.
func (p *parser) mark(found map[int]dated, t time.Time, is dated, year int) {
	if t.Year() < max(firstYear, year-1) || t.Year() > min(lastYear, year+1) {
		return
	}
	d := dayOf(t.Year(), t.Month(), t.Day())
	if was, twice := found[d]; twice && was.off != is.off {
		p.fault(is.line, i18n.F("%s is a day off and a work day", "%s 既是休息日又是上班日", dateOf(d)), i18n.F("keep one", "请只保留一个"))
	}
	found[d] = is
}

// adopt takes over the dates of a file without diagnostics. A year's own file takes precedence. A file without any
// date of its year belongs to a year that is not announced yet.
func (p *parser) adopt(found map[int]dated, year, before int, days map[int]mark, known map[int]bool) {
	own := false
	for d, is := range found {
		mine := strings.HasPrefix(dateOf(d), fmt.Sprintf("%d-", year))
		if _, taken := days[d]; !taken || mine {
			days[d] = is.mark
		}
		own = own || mine
	}
	known[year] = own && len(p.faults) == before
}
