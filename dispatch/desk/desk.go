// Package desk keeps cases: it loads, lets package dispatch decide, and commits under a guard.
// One act is one read and one commit; who loses a race reads again, a bounded number of times.
package desk

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/roster"
	"wangge/storage"
)

// retries bounds how often a lost race is run again.
const retries = 8

// Config says what a desk works with. Store and City are required.
type Config struct {
	Store storage.Engine
	City  *city.City
	Clock Clock        // nil = SystemClock
	Log   *slog.Logger // nil = slog.Default
}

// Desk keeps the cases of one city. It is safe for concurrent use; several desks, also in several
// processes, may share one store.
type Desk struct {
	store storage.Engine
	city  *city.City
	clock Clock
	log   *slog.Logger
	wake  chan struct{} // size 1: a timer may have become the earliest

	mu    sync.Mutex
	last  map[uint64]uint64              // local day -> last sequence given out
	stuck map[dispatch.CaseID]stuckTimer // timers that failed
}

// Open returns a desk over the store. The caller keeps the store and closes it after the desk's
// last call.
func Open(ctx context.Context, cfg Config) (*Desk, error) {
	if cfg.Store == nil || cfg.City == nil {
		return nil, errors.New("desk: a store and a city are required")
	}
	if cfg.Clock == nil {
		cfg.Clock = SystemClock{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	d := &Desk{
		store: cfg.Store, city: cfg.City, clock: cfg.Clock, log: cfg.Log, wake: make(chan struct{}, 1),
		last: map[uint64]uint64{}, stuck: map[dispatch.CaseID]stuckTimer{},
	}
	id, err := d.nextID(ctx, d.now())
	if err != nil {
		return nil, fmt.Errorf("open desk: %w", err)
	}
	d.forgetDay(id) // only read to see that the store answers: no number is used up
	return d, nil
}

// City returns the city that decides.
func (d *Desk) City() *city.City { return d.city }

func (d *Desk) now() time.Time { return d.clock.Now().Round(0).In(d.city.Location) }

func (d *Desk) notify() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// nextID gives out the next case number of the local day of t. A day is read from the store once.
func (d *Desk) nextID(ctx context.Context, t time.Time) (dispatch.CaseID, error) {
	t = t.In(d.city.Location)
	first := dispatch.NewCaseID(t, 0)
	day := uint64(first)
	d.mu.Lock()
	defer d.mu.Unlock()
	seq, ok := d.last[day]
	if !ok {
		snap, err := d.store.Snapshot(ctx)
		if err != nil {
			return 0, err
		}
		defer snap.Close()
		for it, err := range snap.Scan(storage.Range{Start: caseKey(first), End: caseKey(dispatch.NewCaseID(t, dispatch.MaxDaySequence)), Reverse: true}) {
			if err != nil {
				return 0, err
			}
			seq = tailID(it.Key).Sequence()
			break
		}
	}
	if seq >= dispatch.MaxDaySequence-1 {
		return 0, fmt.Errorf("no case number is left for %s", t.Format(time.DateOnly))
	}
	d.last[day] = seq + 1
	return first + dispatch.CaseID(seq+1), nil
}

// forgetDay makes the next case number of the day be read from the store again.
func (d *Desk) forgetDay(id dispatch.CaseID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.last, uint64(id)-id.Sequence())
}

// loaded is a case as the store holds it.
type loaded struct {
	indexed
	rev storage.Revision
}

func load(snap storage.Snapshot, id dispatch.CaseID) (loaded, error) {
	it, err := snap.Get(caseKey(id))
	if errors.Is(err, storage.ErrNotFound) {
		return loaded{}, fmt.Errorf("%s: %w", id, ErrNoCase)
	}
	if err != nil {
		return loaded{}, fmt.Errorf("read case %s: %w", id, err)
	}
	cs, scopes, err := record.DecodeCase(it.Value)
	if err != nil {
		return loaded{}, fmt.Errorf("read case %s: %w", id, err)
	}
	return loaded{indexed{cs, scopes}, it.Revision}, nil
}

// read runs f on one snapshot.
func (d *Desk) read(ctx context.Context, f func(storage.Snapshot) error) error {
	snap, err := d.store.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer snap.Close()
	return f(snap)
}

// step folds the events and returns the new case with what must be written.
func (d *Desk) step(before indexed, id dispatch.CaseID, events []dispatch.Event) (indexed, []storage.Op, error) {
	cs := before.cs
	if cs == nil {
		cs = &dispatch.Case{ID: id}
	}
	for _, e := range events {
		cs = dispatch.Fold(cs, e)
	}
	after := indexed{cs, scopesOf(d.city, cs)}
	ops, err := diff(before, after, events)
	return after, ops, err
}

// File takes a report in and returns its case. The same report under the same client id gives
// the same case with created false; another report under that id gives *ReusedIDError. ReceivedAt
// and Reporter are set here. Errors of dispatch.Authorize, PlaceOf and Decide pass through;
// storage.ErrConflict after too many lost races.
func (d *Desk) File(ctx context.Context, person roster.PersonID, r dispatch.Report) (cs *dispatch.Case, created bool, err error) {
	if r.ClientID == "" {
		return nil, false, errors.New("a report needs a client id")
	}
	r.Reporter, r.ReceivedAt = person, d.now()
	for range retries {
		cs, created, err = d.fileOnce(ctx, person, &r)
		if !isConflict(err) {
			return cs, created, err
		}
	}
	return nil, false, fmt.Errorf("file %s: %w", r.ClientID, err)
}

func (d *Desk) fileOnce(ctx context.Context, person roster.PersonID, r *dispatch.Report) (*dispatch.Case, bool, error) {
	var known *dispatch.Case
	err := d.read(ctx, func(snap storage.Snapshot) (err error) {
		known, err = filedBefore(snap, person, r)
		return err
	})
	if err != nil || known != nil {
		return known, false, err
	}
	post, err := dispatch.Authorize(d.city, person, dispatch.ActFile, nil, r.ReceivedAt)
	if err != nil {
		return nil, false, err
	}
	place, err := dispatch.PlaceOf(d.city, r.Position)
	if err != nil {
		return nil, false, err
	}
	events, err := dispatch.Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: r.ReceivedAt, Actor: person, Post: post, Report: r, Place: &place}, d.city)
	if err != nil {
		return nil, false, err
	}
	cs, batch, err := d.newCase(ctx, person, r, events)
	if err != nil {
		return nil, false, err
	}
	if _, err := d.store.Commit(ctx, batch); err != nil {
		if isConflict(err) {
			d.forgetDay(cs.ID)
		}
		return nil, false, err
	}
	d.notify()
	return cs, true, nil
}

// newCase numbers a case and builds its one batch: guarded by the absence of the id and the case.
func (d *Desk) newCase(ctx context.Context, person roster.PersonID, r *dispatch.Report, events []dispatch.Event) (*dispatch.Case, storage.Batch, error) {
	id, err := d.nextID(ctx, r.ReceivedAt)
	if err != nil {
		return nil, storage.Batch{}, err
	}
	after, ops, err := d.step(indexed{}, id, events)
	if err != nil {
		return nil, storage.Batch{}, err
	}
	hash, err := contentHash(r)
	if err != nil {
		return nil, storage.Batch{}, err
	}
	val, err := record.EncodeFiled(record.Filed{Case: id, Hash: hash})
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
	hash, err := contentHash(r)
	if err != nil {
		return nil, err
	}
	if string(hash) != string(was.Hash) {
		return nil, &ReusedIDError{ID: r.ClientID, Case: was.Case, Differs: differs(&l.cs.Report, r)}
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

func contentHash(r *dispatch.Report) ([]byte, error) {
	return hashOf(content(r))
}

func hashOf(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("hash content: %w", err)
	}
	sum := sha256.Sum256(b)
	return sum[:], nil
}

func differs(a, b *dispatch.Report) []string {
	var names []string
	x, y := content(a), content(b)
	for i := range x {
		if fmt.Sprint(x[i].Value) != fmt.Sprint(y[i].Value) {
			names = append(names, x[i].Name)
		}
	}
	return names
}

// Act runs one command against a case and returns the new case. etag is the case's Seq that the
// caller saw, 0 for any; another one gives *StaleError. A request id makes the act idempotent:
// repeated, it returns the present case; with another act it gives *ReusedIDError. "" asks for
// none of that. Also: ErrNoCase, *dispatch.NotAllowedError, the errors of dispatch.Decide, and
// storage.ErrConflict after too many lost races.
func (d *Desk) Act(ctx context.Context, person roster.PersonID, id dispatch.CaseID, etag uint64, requestID string, cmd dispatch.Command) (*dispatch.Case, error) {
	if cmd.Act == dispatch.ActFile {
		return nil, errors.New("a report is filed with File, not with Act")
	}
	var err error
	for range retries {
		var cs *dispatch.Case
		cs, err = d.actOnce(ctx, person, id, etag, requestID, cmd)
		if !isConflict(err) {
			return cs, err
		}
	}
	return nil, fmt.Errorf("%s case %s: %w", cmd.Act, id, err)
}

func (d *Desk) actOnce(ctx context.Context, person roster.PersonID, id dispatch.CaseID, etag uint64, requestID string, cmd dispatch.Command) (*dispatch.Case, error) {
	cmd.Actor, cmd.Post, cmd.At, cmd.Report, cmd.Place = person, "", time.Time{}, nil, nil
	hash, err := hashOf([]any{id, cmd})
	if err != nil {
		return nil, err
	}
	cmd.At = d.now()
	var l loaded
	var last dispatch.Event
	done := false
	err = d.read(ctx, func(snap storage.Snapshot) (err error) {
		if requestID != "" {
			it, err := snap.Get(requestKey(person, requestID))
			if err == nil {
				was, err := record.DecodeActed(it.Value)
				if err != nil {
					return err
				}
				if string(was.Hash) != string(hash) {
					return &ReusedIDError{ID: requestID, Case: was.Case, Differs: []string{"act"}}
				}
				done = true
			} else if !errors.Is(err, storage.ErrNotFound) {
				return err
			}
		}
		if l, err = load(snap, id); err != nil || done {
			return err
		}
		if etag != 0 && etag != l.cs.Seq {
			it, err := snap.Get(eventKey(id, l.cs.Seq))
			if err != nil {
				return fmt.Errorf("read last event of case %s: %w", id, err)
			}
			last, err = record.DecodeEvent(it.Value)
			return err
		}
		return nil
	})
	if err != nil || done {
		return l.cs, err
	}
	cmd.Post, err = dispatch.Authorize(d.city, person, cmd.Act, l.cs, cmd.At)
	if err != nil {
		if !dispatch.MayRead(d.city, person, l.cs, cmd.At) {
			return nil, fmt.Errorf("%s: %w", id, ErrNoCase)
		}
		return nil, err
	}
	if last.Seq != 0 {
		return nil, &StaleError{Case: id, Have: l.cs.Seq, Want: etag, Last: last}
	}
	events, err := dispatch.Decide(l.cs, cmd, d.city)
	if err != nil {
		return nil, err
	}
	after, ops, err := d.step(l.indexed, id, events)
	if err != nil {
		return nil, err
	}
	batch := storage.Batch{Guards: []storage.Guard{{Key: caseKey(id), Revision: l.rev}}, Ops: ops}
	if requestID != "" {
		val, err := record.EncodeActed(record.Acted{Case: id, Seq: after.cs.Seq, Hash: hash})
		if err != nil {
			return nil, err
		}
		key := requestKey(person, requestID)
		batch.Guards = append(batch.Guards, storage.Guard{Key: key})
		batch.Ops = append(batch.Ops, storage.Op{Key: key, Value: val})
	}
	if _, err := d.store.Commit(ctx, batch); err != nil {
		return nil, err
	}
	d.notify()
	return after.cs, nil
}

// importer is the person under whom past records are filed.
const importer roster.PersonID = "import"

// maxOps is where a shared batch is full: one more case stays below storage.MaxBatchOps.
const maxOps = storage.MaxBatchOps - 1024

// maxImport is how many past records share one commit.
const maxImport = 200

// ImportRecord is a past record of another system. Its report's ReceivedAt is when that system
// took it; ClosedAt zero = still open.
type ImportRecord struct {
	Report   dispatch.Report
	ClosedAt time.Time
	Outcome  dispatch.Outcome
}

// ImportResult is what became of one record.
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

// ImportBatch takes over past records, each with its own result, in commits of at most 200. It is
// idempotent by client id, also within the batch, and numbers each case by the day on which it was
// received. The error is for the store; records committed before it stay.
func (d *Desk) ImportBatch(ctx context.Context, recs []ImportRecord) ([]ImportResult, error) {
	out := make([]ImportResult, 0, len(recs))
	for len(out) < len(recs) {
		chunk := recs[len(out):min(len(recs), len(out)+maxImport)]
		var err error
		var res []ImportResult
		for range retries {
			res, err = d.importOnce(ctx, chunk)
			if !isConflict(err) {
				break
			}
		}
		if err != nil {
			return out, fmt.Errorf("import: %w", err)
		}
		out = append(out, res...)
	}
	d.notify()
	return out, nil
}

// importOnce takes over the first of the records, as many as fit into one commit, at least one.
func (d *Desk) importOnce(ctx context.Context, recs []ImportRecord) ([]ImportResult, error) {
	out := make([]ImportResult, len(recs))
	var batch storage.Batch
	inBatch := map[string]int{}
	err := d.read(ctx, func(snap storage.Snapshot) error {
		for i := range recs {
			if len(batch.Ops) >= maxOps {
				out = out[:i]
				return nil
			}
			r := recs[i].Report
			r.Reporter, r.Source = importer, dispatch.SourceImport
			if j, ok := inBatch[r.ClientID]; ok {
				first := out[j].Case
				if names := differs(&first.Report, &r); len(names) > 0 {
					out[i].Err = &ReusedIDError{ID: r.ClientID, Case: first.ID, Differs: names}
				} else {
					out[i].Case = first
				}
				continue
			}
			known, err := filedBefore(snap, importer, &r)
			if err != nil || known != nil {
				out[i] = ImportResult{Case: known, Err: err}
				continue
			}
			cs, b, err := d.importCase(ctx, &r, recs[i])
			if err != nil {
				out[i].Err = err
				continue
			}
			out[i] = ImportResult{Case: cs, Created: true}
			inBatch[r.ClientID] = i
			batch.Guards = append(batch.Guards, b.Guards...)
			batch.Ops = append(batch.Ops, b.Ops...)
		}
		return nil
	})
	if err != nil || len(batch.Ops) == 0 {
		return out, err
	}
	if _, err := d.store.Commit(ctx, batch); err != nil {
		for i := range out {
			if out[i].Created {
				d.forgetDay(out[i].Case.ID)
			}
		}
		return nil, err
	}
	return out, nil
}

func (d *Desk) importCase(ctx context.Context, r *dispatch.Report, rec ImportRecord) (*dispatch.Case, storage.Batch, error) {
	if r.ClientID == "" || r.ReceivedAt.IsZero() {
		return nil, storage.Batch{}, errors.New("a past record needs a client id and a time of receipt")
	}
	if !rec.ClosedAt.IsZero() && rec.ClosedAt.Before(r.ReceivedAt) {
		return nil, storage.Batch{}, fmt.Errorf("record %s was closed before it was received", r.ClientID)
	}
	place, err := dispatch.PlaceOf(d.city, r.Position)
	if err != nil {
		return nil, storage.Batch{}, err
	}
	at := r.ReceivedAt.Round(0).In(d.city.Location)
	r.ReceivedAt = at
	events, err := dispatch.Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: at, Actor: importer, Report: r, Place: &place}, d.city)
	if err != nil {
		return nil, storage.Batch{}, err
	}
	if !rec.ClosedAt.IsZero() {
		cs := &dispatch.Case{}
		for _, e := range events {
			cs = dispatch.Fold(cs, e)
		}
		end, err := dispatch.Decide(cs, dispatch.Command{Act: dispatch.ActImport, At: rec.ClosedAt.Round(0).In(d.city.Location), Actor: importer, Outcome: rec.Outcome}, d.city)
		if err != nil {
			return nil, storage.Batch{}, err
		}
		events = append(events, end...)
	}
	return d.newCase(ctx, importer, r, events)
}
