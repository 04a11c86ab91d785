package citytools

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// linkJSON is one dispatch on the way of a matter, with the names of wanggev1.ChainLink.
type linkJSON struct {
	Platform   string     `json:"platform,omitempty"` // none: the city's own
	Owner      ownerJSON  `json:"owner"`
	ToPlatform bool       `json:"to_platform,omitempty"`
	Rule       string     `json:"rule"`
	DueTime    *time.Time `json:"due_time,omitempty"` // until when the platform dispatches again

	by, to string // in words
}

// chain shows the dispatches of a matter.
func (v cityView) chain(links []dispatch.ChainLink) []linkJSON {
	out := []linkJSON{}
	platform := func(u roster.Unit) string {
		if u == (roster.Unit{}) {
			return i18n.F("the city's platform", "市平台").In(v.lang)
		}
		return i18n.F("the platform of %[1]s", "%[1]s平台", v.unitName(u)).In(v.lang)
	}
	for i := range links {
		l := &links[i]
		link := linkJSON{Owner: v.owner(l.To, l.At), ToPlatform: l.To.IsPlatform(), Rule: l.Rule, by: platform(l.Platform)}
		if l.Platform != (roster.Unit{}) {
			link.Platform = l.Platform.String()
		}
		if link.to = v.unitName(l.To.Unit) + " " + l.To.Unit.String(); link.ToPlatform {
			link.to = platform(l.To.Unit)
		}
		if !l.Due.IsZero() {
			link.DueTime = &l.Due
		}
		out = append(out, link)
	}
	return out
}
