package record

import (
	"sync"

	"google.golang.org/protobuf/proto"

	pb "wangge/dispatch/desk/record/recordv1"
)

// draft is the messages of one record while the record is encoded. A report alone has some fifteen: the next record is
// drafted in the same ones. A method of draft is the message of one value; the message is good until the draft is given
// back. Not safe for concurrent use.
type draft struct {
	cases      slab[pb.CaseRecord]
	filings    slab[pb.FilingRecord]
	acts       slab[pb.EventsRecord]
	filed      slab[pb.ReportRecord]
	events     slab[pb.EventRecord]
	reports    slab[pb.ReportContent]
	positions  slab[pb.PositionRecord]
	places     slab[pb.PlaceRecord]
	points     slab[pb.PointRecord]
	units      slab[pb.UnitRecord]
	owners     slab[pb.OwnerRecord]
	clocks     slab[pb.ClockRecord]
	elapsed    slab[pb.SpentRecord]
	milestones slab[pb.MilestoneRecord]
	requests   slab[pb.AskedRecord]
	rulings    slab[pb.RuledRecord]
	alarms     slab[pb.AlarmRecord]
	receipts   slab[pb.ReceiptRecord]
	links      slab[pb.ChainLinkRecord]
	texts      []string
}

// slab lends messages and lists of them.
type slab[M any] struct {
	all   []*M
	used  int
	lists []*M
}

// next lends a message, which holds what its last use left behind: the caller overwrites the whole.
func (s *slab[M]) next() *M {
	if s.used == len(s.all) {
		s.all = append(s.all, new(M))
	}
	s.used++
	return s.all[s.used-1]
}

// list lends a list of n places.
func (s *slab[M]) list(n int) []*M {
	from := len(s.lists)
	s.lists = append(s.lists, make([]*M, n)...)
	return s.lists[from:len(s.lists):len(s.lists)]
}

// mostLent bounds what a draft keeps for the next record: so many messages of a kind and places in lists of them, and so
// many texts. A case, its report and an act need some ten; the draft of a larger record is dropped.
const mostLent = 256

// takeBack ends the loan of all messages and lists, and reports whether they are few enough to be lent again.
func (s *slab[M]) takeBack() bool {
	s.used, s.lists = 0, s.lists[:0]
	return len(s.all) <= mostLent && cap(s.lists) <= 2*mostLent
}

// drafts are those not in use.
var drafts = sync.Pool{New: func() any { return new(draft) }}

// drafted encodes the message that write drafts.
func drafted(version byte, write func(*draft) proto.Message) ([]byte, error) {
	d := drafts.Get().(*draft)
	b, err := encode(version, write(d))
	if d.takeBack() {
		drafts.Put(d)
	}
	return b, err
}

// takeBack ends the loan of everything, and reports whether the draft is small enough to be used again.
func (d *draft) takeBack() bool {
	small := cap(d.texts) <= 2*mostLent
	d.texts = d.texts[:0]
	for _, kept := range [...]bool{
		d.cases.takeBack(), d.filings.takeBack(), d.acts.takeBack(), d.filed.takeBack(), d.events.takeBack(),
		d.reports.takeBack(), d.positions.takeBack(), d.places.takeBack(), d.points.takeBack(), d.units.takeBack(),
		d.owners.takeBack(), d.clocks.takeBack(), d.elapsed.takeBack(), d.milestones.takeBack(), d.requests.takeBack(),
		d.rulings.takeBack(), d.alarms.takeBack(), d.receipts.takeBack(),
		d.links.takeBack(),
	} {
		small = small && kept
	}
	return small
}
