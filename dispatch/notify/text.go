package notify

import (
	"strings"
	"time"

	"wangge/dispatch/i18n"
)

// MaxReportRunes bounds what a message tells of the text of a report, of an address, and of the words of the person who
// acted; the rest is in the case.
const MaxReportRunes = 500

// Words writes a message for a person: one item in full, or a digest. link is where the service's
// pages are, "" when there are none: then the command that shows the case is named.
// What people wrote is escaped: see i18n.Escape. What is not known is left out, with its word.
func Words(items []Item, count int, lang, link string) Text {
	var subject, body i18n.Text
	if count == 1 {
		subject, body = single(&items[0], link)
	} else {
		subject, body = digest(items, count, link)
	}
	return Text{i18n.OneLine(subject.In(lang)), i18n.Escape(body.In(lang))}
}

// headline is an item in one line. Example: "【派遣】暴露垃圾，案件 20261127-000001".
func headline(i *Item) i18n.Text {
	m := matterOf(i)
	return i18n.F("[%[1]s] %[2]s, case %[5]s", "【%[3]s】%[4]s，案件 %[5]s", m.label.En, i.Category.En, m.label.Zh, i.Category.Zh, i.Case)
}

// page is the lines of a body.
type page struct{ en, zh []string }

func (p *page) line(t i18n.Text) { p.en, p.zh = append(p.en, t.En), append(p.zh, t.Zh) }

// entry writes a line "Word: value" when there is a value.
func (p *page) entry(word, value i18n.Text) {
	if value.En != "" && value.Zh != "" {
		p.line(i18n.F("%[1]s: %[2]s", "%[3]s：%[4]s", word.En, value.En, word.Zh, value.Zh))
	}
}

// quote writes what people wrote on one line, up to MaxReportRunes.
func (p *page) quote(word i18n.Text, text string) {
	r := []rune(strings.TrimSpace(text))
	if len(r) > MaxReportRunes {
		r = append(r[:MaxReportRunes], '…')
	}
	said := strings.Join(strings.Fields(string(r)), " ")
	p.entry(word, i18n.Text{En: said, Zh: said})
}

func (p *page) text() i18n.Text {
	return i18n.Text{En: strings.Join(p.en, "\n"), Zh: strings.Join(p.zh, "\n")}
}

func single(i *Item, link string) (subject, body i18n.Text) {
	m := matterOf(i)
	p := &page{}
	p.line(m.what)
	p.entry(i18n.Text{En: "What", Zh: "类别"}, i.kindOfMatter())
	p.entry(i18n.Text{En: "Condition", Zh: "立案条件"}, i.Condition)
	p.entry(i18n.Text{En: "Where", Zh: "地点"}, i.Place)
	p.quote(i18n.Text{En: "Address", Zh: "地址"}, i.Address)
	p.entry(i18n.Text{En: "Position", Zh: "坐标"}, i18n.Text{En: i.Point, Zh: i.Point})
	p.quote(i18n.Text{En: "Report", Zh: "问题描述"}, i.Report)
	if i.Owner.En != "" {
		p.entry(i18n.Text{En: "Owner", Zh: "责任单位"}, i18n.F("%[1]s, %[2]s", "%[3]s，%[4]s", i.Owner.En, i.Stage.En, i.Owner.Zh, i.Stage.Zh))
	} else {
		p.entry(i18n.Text{En: "Stage", Zh: "阶段"}, i.Stage)
	}
	for _, d := range i.Duties {
		p.entry(i18n.Text{En: "Co-owner", Zh: "协办单位"}, d.words())
	}
	for _, d := range i.Steps {
		p.entry(i18n.Text{En: "Milestone", Zh: "节点"}, d.words())
	}
	p.entry(i18n.Text{En: "Not signed by", Zh: "未签收单位"}, listed(i.Unsigned))
	p.entry(i18n.Text{En: "Not told", Zh: "未能通知"}, i.notTold())
	if !i.Due.IsZero() {
		l := late(i)
		p.entry(i18n.Text{En: "Deadline", Zh: "截止时间"}, i18n.F("%[1]s%[2]s", "%[1]s%[3]s", clock(i.Due), l.En, l.Zh))
	}
	p.entry(i18n.Text{En: "Limit", Zh: "时限"}, i.Counts)
	if !i.PassOn.IsZero() {
		p.entry(i18n.Text{En: "Dispatch again by", Zh: "二次派遣截止"}, i18n.F("%s", "%s", clock(i.PassOn)))
	}
	if !i.Until.IsZero() {
		p.entry(i18n.Text{En: "Suspended until", Zh: "挂账至"}, i18n.F("%s", "%s", clock(i.Until)))
	}
	p.entry(i18n.Text{En: "Return reason", Zh: "回退原因"}, i.Cause)
	p.entry(i18n.Text{En: "Result", Zh: "办理结果"}, i.Outcome)
	p.quote(i18n.Text{En: "Closing condition", Zh: "结案条件"}, i.Closing)
	p.quote(m.reason, i.Reason)
	p.entry(i18n.Text{En: "Other case", Zh: "关联案件"}, i18n.Text{En: i.Other, Zh: i.Other})
	p.entry(i18n.Text{En: "Reopens", Zh: "原案件"}, i18n.Text{En: i.Reopens, Zh: i.Reopens})
	p.entry(i18n.Text{En: "By", Zh: "办理人"}, i.by())
	p.entry(i18n.Text{En: "Time", Zh: "时间"}, i18n.F("%s", "%s", clock(i.At)))
	if i.Late > time.Minute {
		l := i18n.Lasting(i.Late)
		p.line(i18n.F("This notice is %[1]s late.", "本通知延迟 %[2]s。", l.En, l.Zh))
	}
	p.line(where(link, "/cases/"+i.Case, "wangge case show "+i.Case))
	return headline(i), p.text()
}

// kindOfMatter is the category with its severity. Example: "暴露垃圾（C 级）".
func (i *Item) kindOfMatter() i18n.Text {
	if i.Severity == "" {
		return i.Category
	}
	return i18n.F("%[1]s (severity %[2]s)", "%[3]s（%[2]s 级）", i.Category.En, i.Severity, i.Category.Zh)
}

// words is a co-owner with its part. Example: "交警支队（围挡现场），截止 2026-11-27 10:30".
func (d *Duty) words() i18n.Text {
	part, partZh := d.Text, d.Text
	if d.Text == "" {
		part, partZh = "to be informed", "知会"
	}
	t := i18n.F("%[1]s (%[2]s)", "%[3]s（%[4]s）", d.Unit.En, part, d.Unit.Zh, partZh)
	if !d.Due.IsZero() {
		t = i18n.F("%[1]s, by %[3]s", "%[2]s，截止 %[3]s", t.En, t.Zh, clock(d.Due))
	}
	return t
}

// listed joins names in one line.
func listed(names []i18n.Text) i18n.Text {
	var en, zh []string
	for _, n := range names {
		en, zh = append(en, n.En), append(zh, n.Zh)
	}
	return i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}

// notTold are the recipients of an alarm who have no address, with what to do about that.
func (i *Item) notTold() i18n.Text {
	if len(i.Unreached) == 0 {
		return i18n.Text{}
	}
	l := listed(i.Unreached)
	return i18n.F("%[1]s (no address); please pass this on", "%[2]s（无通知地址），请转告", l.En, l.Zh)
}

// by is the person who acted, with the post. Example: "王建国（道里区 派遣员）".
func (i *Item) by() i18n.Text {
	switch {
	case i.Actor == "":
		return i.ActorPost
	case i.ActorPost.En == "":
		return i18n.Text{En: i.Actor, Zh: i.Actor}
	}
	return i18n.F("%[1]s (%[2]s)", "%[1]s（%[3]s）", i.Actor, i.ActorPost.En, i.ActorPost.Zh)
}

// late says by how much the deadline has passed.
func late(i *Item) i18n.Text {
	if d := overdue(i); d > 0 {
		l := i18n.Lasting(d)
		return i18n.F(", overdue by %[1]s", "，已超时 %[2]s", l.En, l.Zh)
	}
	return i18n.Text{}
}

func clock(t time.Time) string { return t.Format("2006-01-02 15:04") }

func where(link, path, command string) i18n.Text {
	if link == "" {
		return i18n.F("See: %s", "查看：%s", command)
	}
	return i18n.F("See: %s", "查看：%s", strings.TrimRight(link, "/")+path)
}
