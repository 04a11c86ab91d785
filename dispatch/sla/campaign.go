package sla

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/i18n"
)

// LimitUnder is LimitOf for a case whose limit counts from the stop of a campaign: the rows of limits.csv that name the
// campaign and its grade come before all others.
func LimitUnder(
	c *city.City, m *dispatch.CampaignMark, p *dispatch.Place, code catalog.Code, cond *catalog.Condition, at time.Time,
) (limit calendar.Limit, by string) {
	if m.ID == "" || m.Held || m.From.IsZero() { // without an instant: the pause was lifted, nothing counts from a stop
		return LimitOf(c, p, code, cond, at)
	}
	from := m.From.In(c.Location)
	for i := range c.Limits {
		r := &c.Limits[i]
		if r.FromStop && r.Campaign == string(m.ID) && (r.Grade == "" || r.Grade == m.Grade) &&
			r.Applies(c.Categories[code], cond, from) && inPlace(c, r, p) {
			return UrgentLimit(c, cond.Severity, r.Limit), r.ID
		}
	}
	return LimitOf(c, p, code, cond, at)
}

// CampaignText says what a campaign did to the clocks of a case; zero for nothing.
func CampaignText(c *city.City, m dispatch.CampaignMark) i18n.Text {
	name, from := c.CampaignName(m.ID), m.From.In(c.Location).Format("2006-01-02 15:04")
	switch {
	case m.ID == "":
		return i18n.Text{}
	case m.Held:
		return i18n.F("paused since %[3]s: %[1]s is under way", "自 %[3]s 起暂停计时：%[2]s进行中", name.En, name.Zh, from)
	case m.From.IsZero():
		return i18n.F("the pause for %[1]s is lifted; the clocks go on", "已解除%[2]s期间的暂停，恢复计时", name.En, name.Zh)
	case m.Grade != "":
		return i18n.F("counts from %[3]s, when %[1]s stopped (%[4]s)", "从 %[3]s %[2]s停止起算（%[4]s）", name.En, name.Zh, from, m.Grade)
	default:
		return i18n.F("counts from %[3]s, when %[1]s stopped", "从 %[3]s %[2]s停止起算", name.En, name.Zh, from)
	}
}
