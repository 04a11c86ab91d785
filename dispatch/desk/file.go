package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
	"wangge/storage"
)

// File takes a report in and returns its case. The same report under the same client id gives
// the same case with created false; another report under that id gives *ReusedIDError. ReceivedAt
// and Reporter are set here. Errors of lifecycle.Authorize, PlaceOf and Decide pass through;
// storage.ErrConflict after too many lost races.
func (d *Desk) File(ctx context.Context, person roster.PersonID, r dispatch.Report) (cs *dispatch.Case, created bool, err error) {
	if r.ClientID == "" {
		return nil, false, errors.New("a report needs a client id")
	}
	release, err := d.sends.hold(ctx, string(ledger.ReportKey(person, r.ClientID)))
	if err != nil {
		return nil, false, err
	}
	defer release()
	r.Reporter, r.ReceivedAt = person, d.revisions.Now()
	for range tx.Retries {
		cs, created, err = d.fileOnce(ctx, person, &r)
		if !tx.IsConflict(err) {
			return cs, created, err
		}
		if tx.IsBehind(err) {
			if err := d.revisions.Ready(ctx); err != nil {
				return nil, false, err
			}
		}
	}
	return nil, false, fmt.Errorf("file %s: %w", r.ClientID, err)
}

// fileOnce decides and commits, unless the report is known already: that one takes no number. The guard on its
// client id finds what another desk has filed meanwhile.
func (d *Desk) fileOnce(ctx context.Context, person roster.PersonID, r *dispatch.Report) (*dispatch.Case, bool, error) {
	var before *dispatch.Case
	err := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		before, err = filedBefore(snap, person, r)
		return err
	})
	if err != nil || before != nil {
		return before, false, err
	}
	force := d.revisions.InForce()
	cs, batch, err := d.filing(ctx, force.City, person, r)
	if err == nil {
		batch.Guards = append(batch.Guards, force.Guard())
		if err = d.tx.Commit(ctx, batch, cs.NextAt); err == nil {
			return cs, true, nil
		}
	}
	var known *dispatch.Case
	failed := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if known, err = filedBefore(snap, person, r); err == nil && known == nil {
			err = force.Stands(snap)
		}
		return err
	})
	var conflict *storage.ConflictError
	switch {
	case cs == nil:
	case errors.As(err, &conflict) && bytes.Equal(conflict.Key, ledger.CaseKey(cs.ID)):
		failed = errors.Join(failed, d.taken(ctx, cs.ID))
	default:
		d.unused(cs.ID)
	}
	if failed != nil || known != nil {
		return known, false, failed
	}
	return nil, false, err
}

// FileResult is what became of one report of a batch.
type FileResult struct {
	Case    *dispatch.Case
	Created bool
	Err     error // as File gives it
}

// MaxFileBatch bounds FileBatch, so that its commit stays within storage.MaxBatchOps.
const MaxFileBatch = 200

// FileBatch files up to MaxFileBatch reports of one person, each with its own result, those that are new in
// one commit.
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
	release, err := d.sends.hold(ctx, keys...)
	if err != nil {
		for i := range out {
			out[i].Err = err
		}
		return out
	}
	alone := d.fileTogether(ctx, person, reports, out)
	release()
	for _, i := range alone {
		out[i] = FileResult{}
		out[i].Case, out[i].Created, out[i].Err = d.File(ctx, person, reports[i])
	}
	return out
}

// fileTogether files the reports that are new in one commit, and returns those that need a commit, or a look, of
// their own.
func (d *Desk) fileTogether(ctx context.Context, person roster.PersonID, reports []dispatch.Report, out []FileResult) (alone []int) {
	known := make([]bool, len(reports))
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for i := range reports {
			_, err := snap.Get(ledger.ReportKey(person, reports[i].ClientID))
			if known[i] = err == nil; err != nil && !errors.Is(err, storage.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for i := range out {
			out[i].Err = err
		}
		return nil
	}
	var all storage.Batch
	together := make([]int, 0, len(reports))
	force := d.revisions.InForce()
	all.Guards, all.Ops = append(make([]storage.Guard, 0, 2*len(reports)+1), force.Guard()), make([]storage.Op, 0, 8*len(reports))
	seen := make(map[string]bool, len(reports))
	var earliest time.Time
	now := d.revisions.Now()
	for i := range reports {
		r := reports[i]
		r.Reporter, r.ReceivedAt = person, now
		if seen[r.ClientID] || r.ClientID == "" || r.Joins != 0 || known[i] {
			alone = append(alone, i)
			continue
		}
		seen[r.ClientID] = true
		cs, b, err := d.filing(ctx, force.City, person, &r)
		if err != nil {
			alone = append(alone, i)
			continue
		}
		out[i] = FileResult{Case: cs, Created: true}
		together = append(together, i)
		if earliest.IsZero() || !cs.NextAt.IsZero() && cs.NextAt.Before(earliest) {
			earliest = cs.NextAt
		}
		all.Guards = append(all.Guards, b.Guards...)
		all.Ops = append(all.Ops, b.Ops...)
	}
	if len(together) > 0 {
		if err := d.tx.Commit(ctx, all, earliest); err != nil {
			for _, i := range slices.Backward(together) {
				d.unused(out[i].Case.ID)
				out[i] = FileResult{Err: err}
			}
			if tx.IsConflict(err) { // somebody of them is known, a number is taken, another city decides: one by one
				alone = append(together, alone...)
			}
		}
	}
	return alone
}

// filing builds the case and the batch of a report.
func (d *Desk) filing(ctx context.Context, c *city.City, person roster.PersonID, r *dispatch.Report) (*dispatch.Case, storage.Batch, error) {
	post, err := lifecycle.Authorize(c, person, dispatch.ActFile, nil, r.ReceivedAt)
	if err != nil {
		return nil, storage.Batch{}, err
	}
	place, err := routing.PlaceOf(c, r.Position)
	if err != nil {
		return nil, storage.Batch{}, err
	}
	cmd := dispatch.Command{Act: dispatch.ActFile, At: r.ReceivedAt, Actor: person, Post: post}
	facts := lifecycle.Facts{Filing: &lifecycle.Filing{Report: r, Place: &place}}
	var still []storage.Guard
	if r.Joins != 0 {
		if facts.Other, still, err = d.joined(ctx, c, person, r); err != nil {
			return nil, storage.Batch{}, err
		}
	}
	events, err := lifecycle.Decide(nil, cmd, facts, c)
	if err != nil {
		return nil, storage.Batch{}, lifecycle.Narrow(err, c, person, nil, r.ReceivedAt)
	}
	cs, batch, err := d.newCase(ctx, c, person, r, events)
	batch.Guards = append(batch.Guards, still...)
	return cs, batch, err
}

// newCase numbers a case and builds its one batch: guarded by the absence of the id and the case.
func (d *Desk) newCase(ctx context.Context, c *city.City, person roster.PersonID, r *dispatch.Report, events []dispatch.Event) (*dispatch.Case, storage.Batch, error) {
	id, err := d.nextID(ctx, r.ReceivedAt)
	if err != nil {
		return nil, storage.Batch{}, err
	}
	cs, batch, err := d.numbered(c, id, person, r, events)
	if err != nil {
		d.unused(id)
	}
	return cs, batch, err
}

// numbered builds the batch of a case whose number is given out.
func (d *Desk) numbered(c *city.City, id dispatch.CaseID, person roster.PersonID, r *dispatch.Report, events []dispatch.Event) (*dispatch.Case, storage.Batch, error) {
	after, ops, err := d.tx.Step(c, ledger.Indexed{}, id, events)
	if err != nil {
		return nil, storage.Batch{}, err
	}
	val, err := record.EncodeFiled(record.Filed{Case: id, Hash: ledger.ContentHash(r)})
	if err != nil {
		return nil, storage.Batch{}, err
	}
	key := ledger.ReportKey(person, r.ClientID)
	return after.Cs, storage.Batch{
		Guards: []storage.Guard{{Key: key}, {Key: ledger.CaseKey(id)}},
		Ops:    append(ops, storage.Op{Key: key, Value: val}),
	}, nil
}

// filedBefore returns the case that the client id became, nil if it is new.
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
