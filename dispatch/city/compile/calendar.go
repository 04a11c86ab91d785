package compile

import (
	"io/fs"
	"path"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

func (l *loader) calendars(named []calendar.Named) {
	l.c.Calendars = map[roster.Unit]*calendar.Calendar{}
	for _, n := range named {
		for _, text := range n.Units {
			u, err := roster.ParseUnit(text)
			if err != nil || !l.c.Exists(u) {
				l.Add("calendar.yaml", n.Line, i18n.F("calendar %[1]q: unit %[2]q does not exist", "日历 %[1]q：单位 %[2]q 不存在", n.Name, text), i18n.F("write area:ID or department:ID", "请填写 area:编号 或 department:编号"))
				continue
			}
			if l.c.Calendars[u] != nil {
				l.Add("calendar.yaml", n.Line, i18n.F("unit %s has two calendars", "单位 %s 有两个日历", u), i18n.F("name it once", "请只填写一次"))
			}
			l.c.Calendars[u] = n.Calendar
		}
		if n.Known() == 0 {
			l.Add("calendar.yaml", n.Line, i18n.F("calendar %q requires holidays and no year's are known", "日历 %q 要求节假日数据，但没有任何年份的数据", n.Name), i18n.F("add holidays/2026.json, or write require_holidays: false", "请添加 holidays/2026.json，或写 require_holidays: false"))
		}
	}
}

func (l *loader) calendar() {
	if l.large("calendar.yaml") {
		return
	}
	data, err := fs.ReadFile(l.fsys, "calendar.yaml")
	if err != nil {
		l.Add("calendar.yaml", 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("add working hours", "请添加工作时间"))
		return
	}
	l.invisibleIn("calendar.yaml")
	holidays := map[string][]byte{}
	names, _ := fs.Glob(l.fsys, "holidays/*.json")
	ics, _ := fs.Glob(l.fsys, "holidays/*.ics")
	names = append(names, ics...)
	for _, n := range names {
		if l.large(n) {
			continue
		}
		if holidays[path.Base(n)], err = fs.ReadFile(l.fsys, n); err != nil {
			l.Add(n, 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("check the file", "请检查文件"))
		}
	}
	parse := calendar.ParseSet
	if l.Accepted {
		parse = calendar.ParseAccepted
	}
	set, bad := parse(data, holidays, l.c.Location)
	l.List = append(l.List, bad...)
	if set == nil {
		return
	}
	l.c.Calendar = set.City
	if set.City.Known() == 0 {
		l.Add("holidays", 0, i18n.F("holidays are required and no year's are known", "要求节假日数据，但没有任何年份的数据"), i18n.F("add holidays/2026.json, or write require_holidays: false in calendar.yaml", "请添加 holidays/2026.json，或在 calendar.yaml 中写 require_holidays: false"))
	}
	l.calendars(set.Named)
}
