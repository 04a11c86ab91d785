package caseview

import (
	"cmp"
	"strings"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/i18n"
)

// platform is a platform in words: "道里区平台"; that of the city without a unit.
func (w Words) platform(name, u string) string {
	if u == "" {
		return w.In("the city's platform", "市平台")
	}
	return w.In("the platform of %s", "%s平台", unit(name, u))
}

// chain lists the dispatches, one a line: platform, unit, times, end.
func (w Words) chain(links []*wanggev1.ChainLink) (out []string) {
	for _, l := range links {
		o := l.GetOwner()
		to := unit(o.GetUnitDisplayName(), o.GetUnit())
		if l.GetToPlatform() {
			to = w.platform(o.GetUnitDisplayName(), o.GetUnit())
		}
		by := w.platform(l.GetPlatformDisplayName(), l.GetPlatform())
		facts := []string{w.In("%[1]s to %[2]s, %[3]s", "%[1]s派遣至%[2]s，%[3]s", by, to, w.Minute(l.GetDispatchTime()))}
		late := ""
		if d := l.GetLate().AsDuration(); d > 0 {
			late = i18n.Lasting(d).In(w.Lang)
		}
		for _, t := range []struct {
			label i18n.Text
			value string
		}{
			{i18n.F("dispatch again by", "二次派遣截止"), w.Minute(l.GetDueTime())},
			{i18n.F("dispatched again", "二次派遣"), w.Minute(l.GetSecondDispatchTime())},
			{i18n.F("late by", "二次派遣超时"), late},
			{i18n.F("ended", "终止"), w.Minute(l.GetEndTime())},
		} {
			if t.value != "" {
				facts = append(facts, joined(" ", t.label.In(w.Lang), t.value))
			}
		}
		if w.Why && l.GetRule() != "" {
			facts = append(facts, cmp.Or(byPeople[l.GetRule()].In(w.Lang), l.GetRule()))
		}
		out = append(out, strings.Join(facts, w.In(", ", "，")))
	}
	return out
}
