package records

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// A Taker takes past records over; the results are in the order of the records. *desk.Desk is one.
type Taker interface {
	ImportBatch(context.Context, []desk.ImportRecord) ([]desk.ImportResult, error)
}

// A Takeover passes the records of a file to a Taker and counts the results.
type Takeover struct {
	*Reader
	to       Taker
	refusals *RefusedFile // nil = refused records are only counted

	records, imported, already, noAddress int
	unlocated                             tallied // records without a position
	refused, flagged                      tally
	owners                                map[string]int
	agreed                                struct{ department, ofDepartment, district, ofDistrict, due, ofDue int }
	spans                                 []span
}

// NewTakeover passes the records that rd reads to a taker. Refused records go to the file refused, or are only counted if it is nil.
func NewTakeover(rd *Reader, to Taker, refused *RefusedFile) *Takeover {
	return &Takeover{Reader: rd, to: to, refusals: refused, refused: tally{}, flagged: tally{}, owners: map[string]int{}}
}

// Run takes a file over and prints the counts in the language of o. It returns cli.ErrFound if no record of the file could be taken, and a
// Failure if the file can't be read or the taker fails.
func (im *Takeover) Run(ctx context.Context, w io.Writer, o *cli.Options, name string) error {
	if err := im.Read(name, func(batch []Record) error { return im.take(ctx, batch) }); err != nil {
		return cli.Failure(errors.Join(err, im.refusals.discard()))
	}
	if err := im.refusals.save(im.columns()); err != nil {
		return cli.Failure(err)
	}
	if err := im.print(w, o); err != nil {
		return err
	}
	if im.imported+im.already == 0 && im.records > 0 {
		return cli.ErrFound
	}
	return nil
}

// span is the time in which a record was open, with its deadline, for months.
type span struct{ opened, due, closed time.Time }

// take passes the readable records of a batch to the taker and counts the results, in the order of the file.
func (im *Takeover) take(ctx context.Context, batch []Record) error {
	var recs []desk.ImportRecord
	for _, p := range batch {
		if p.Unreadable == (i18n.Text{}) {
			recs = append(recs, p.Import)
		}
	}
	results, err := im.to.ImportBatch(ctx, recs)
	if err != nil {
		return err
	}
	for _, p := range batch {
		im.records++
		why, detail := p.Unreadable, p.detail
		if why == (i18n.Text{}) {
			r := results[0]
			if results = results[1:]; r.Err == nil {
				im.count(p, r)
				continue
			}
			why, detail = reason(r.Err), cli.PlaceErrorText(im.city, r.Err)
			if _, ok := errors.AsType[*calendar.YearError](r.Err); ok {
				detail = why
			}
		}
		if err := im.refuse(p, why, detail); err != nil {
			return err
		}
	}
	return nil
}

// refuse counts a refused record, and writes it to the file of refused records.
func (im *Takeover) refuse(p Record, why, detail i18n.Text) error {
	im.refused.add(why, p.line)
	if im.refusals == nil {
		return nil
	}
	if detail == (i18n.Text{}) {
		detail = why
	}
	return im.refusals.add(im.columns(), p.cells, detail.In(im.lang))
}

// columns are the columns of the file without the column of reasons.
func (im *Takeover) columns() []string {
	if im.reason < 0 {
		return im.head
	}
	return slices.Delete(slices.Clone(im.head), im.reason, im.reason+1)
}

// count counts a record that was taken or was there already.
func (im *Takeover) count(p Record, r desk.ImportResult) {
	for _, f := range p.flags {
		im.flagged.add(f, p.line)
	}
	cs := r.Case
	if r.Created {
		im.imported++
	} else {
		im.already++
		if closed := p.Import.ClosedAt; !closed.IsZero() && !cs.ClosedAt.Equal(closed) && (cs.Open() || closed.After(cs.Report.ReceivedAt)) {
			im.flagged.add(i18n.F("already there with another closing: left as it is", "已存在但结案时间不同：保持原样"), p.line)
		}
	}
	if p.noAddress {
		im.noAddress++
	}
	if p.Unlocated {
		im.unlocated.add(p.line, unlocatedLines)
	}
	unit := cs.Owner.Unit.String()
	im.owners[unit]++
	if want := im.format.Owners[p.department]; want != "" && !p.Unlocated {
		im.agreed.ofDepartment++
		if want == unit {
			im.agreed.department++
		}
	}
	if !p.noAddress && !p.Unlocated && p.district != "" && len(cs.Place.Areas) > 1 {
		im.agreed.ofDistrict++
		if p.district == string(cs.Place.Areas[1]) {
			im.agreed.district++
		}
	}
	clock := cs.Clock
	if !cs.Open() {
		clock = cs.Disposal
	}
	if !p.due.IsZero() {
		im.agreed.ofDue++
		if d := p.due.Sub(clock.Due); d.Abs() < time.Minute {
			im.agreed.due++
		}
	}
	im.spans = append(im.spans, span{cs.Report.ReceivedAt, clock.Due, p.Import.ClosedAt})
}

// reason is a refusal without the values of the single record, so that equal refusals are counted together.
func reason(err error) i18n.Text {
	var outside *grid.OutsideError
	var position *grid.PositionError
	var reused *ledger.ReusedIDError
	var year *calendar.YearError
	switch {
	case errors.As(err, &year):
		return i18n.F("the deadline can't be counted: the city has no calendar of the year %d", "无法计算时限：本市没有 %d 年的日历", year.Year)
	case errors.As(err, &outside):
		return i18n.F("outside the city", "位于城市之外")
	case errors.As(err, &position):
		return i18n.F("impossible position", "位置不可能")
	case errors.As(err, &reused) && reused.Number:
		return i18n.F("external number of another record", "外部编号已属于另一条记录")
	case errors.As(err, &reused):
		return i18n.F("id used before with other content: %s", "编号已用于内容不同的记录：%s", strings.Join(reused.Differs, ", "))
	default:
		return i18n.Of(err)
	}
}
