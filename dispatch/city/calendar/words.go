package calendar

import (
	"strconv"

	"wangge/dispatch/i18n"
)

// unitWords holds the singular and plural of each unit in English, and the unit in Chinese.
var unitWords = map[Unit][3]string{
	Hours: {"hour", "hours", "小时"}, WorkHours: {"work hour", "work hours", "个工作时"}, WorkDays: {"work day", "work days", "个工作日"}, Days: {"day", "days", "天"},
	Minutes: {"minute", "minutes", "分钟"},
}

// Text formats the limit for people.
func (l Limit) Text() i18n.Text {
	w, ok := unitWords[l.Unit]
	if !ok || l.N == 0 {
		return i18n.Text{En: "no limit", Zh: "无时限"}
	}
	n, en := strconv.Itoa(l.N), w[1]
	if l.N == 1 {
		en = w[0]
	}
	return i18n.Text{En: n + " " + en, Zh: n + " " + w[2]}
}
