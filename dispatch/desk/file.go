package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/record"
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
	release, err := d.sends.hold(ctx, string(reportKey(person, r.ClientID)))
	if err != nil {
		return nil, false, err
	}
	defer release()
	r.Reporter, r.ReceivedAt = person, d.now()
	for range retries {
		cs, created, err = d.fileOnce(ctx, person, &r)
		if !isConflict(err) {
			return cs, created, err
		}
		if isBehind(err) {
			if err := d.ready(ctx); err != nil {
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
	err := d.read(ctx, func(snap storage.Snapshot) (err error) {
		before, err = filedBefore(snap, person, r)
		return err
	})
	if err != nil || before != nil {
		return before, false, err
	}
	force := d.inForce()
	cs, batch, err := d.filing(ctx, force.city, person, r)
	if err == nil {
		batch.Guards = append(batch.Guards, force.guard())
		if err = d.commit(ctx, batch, cs.NextAt); err == nil {
			return cs, true, nil
		}
	}
	var known *dispatch.Case
	failed := d.read(ctx, func(snap storage.Snapshot) (err error) {
		if known, err = filedBefore(snap, person, r); err == nil && known == nil {
			err = force.stands(snap)
		}
		return err
	})
	var conflict *storage.ConflictError
	switch {
	case cs == nil:
	case errors.As(err, &conflict) && bytes.Equal(conflict.Key, caseKey(cs.ID)):
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
		keys[i] = string(reportKey(person, reports[i].ClientID))
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
	err := d.read(ctx, func(snap storage.Snapshot) error {
		for i := range reports {
			_, err := snap.Get(reportKey(person, reports[i].ClientID))
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
	force := d.inForce()
	all.Guards, all.Ops = append(make([]storage.Guard, 0, 2*len(reports)+1), force.guard()), make([]storage.Op, 0, 8*len(reports))
	seen := make(map[string]bool, len(reports))
	var earliest time.Time
	now := d.now()
	for i := range reports {
		r := reports[i]
		r.Reporter, r.ReceivedAt = person, now
		if seen[r.ClientID] || r.ClientID == "" || r.Joins != 0 || known[i] {
			alone = append(alone, i)
			continue
		}
		seen[r.ClientID] = true
		cs, b, err := d.filing(ctx, force.city, person, &r)
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
		if err := d.commit(ctx, all, earliest); err != nil {
			for _, i := range slices.Backward(together) {
				d.unused(out[i].Case.ID)
				out[i] = FileResult{Err: err}
			}
			if isConflict(err) { // somebody of them is known, a number is taken, another city decides: one by one
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
	cmd := dispatch.Command{Act: dispatch.ActFile, At: r.ReceivedAt, Actor: person, Post: post, Report: r, Place: &place}
	var still []storage.Guard
	if r.Joins != 0 {
		if cmd.Other, still, err = d.joined(ctx, c, person, r); err != nil {
			return nil, storage.Batch{}, err
		}
	}
	events, err := lifecycle.Decide(nil, cmd, c)
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
	after, ops, err := d.step(c, indexed{}, id, events)
	if err != nil {
		return nil, storage.Batch{}, err
	}
	val, err := record.EncodeFiled(record.Filed{Case: id, Hash: contentHash(r)})
	if err != nil {
		return nil, storage.Batch{}, err
	}
	key := reportKey(person, r.ClientID)
	return after.cs, storage.Batch{
		Guards: []storage.Guard{{Key: key}, {Key: caseKey(id)}},
		Ops:    append(ops, storage.Op{Key: key, Value: val}),
	}, nil
}

// filedBefore returns the case that the client id became, nil if it is new.
func filedBefore(snap storage.Snapshot, person roster.PersonID, r *dispatch.Report) (*dispatch.Case, error) {
	it, err := snap.Get(reportKey(person, r.ClientID))
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
	l, err := load(snap, was.Case)
	if err != nil {
		return nil, err
	}
	same, err := sameContent(r, was.Hash)
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, &ReusedIDError{ID: r.ClientID, Case: was.Case, Differs: differs(&l.cs.Report, r), Report: true}
	}
	return l.cs, nil
}

// content is what makes two reports the same: all that the phone sent, nothing that we added.
func content(r *dispatch.Report) []struct {
	Name  string
	Value any
} {
	photos := r.PhotoHashes
	if len(photos) == 0 {
		photos = nil
	}
	captured := int64(0)
	if !r.CapturedAt.IsZero() {
		captured = r.CapturedAt.UnixNano()
	}
	return []struct {
		Name  string
		Value any
	}{
		{"source", r.Source},
		{"category", r.Category},
		{"condition", r.Condition},
		{"text", r.Text},
		{"position", [4]float64{r.Position.Lat, r.Position.Lng, float64(r.Position.Datum), r.Position.AccuracyM}},
		{"captured_at", captured},
		{"photo_hashes", photos},
	}
}

// contentHash is of all that the phone sent, each text with its length before it.
func contentHash(r *dispatch.Report) []byte {
	b := make([]byte, 0, 256)
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	number := func(f float64) { b = binary.BigEndian.AppendUint64(b, math.Float64bits(f)) }
	b = binary.AppendUvarint(append(b, hashVersion), uint64(r.Source))
	text(string(r.Category))
	text(r.Condition)
	text(r.Text)
	b = binary.AppendUvarint(b, uint64(r.Position.Datum))
	number(r.Position.Lat)
	number(r.Position.Lng)
	number(r.Position.AccuracyM)
	captured := int64(0)
	if !r.CapturedAt.IsZero() {
		captured = r.CapturedAt.UnixNano()
	}
	b = binary.BigEndian.AppendUint64(b, uint64(captured))
	for _, p := range r.PhotoHashes {
		text(p)
	}
	if len(r.AfterPhotos) > 0 || r.Joins != 0 { // as it was before there were any
		b = binary.AppendUvarint(append(b, 0), uint64(r.Joins))
		for _, p := range r.AfterPhotos {
			text(p)
		}
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// hashVersion begins what contentHash hashes. The first version hashed the JSON of content: reports
// that were filed under it are still known by it.
const hashVersion = 2

// sameContent reports whether a stored hash is the report's.
func sameContent(r *dispatch.Report, stored []byte) (bool, error) {
	if bytes.Equal(contentHash(r), stored) {
		return true, nil
	}
	first, err := hashOf(content(r))
	return bytes.Equal(first, stored), err
}

func hashOf(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("hash content: %w", err)
	}
	sum := sha256.Sum256(b)
	return sum[:], nil
}

// differs names what is different in two reports, in the words of the wire.
func differs(a, b *dispatch.Report) []string {
	var names []string
	x, y := content(a), content(b)
	for i := range x {
		if fmt.Sprint(x[i].Value) == fmt.Sprint(y[i].Value) {
			continue
		}
		name := x[i].Name
		if name == "captured_at" { // the name that the first version hashed
			name = "captured_time"
		}
		names = append(names, name)
	}
	if !slices.Equal(a.AfterPhotos, b.AfterPhotos) {
		names = append(names, "after_photo_hashes")
	}
	if a.Joins != b.Joins {
		names = append(names, "joins")
	}
	return names
}
