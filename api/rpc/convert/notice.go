package convert

import (
	"wangge/api/resource"
	"wangge/api/wangge/v1"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/lifecycle"
)

// Notices renders deliveries. What went wrong may quote an address: only the person who was notified and the grid
// office read it.
func (v Viewer) Notices(in []outbox.Delivery) []*wanggev1.Notice {
	var out []*wanggev1.Notice
	for _, d := range in {
		n := &wanggev1.Notice{
			Case: resource.Case(d.Case), EventSequence: d.Seq,
			Channel: Enum[wanggev1.NoticeChannel](wanggev1.NoticeChannel_value, "NOTICE_CHANNEL_", d.Channel),
			Person:  resource.Person(d.Person), PersonDisplayName: v.personName(d.Person), State: wanggev1.NoticeState(d.State),
			Time: Stamp(d.At), Attempts: int32(d.Attempts),
		}
		if d.Error != "" && lifecycle.MaySeeContacts(v.City, v.Person, d.Person, v.Now) {
			n.Error = d.Error
		}
		out = append(out, n)
	}
	return out
}
