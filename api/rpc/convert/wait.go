package convert

import (
	"cmp"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/waits"
)

// waits renders what a case waits for, and who is on duty for it now.
func (v Viewer) waits(cs *dispatch.Case) (out []*wanggev1.Wait) {
	for _, w := range waits.For(v.City, cs) {
		wait := &wanggev1.Wait{
			Kind: wanggev1.WaitKind(w.What), DisplayName: v.words(w.What.Text()),
			Unit: resource.Unit(w.Unit), UnitDisplayName: v.words(v.City.UnitName(w.Unit)), Post: resource.Post(w.Post),
		}
		for _, to := range waits.Answerers(v.City, cs, w, v.Now) {
			wait.People = append(wait.People, resource.Person(to.Person))
			wait.PeopleDisplayNames = append(wait.PeopleDisplayNames, cmp.Or(v.personName(to.Person), string(to.Person)))
		}
		out = append(out, wait)
	}
	return out
}
