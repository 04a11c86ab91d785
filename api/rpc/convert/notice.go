package convert

import (
	"wangge/api/resource"
	"wangge/api/wangge/v1"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/rights"
)

// Channel renders a channel.
func Channel(name string) wanggev1.NoticeChannel {
	return Enum[wanggev1.NoticeChannel](wanggev1.NoticeChannel_value, "NOTICE_CHANNEL_", name)
}

// Notices renders deliveries. What went wrong may quote an address: only the person who was notified, the grid office
// and those who run the service read it.
func (v Viewer) Notices(in []outbox.Delivery) []*wanggev1.Notice {
	var out []*wanggev1.Notice
	runs := rights.Runs(v.City, v.Person, v.Now)
	for _, d := range in {
		n := &wanggev1.Notice{
			Case: resource.Case(d.Case), EventSequence: d.Seq,
			Channel: Channel(d.Channel),
			Person:  resource.Person(d.Person), PersonDisplayName: v.personName(d.Person), State: wanggev1.NoticeState(d.State),
			Time: Stamp(d.At), Attempts: int32(d.Attempts),
		}
		if why, public := d.Why(); public || d.Error != "" && (runs || rights.MaySeeContacts(v.City, v.Person, d.Person, v.Now)) {
			n.Error = v.words(why)
		}
		out = append(out, n)
	}
	return out
}
