package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
	"wangge/storage"
)

// File files a report and returns the new case. The same report sent again under the same client id returns the same
// case, with created false, and so does the same report under the number of its source, from any sender. Another report
// under a used client id or number gives *ReusedIDError. File sets ReceivedAt and
// Reporter. Other errors: those of lifecycle.Authorize, PlaceOf and Decide, and storage.ErrConflict after too many
// lost races.
func (d *Desk) File(ctx context.Context, person roster.PersonID, r dispatch.Report) (cs *dispatch.Case, created bool, err error) {
	if r.ClientID == "" {
		return nil, false, errors.New("a report needs a client id")
	}
	release, err := d.sends.reserve(ctx, string(ledger.ReportKey(person, r.ClientID)))
	if err != nil {
		return nil, false, err
	}
	defer release()
	r.Reporter, r.ReceivedAt = person, d.revisions.Now()
	err = d.revisions.Do(ctx, "file "+r.ClientID, func(_ context.Context, t *tx.Txn, a *revision.Active) error {
		created = false
		if cs, err = filedBefore(t.Snap, person, &r); err != nil || cs != nil { // a repeated report takes no number
			return err
		}
		cs, created, err = d.file(t, a.City, person, &r)
		return err
	})
	if err == nil {
		return cs, created, nil
	}
	if created { // the commit failed, or was written but not confirmed
		cs = nil
		failed := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
			cs, err = filedBefore(snap, person, &r)
			return err
		})
		if failed != nil || cs != nil {
			return cs, false, failed
		}
	}
	return nil, false, err
}

// FileResult is the result of one report of a batch.
type FileResult struct {
	Case    *dispatch.Case
	Created bool
	Err     error // as returned by File
}

// MaxFileBatch bounds the reports of one FileBatch.
const MaxFileBatch = 200

// FileBatch files up to MaxFileBatch reports of one person, each with its own result. The new reports share one commit;
// those for which it has no room, because many people are told of each over many channels, share the next.
func (d *Desk) FileBatch(ctx context.Context, person roster.PersonID, reports []dispatch.Report) []FileResult {
	out := make([]FileResult, len(reports))
	if len(reports) > MaxFileBatch {
		for i := range out {
			out[i].Err = fmt.Errorf("%d reports in one batch; at most %d", len(reports), MaxFileBatch)
		}
		return out
	}
	keys := make([]string, len(reports))
	for i := range reports {
		keys[i] = string(ledger.ReportKey(person, reports[i].ClientID))
	}
	release, err := d.sends.reserve(ctx, keys...)
	if err != nil {
		for i := range out {
			out[i].Err = err
		}
		return out
	}
	alone := func() (alone []int) {
		defer release() // also when a panic passes, which a server survives
		all := make([]int, len(reports))
		for i := range all {
			all[i] = i
		}
		for len(all) > 0 {
			var some []int
			some, all = d.fileTogether(ctx, person, reports, all, out)
			alone = append(alone, some...)
		}
		return alone
	}()
	for _, i := range alone {
		out[i] = FileResult{}
		out[i].Case, out[i].Created, out[i].Err = d.File(ctx, person, reports[i])
	}
	return out
}

// fileTogether files the new reports at some indexes in one commit. It returns the indexes of those that need a
// transaction of their own, and of those for which the commit had no room: never all of them.
func (d *Desk) fileTogether(
	ctx context.Context, person roster.PersonID, reports []dispatch.Report, indexes []int, out []FileResult,
) (alone, left []int) {
	var together []int
	decided := false
	err := d.revisions.Do(ctx, "file a batch", func(_ context.Context, t *tx.Txn, a *revision.Active) error {
		decided, alone, left, together = false, nil, nil, make([]int, 0, len(indexes)) // discards what a lost race left
		t.Grow(2*len(indexes), (opsOfFiling+opsOfNotice*len(d.tx.Channels()))*len(indexes))
		seen := make(map[string]bool, len(indexes))
		now := a.Now()
		for n, i := range indexes {
			if t.Full() {
				left = indexes[n:]
				break
			}
			r := reports[i]
			r.Reporter, r.ReceivedAt = person, now
			_, err := t.Snap.Get(ledger.ReportKey(person, r.ClientID))
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return err
			}
			number := ""
			if r.ExternalID != "" {
				number = string(ledger.ExternalKey(r.Source, r.ExternalID))
			}
			if err == nil || seen[r.ClientID] || r.ClientID == "" || r.Joins != 0 || number != "" && seen[number] {
				alone = append(alone, i)
				continue
			}
			if seen[r.ClientID] = true; number != "" {
				seen[number] = true
			}
			var cs *dispatch.Case
			var created bool
			err = t.Try(func() (err error) {
				cs, created, err = d.file(t, a.City, person, &r)
				return err
			})
			if err != nil {
				alone = append(alone, i)
				continue
			}
			out[i] = FileResult{Case: cs, Created: created}
			together = append(together, i)
		}
		decided = true
		return nil
	})
	switch {
	case err == nil:
	case !decided:
		for _, i := range indexes {
			out[i] = FileResult{Err: err}
		}
		return nil, nil
	default:
		for _, i := range together {
			out[i] = FileResult{Err: err}
		}
		if tx.IsConflict(err) { // too many lost races: file one by one
			alone = append(together, alone...)
		}
	}
	return alone, left
}

// How many writes a report makes, and how many more for each channel when its owner alone is told.
const (
	opsOfFiling = 8
	opsOfNotice = 2
)

// file decides a report and adds its case to the transaction; false for a case that the report has become before under the
// number of its source.
func (d *Desk) file(t *tx.Txn, c *city.City, person roster.PersonID, r *dispatch.Report) (*dispatch.Case, bool, error) {
	if _, err := lifecycle.Authorize(c, person, dispatch.ActFile, nil, r.ReceivedAt); err != nil {
		return nil, false, err
	}
	place, err := routing.PlaceOf(c, r.Position)
	if err != nil {
		return nil, false, err
	}
	post, err := lifecycle.AuthorizeReport(c, r, &place, r.ReceivedAt)
	if err != nil {
		return nil, false, err
	}
	was, same, err := numberedBefore(t.Snap, r)
	switch {
	case err != nil:
		return nil, false, err
	case was == nil || was.Stage == dispatch.Voided || was.Stage == dispatch.Rejected: // the order is entered anew
	case same && rights.MayRead(c, person, was, r.ReceivedAt):
		return was, false, nil
	default:
		return nil, false, numberTakenTo(c, person, was, r)
	}
	cmd := dispatch.Command{Act: dispatch.ActFile, At: r.ReceivedAt, Actor: person, Post: post}
	facts := lifecycle.Facts{Filing: &lifecycle.Filing{Report: r, Place: &place}}
	if r.Joins != 0 {
		if facts.Other, err = loadOriginal(t, c, person, r); err != nil {
			return nil, false, err
		}
	}
	events, err := lifecycle.Decide(nil, cmd, facts, c)
	if err != nil {
		return nil, false, lifecycle.NarrowRefusal(err, c, person, nil, r.ReceivedAt)
	}
	id, err := d.numbers.take(t, c, r.ReceivedAt)
	if err != nil {
		return nil, false, err
	}
	cs, err := addCase(t, c, id, person, r, events)
	if err != nil {
		return nil, false, err
	}
	// After the case: its number may be that of the joined case, which another service has made. Then the commit loses.
	if err := takesIn(t, r.Joins, &dispatch.Case{ID: id}, events); err != nil {
		return nil, false, err
	}
	return cs, true, nil
}

// addCase adds a new case under a number, guarded by the absence of the report's id and of the case, and by the state of the
// report's number in the system of its source: no case has the number, or one that was voided or rejected. A case that
// takes another up again leaves that number to the other.
func addCase(
	t *tx.Txn, c *city.City, id dispatch.CaseID, person roster.PersonID, r *dispatch.Report, events []dispatch.Event,
) (*dispatch.Case, error) {
	val, err := record.EncodeFiled(record.Filed{Case: id, Hash: ledger.ContentHash(r)})
	if err != nil {
		return nil, err
	}
	key := ledger.ReportKey(person, r.ClientID)
	t.Guard(key, 0)
	t.Guard(ledger.CaseKey(id), 0)
	cs, err := t.Fold(c, ledger.Indexed{}, id, events)
	if err != nil {
		return nil, err
	}
	t.Put(key, val)
	if r.ExternalID != "" && cs.Reopens == 0 {
		number := ledger.ExternalKey(r.Source, r.ExternalID)
		it, err := t.Snap.Get(number)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		t.Guard(number, it.Revision) // 0: nobody has it
		t.Put(number, val)
	}
	return cs, nil
}

// numberedBefore returns the case that has the report's number in the system of its source, and whether the report says the
// same; nil for a number that no case has, and for a report without one.
func numberedBefore(snap storage.Snapshot, r *dispatch.Report) (*dispatch.Case, bool, error) {
	if r.ExternalID == "" {
		return nil, false, nil
	}
	it, err := snap.Get(ledger.ExternalKey(r.Source, r.ExternalID))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	was, err := record.DecodeFiled(it.Value)
	if err != nil {
		return nil, false, err
	}
	l, err := ledger.Load(snap, was.Case)
	if err != nil {
		return nil, false, err
	}
	same, err := ledger.SameContent(r, was.Hash)
	return l.Cs, same, err
}

// numberTaken is the error of a report whose number another case has.
func numberTaken(was *dispatch.Case, r *dispatch.Report) *ledger.ReusedIDError {
	return &ledger.ReusedIDError{ID: r.ExternalID, Case: was.ID, Differs: ledger.Differs(&was.Report, r), Report: true, Number: true}
}

// numberTakenTo is numberTaken as a person may know it: the case and what differs, when the person may read the case; whether
// the caller is the same, when the person may see the caller.
func numberTakenTo(c *city.City, person roster.PersonID, was *dispatch.Case, r *dispatch.Report) error {
	e := numberTaken(was, r)
	if !rights.MayRead(c, person, was, r.ReceivedAt) {
		e.Case, e.Differs = 0, nil
	}
	if !rights.MaySeeCaller(c, person, was, nil, r.ReceivedAt) {
		e.Differs = slices.DeleteFunc(e.Differs, func(field string) bool { return slices.Contains(callerFields, field) })
	}
	return e
}

// callerFields are the fields of a report that tell who called.
var callerFields = []string{"caller_name", "caller_phone", "confidential"}

// filedBefore returns the case that was filed under the report's client id, or nil.
func filedBefore(snap storage.Snapshot, person roster.PersonID, r *dispatch.Report) (*dispatch.Case, error) {
	it, err := snap.Get(ledger.ReportKey(person, r.ClientID))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	was, err := record.DecodeFiled(it.Value)
	if err != nil {
		return nil, err
	}
	l, err := ledger.Load(snap, was.Case)
	if err != nil {
		return nil, err
	}
	same, err := ledger.SameContent(r, was.Hash)
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, &ledger.ReusedIDError{ID: r.ClientID, Case: was.Case, Differs: ledger.Differs(&l.Cs.Report, r), Report: true}
	}
	return l.Cs, nil
}
