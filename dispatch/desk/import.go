package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
	"wangge/grid"
	"wangge/storage"
)

// importer is recorded as the reporter of all past records.
const importer roster.PersonID = "import"

// maxImport bounds the past records of one commit.
const maxImport = 200

// ImportRecord is a past record of another system. Report.ReceivedAt is the time of receipt in that system. A zero
// ClosedAt means that the record is still open. A ClosedAt before ReceivedAt is set to ReceivedAt: the record is
// kept, even if the clocks of the other system disagreed. Note and CloseNote become the notes of the first event and
// of the closing event.
//
// A record with the zero Report.Position has no position. Its case lies in Area and the areas above, and in no cell;
// an empty or unknown Area stands for the whole city. Owner answers for the case, or the nearest unit above with a
// post. With the zero Unit, or a unit for which nobody answers, the rules choose the owner. A record with a position
// is placed and routed by the position: Area and Owner are not read.
type ImportRecord struct {
	Report    dispatch.Report
	ClosedAt  time.Time
	Outcome   dispatch.Outcome
	Note      string // Example: the name of the channel in the other system
	CloseNote string
	Area      grid.AreaID
	Owner     roster.Unit
}

// ImportResult is the result of one record.
type ImportResult struct {
	Case    *dispatch.Case
	Created bool
	Err     error
}

// Import takes over one past record: see ImportBatch.
func (d *Desk) Import(ctx context.Context, rec ImportRecord) (*dispatch.Case, bool, error) {
	res, err := d.ImportBatch(ctx, []ImportRecord{rec})
	if err != nil {
		return nil, false, err
	}
	return res[0].Case, res[0].Created, res[0].Err
}

// ImportBatch takes over past records, each with its own result, in commits of at most 200. The import is idempotent
// by client id, also within the batch, and numbers each case by its day of receipt. The error is one of the store;
// records committed before the error stay.
func (d *Desk) ImportBatch(ctx context.Context, recs []ImportRecord) ([]ImportResult, error) {
	out := make([]ImportResult, 0, len(recs))
	for len(out) < len(recs) {
		chunk := recs[len(out):min(len(recs), len(out)+maxImport)]
		var res []ImportResult
		keys := make([]string, len(chunk))
		for i := range chunk {
			keys[i] = string(ledger.ReportKey(importer, chunk[i].Report.ClientID))
		}
		release, err := d.sends.reserve(ctx, keys...)
		if err != nil {
			return out, err
		}
		err = d.revisions.Do(ctx, "past records", func(_ context.Context, t *tx.Txn, a *revision.Active) error {
			res, err = d.importSome(t, a, chunk)
			return err
		})
		release()
		if err != nil {
			return out, fmt.Errorf("import: %w", err)
		}
		out = append(out, res...)
	}
	return out, nil
}

// ImportedBefore returns the case of a past record in a store, or nil. The store is only read. Errors: *ReusedIDError
// if another record has the same id; those of the store.
func ImportedBefore(ctx context.Context, e storage.Engine, rec ImportRecord) (cs *dispatch.Case, err error) {
	snap, err := e.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, snap.Close()) }()
	r := rec.Report
	r.Reporter, r.Source = importer, dispatch.SourceImport
	return filedBefore(snap, importer, &r)
}

// importSome takes over the first records, as many as fit into one commit and at least one.
func (d *Desk) importSome(t *tx.Txn, a *revision.Active, recs []ImportRecord) ([]ImportResult, error) {
	out := make([]ImportResult, len(recs))
	inBatch, numbers := map[string]int{}, map[string]int{} // by client id, and by number in the other system
	now := a.Now()
	for i := range recs {
		if t.Full() {
			return out[:i], nil
		}
		r := recs[i].Report
		r.Reporter, r.Source = importer, dispatch.SourceImport
		if j, ok := inBatch[r.ClientID]; ok {
			first := out[j].Case
			if names := ledger.Differs(&first.Report, &r); len(names) > 0 {
				out[i].Err = &ledger.ReusedIDError{ID: r.ClientID, Case: first.ID, Differs: names}
			} else {
				out[i].Case = first
			}
			continue
		}
		if err := validate(&r, &recs[i], now); err != nil {
			out[i].Err = err
			continue
		}
		if j, ok := numbers[r.ExternalID]; ok && r.ExternalID != "" {
			out[i].Err = numberTaken(out[j].Case, &r)
			continue
		}
		known, err := filedBefore(t.Snap, importer, &r)
		var reused *ledger.ReusedIDError
		if errors.As(err, &reused) || known != nil {
			out[i] = ImportResult{Case: known, Err: err}
			continue
		}
		if err != nil {
			return nil, err
		}
		was, _, err := numberedBefore(t.Snap, &r)
		if err != nil {
			return nil, err
		}
		if was != nil {
			out[i].Err = numberTaken(was, &r)
			continue
		}
		events, err := decideImport(a.City, &r, recs[i])
		if err != nil {
			out[i].Err = err
			continue
		}
		id, err := d.numbers.take(t, a.City, r.ReceivedAt)
		if err != nil {
			return nil, err
		}
		cs, err := addCase(t, a.City, id, importer, &r, events)
		if err != nil {
			return nil, err
		}
		out[i] = ImportResult{Case: cs, Created: true}
		inBatch[r.ClientID], numbers[r.ExternalID] = i, i
	}
	return out, nil
}

// MaxImportText bounds the text of a past record, in bytes. Other systems keep whole letters there.
const MaxImportText = 64 << 10

// Why a past record is refused on its own. *grid.PositionError, *grid.OutsideError, *ReusedIDError and the errors of
// lifecycle.Decide are further reasons.
var (
	ErrBadRecordID      = i18n.Errorf("a past record needs an id of 1 to 200 bytes of UTF-8", "以往记录须有 1 至 200 字节的 UTF-8 编号")
	ErrBadRecordText    = i18n.Errorf("a past record's text is not UTF-8", "以往记录的文字不是 UTF-8")
	ErrLongRecordText   = i18n.Errorf("a past record's text is longer than %d bytes", "以往记录的文字超过 %d 字节", MaxImportText)
	ErrStrayCharacter   = i18n.Errorf("a past record holds a control character", "以往记录含有控制字符")
	ErrLongRecordField  = i18n.Errorf("a past record's caller, address, number or place in a building is longer than %d bytes", "以往记录的来电人、地址、编号或楼栋信息超过 %d 字节", maxImportField)
	ErrNoReceipt        = i18n.Errorf("a past record needs the time at which it was received", "以往记录须有受理时间")
	ErrReceivedInFuture = i18n.Errorf("received in the future: a past record must be received before now", "受理时间在将来：以往记录的受理时间须早于现在")
	ErrClosedInFuture   = i18n.Errorf("closed in the future: a past record must be closed before now", "结案时间在将来：以往记录的结案时间须早于现在")
)

// validate checks what the store cannot. A record that fails is refused on its own.
func validate(r *dispatch.Report, rec *ImportRecord, now time.Time) error {
	switch {
	case r.ClientID == "" || len(r.ClientID) > 200 || !utf8.ValidString(r.ClientID) || strings.ContainsRune(r.ClientID, 0):
		return ErrBadRecordID
	case !utf8.ValidString(r.Text), !utf8.ValidString(rec.Note), !utf8.ValidString(rec.CloseNote):
		return ErrBadRecordText
	case max(len(r.Text), len(rec.Note), len(rec.CloseNote)) > MaxImportText:
		return ErrLongRecordText
	case slices.ContainsFunc(fieldsOf(r), func(t string) bool { return len(t) > maxImportField }):
		return ErrLongRecordField
	case slices.ContainsFunc(fieldsOf(r), func(t string) bool { return !utf8.ValidString(t) }):
		return ErrBadRecordText
	case strayIn(r.ClientID, r.Text, rec.Note, rec.CloseNote), strayIn(fieldsOf(r)...):
		return ErrStrayCharacter
	case r.ReceivedAt.IsZero():
		return ErrNoReceipt
	case r.ReceivedAt.After(now):
		return ErrReceivedInFuture
	case rec.ClosedAt.After(now):
		return ErrClosedInFuture
	}
	if r.Position == (grid.Position{}) {
		return nil
	}
	return r.Position.Validate()
}

// maxImportField bounds each text of a past record beside Text and the notes, in bytes.
const maxImportField = 1000

// fieldsOf are those texts.
func fieldsOf(r *dispatch.Report) []string {
	return []string{
		r.Caller.Name, r.Caller.Phone, r.Address, r.ExternalID, r.Component, r.Building, r.UnitNo, r.Floor,
	}
}

func strayIn(texts ...string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { _, at := i18n.Stray(t); return at > 0 })
}

// decideImport returns the events of a past record, and sets the report's time of receipt in the city's zone.
func decideImport(c *city.City, r *dispatch.Report, rec ImportRecord) ([]dispatch.Event, error) {
	place, owner, err := placed(c, r, &rec)
	if err != nil {
		return nil, err
	}
	at := r.ReceivedAt.Round(0).In(c.Location)
	r.ReceivedAt = at
	facts := lifecycle.Facts{Filing: &lifecycle.Filing{Report: r, Place: &place, Recorded: owner}}
	events, err := lifecycle.Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: at, Actor: importer}, facts, c)
	if err != nil {
		return nil, err
	}
	events[0].Note = rec.Note
	if !rec.ClosedAt.IsZero() {
		closed := rec.ClosedAt.Round(0).In(c.Location)
		if closed.Before(at) {
			closed = at
		}
		cs := &dispatch.Case{}
		for _, e := range events {
			cs = dispatch.Fold(cs, e)
		}
		end, err := lifecycle.Decide(cs, dispatch.Command{
			Act: dispatch.ActImport, At: closed, Actor: importer, Outcome: rec.Outcome, Note: rec.CloseNote,
		}, lifecycle.Facts{}, c)
		if err != nil {
			return nil, err
		}
		events = append(events, end...)
	}
	return events, nil
}

// placed returns where a past record lies, and the owner that the record names; a nil owner leaves the choice to the
// rules.
func placed(c *city.City, r *dispatch.Report, rec *ImportRecord) (dispatch.Place, *dispatch.Owner, error) {
	if r.Position != (grid.Position{}) {
		p, err := routing.PlaceOf(c, r.Position)
		return p, nil, err
	}
	p := routing.Unlocated(c, rec.Area)
	if o, ok := routing.RecordedOwner(c, rec.Owner); ok {
		return p, &o, nil
	}
	return p, nil, nil
}
