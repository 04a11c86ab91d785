package desk

import (
	"context"
	"errors"
	"fmt"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/roster"
	"wangge/storage"
)

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
			for group, err := range eventsFrom(snap, l, l.cs.Seq) {
				if err != nil {
					return err
				}
				last = group[len(group)-1]
			}
		}
		return nil
	})
	if err != nil || done {
		return l.cs, err
	}
	c := d.City()
	cmd.Post, err = dispatch.Authorize(c, person, cmd.Act, l.cs, cmd.At)
	if err != nil {
		if !dispatch.MayRead(c, person, l.cs, cmd.At) {
			return nil, fmt.Errorf("%s: %w", id, ErrNoCase)
		}
		return nil, err
	}
	if last.Seq != 0 {
		return nil, &StaleError{Case: id, Have: l.cs.Seq, Want: etag, Last: last}
	}
	events, err := dispatch.Decide(l.cs, cmd, c)
	if err != nil {
		return nil, err
	}
	after, ops, err := d.step(c, l.indexed, id, events)
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
	if err := d.commit(ctx, batch, after.cs.NextAt); err != nil {
		return nil, err
	}
	return after.cs, nil
}
