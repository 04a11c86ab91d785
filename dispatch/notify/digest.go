package notify

import (
	"wangge/dispatch/i18n"
)

// MaxListed bounds the items that a digest names; the rest is a number and a link.
const MaxListed = 20

// digest is many items in one message, a line each.
func digest(items []Item, count int, link string) (subject, body i18n.Text) {
	subject = i18n.F("%d {notice|notices} about cases", "您有 %d 条案件通知", count)
	p := &page{}
	p.line(i18n.F("%s:", "%s：", subject))
	for n := range items[:min(len(items), MaxListed)] {
		i := &items[n]
		h := headline(i)
		t := i18n.F("- %[1]s", "- %[2]s", h.En, h.Zh)
		if i.Place.En != "" && i.Place.Zh != "" {
			t = i18n.F("%[1]s, %[2]s", "%[3]s，%[4]s", t.En, i.Place.En, t.Zh, i.Place.Zh)
		}
		if !i.Due.IsZero() {
			t = i18n.F("%[1]s, due %[3]s", "%[2]s，截止 %[3]s", t.En, t.Zh, clock(i.Due))
		}
		if l := i.notTold(); l.En != "" {
			t = i18n.F("%[1]s, not told: %[3]s", "%[2]s，未能通知：%[4]s", t.En, t.Zh, l.En, l.Zh)
		}
		p.line(t)
	}
	if more := count - min(len(items), MaxListed); more > 0 {
		p.line(i18n.F("and %d more", "另有 %d 条", more))
	}
	p.line(where(link, "/overdue", "wangge overdue --scope UNIT --leaders"))
	return subject, p.text()
}
