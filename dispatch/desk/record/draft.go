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

// takeBack ends the loan of all messages and lists.
func (s *slab[M]) takeBack() { s.used, s.lists = 0, s.lists[:0] }

// drafts are those not in use. The garbage collector empties the pool: what a large record needed is not kept for good.
var drafts = sync.Pool{New: func() any { return new(draft) }}

// drafted encodes the message that write drafts.
func drafted(version byte, write func(*draft) proto.Message) ([]byte, error) {
	d := drafts.Get().(*draft)
	defer d.giveBack()
	return encode(version, write(d))
}

func (d *draft) giveBack() {
	d.cases.takeBack()
	d.filings.takeBack()
	d.acts.takeBack()
	d.filed.takeBack()
	d.events.takeBack()
	d.reports.takeBack()
	d.positions.takeBack()
	d.places.takeBack()
	d.points.takeBack()
	d.units.takeBack()
	d.owners.takeBack()
	d.clocks.takeBack()
	d.elapsed.takeBack()
	d.milestones.takeBack()
	d.requests.takeBack()
	d.rulings.takeBack()
	d.texts = d.texts[:0]
	drafts.Put(d)
}
