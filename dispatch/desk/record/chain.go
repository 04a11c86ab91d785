package record

import (
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
)

func (d *draft) link(v *dispatch.ChainLink) *pb.ChainLinkRecord {
	m := d.links.next()
	*m = pb.ChainLinkRecord{
		Platform: unlessZero(&v.Platform, d.unit),
		To:       d.owner(&v.To),
		Rule:     v.Rule,
		By:       string(v.By),
		At:       stamp(v.At),
		Due:      stamp(v.Due),
		Missed:   v.Missed,
		On:       stamp(v.On),
		Ended:    stamp(v.Ended),
		Refused:  int32(v.Refused),
	}
	return m
}

func linkOf(m *pb.ChainLinkRecord) dispatch.ChainLink {
	return dispatch.ChainLink{
		Platform: unitOf(m.GetPlatform()),
		To:       ownerOf(m.GetTo()),
		Rule:     m.GetRule(),
		By:       roster.PersonID(m.GetBy()),
		At:       stampOf(m.GetAt()),
		Due:      stampOf(m.GetDue()),
		Missed:   m.GetMissed(),
		On:       stampOf(m.GetOn()),
		Ended:    stampOf(m.GetEnded()),
		Refused:  int(m.GetRefused()),
	}
}
