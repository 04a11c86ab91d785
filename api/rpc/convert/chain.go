package convert

import (
	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
)

// Chain renders the dispatches of a case or of a matter that is explained.
func (v Viewer) Chain(links []dispatch.ChainLink) []*wanggev1.ChainLink {
	var out []*wanggev1.ChainLink
	for i := range links {
		l := &links[i]
		link := &wanggev1.ChainLink{
			Platform: resource.Unit(l.Platform), PlatformDisplayName: v.unitName(l.Platform), Owner: v.Owner(l.To), ToPlatform: l.To.IsPlatform(),
			Rule: l.Rule, Actor: resource.Person(l.By), DispatchTime: Stamp(l.At), DueTime: Stamp(l.Due), SecondDispatchTime: Stamp(l.On),
			Late: Lasting(l.LateOn(v.Now)), EndTime: Stamp(l.Ended),
		}
		out = append(out, link)
	}
	return out
}
