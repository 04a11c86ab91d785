package notify

import (
	"fmt"
	"strings"
	"time"

	"wangge/dispatch/i18n"
)

// MaxListed bounds the items that a digest names; the rest is a number and a link.
const MaxListed = 20

// Words writes a message for a person: one item in full, or a digest. link is where the service's
// pages are, "" when there are none: then the command that shows the case is named.
// What people wrote is escaped: see i18n.Escape.
func Words(items []Item, count int, lang, link string) Text {
	var subject, body i18n.Text
	if count == 1 {
		subject, body = single(items[0], link)
	} else {
		subject, body = digest(items, count, link)
	}
	return Text{i18n.OneLine(subject.In(lang)), i18n.Escape(body.In(lang))}
}

var lights = map[string]i18n.Text{"green": {En: "green", Zh: "绿灯"}, "yellow": {En: "yellow", Zh: "黄灯"}, "red": {En: "red", Zh: "红灯"}}

// what is the item's matter in a few words.
func what(i Item) i18n.Text {
	switch i.Kind {
	case "nudged":
		return i18n.F("nobody has touched case %s", "案件 %s 无人处理", i.Case)
	case "raised":
		return i18n.F("case %s is escalated to you", "案件 %s 已手动升级至您", i.Case)
	case "receipt_missed":
		return i18n.F("nobody has signed for case %s", "案件 %s 逾期未签收", i.Case)
	case "handed_over":
		return i18n.F("the work on case %s is handed over", "案件 %s 的处置工作已移交", i.Case)
	default:
		l := lights[i.Light]
		return i18n.F("%[1]s light, case %[2]s", "%[3]s：案件 %[2]s", l.En, i.Case, l.Zh)
	}
}

func single(i Item, link string) (subject, body i18n.Text) {
	w := what(i)
	subject = i18n.F("[%[1]s] %[2]s", "[%[3]s] %[4]s", i.Category.En, w.En, i.Category.Zh, w.Zh)
	en, zh := []string{w.En}, []string{w.Zh}
	line := func(t i18n.Text) { en, zh = append(en, t.En), append(zh, t.Zh) }
	line(i18n.F("What: %[1]s (severity %[2]s)", "类别：%[3]s（%[2]s 级）", i.Category.En, i.Severity, i.Category.Zh))
	line(i18n.F("Where: %[1]s", "地点：%[2]s", i.Place.En, i.Place.Zh))
	line(i18n.F("Owner: %[1]s, %[2]s", "责任单位：%[3]s，%[4]s", i.Owner.En, i.Stage.En, i.Owner.Zh, i.Stage.Zh))
	if !i.Due.IsZero() {
		line(i18n.F("Deadline: %[1]s%[2]s", "截止时间：%[1]s%[3]s", i.Due.Format("2006-01-02 15:04"), late(i).En, late(i).Zh))
	}
	if i.Reason != "" {
		line(i18n.F("Reason: %s", "原因：%s", i.Reason))
	}
	if i.Late > time.Minute {
		line(i18n.F("This notice is %s late.", "本通知延迟 %s。", i.Late.Round(time.Minute)))
	}
	line(where(link, "/cases/"+i.Case, "wangge case show "+i.Case))
	return subject, i18n.Text{En: strings.Join(en, "\n"), Zh: strings.Join(zh, "\n")}
}

// late says by how much the deadline has passed.
func late(i Item) i18n.Text {
	if d := i.At.Sub(i.Due); d > 0 {
		return i18n.F(", overdue by %s", "，已超时 %s", d.Round(time.Minute))
	}
	return i18n.Text{}
}

func digest(items []Item, count int, link string) (subject, body i18n.Text) {
	subject = i18n.F("%d cases wait for you", "您有 %d 件案件待处理", count)
	en, zh := []string{subject.En + ":"}, []string{subject.Zh + "："}
	for _, i := range items[:min(len(items), MaxListed)] {
		w := what(i)
		en = append(en, fmt.Sprintf("- %s: %s, %s", w.En, i.Category.En, i.Place.En))
		zh = append(zh, fmt.Sprintf("- %s：%s，%s", w.Zh, i.Category.Zh, i.Place.Zh))
	}
	if more := count - min(len(items), MaxListed); more > 0 {
		t := i18n.F("and %d more", "另有 %d 件", more)
		en, zh = append(en, t.En), append(zh, t.Zh)
	}
	l := where(link, "/overdue", "wangge overdue --scope UNIT --leaders")
	return subject, i18n.Text{En: strings.Join(append(en, l.En), "\n"), Zh: strings.Join(append(zh, l.Zh), "\n")}
}

func where(link, path, command string) i18n.Text {
	if link == "" {
		return i18n.F("See: %s", "查看：%s", command)
	}
	return i18n.F("See: %s", "查看：%s", strings.TrimRight(link, "/")+path)
}
