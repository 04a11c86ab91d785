package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/rights"
	"wangge/storage"
)

// Act runs one command against a case and returns the changed case. etag is the case's Seq as the caller knows it, or
// 0 to skip the check; another Seq gives *StaleError. A request id makes the act idempotent: the same act sent again
// returns the present case, and another act under the same id gives *ReusedIDError. An empty id turns this off. Other
// errors: ErrNoCase, *dispatch.NotAllowedError, the errors of lifecycle.Decide, and storage.ErrConflict after too
// many lost races.
func (d *Desk) Act(
	ctx context.Context, person roster.PersonID, id dispatch.CaseID, etag uint64, requestID string, cmd dispatch.Command,
) (*dispatch.Case, error) {
	if cmd.Act == dispatch.ActFile {
		return nil, errors.New("a report is filed with File, not with Act")
	}
	cmd.Actor, cmd.Post, cmd.At = person, "", time.Time{}
	asked := cmd // as sent by the caller
	var after *dispatch.Case
	ruled := false
	purpose := fmt.Sprintf("%s case %s", cmd.Act, id)
	err := d.revisions.Do(ctx, purpose, func(_ context.Context, t *tx.Txn, active *revision.Active) (err error) {
		if requestID != "" {
			if after, err = actedBefore(t.Snap, id, requestID, &asked); err != nil || after != nil {
				return err
			}
		}
		a := &actRun{d: d, t: t, active: active, c: active.City, id: id, etag: etag, cmd: cmd}
		a.cmd.At = active.Now()
		if err := a.decide(); err != nil {
			return err
		}
		if after, ruled = a.after, a.rules; requestID == "" {
			return nil
		}
		val, err := record.EncodeActed(record.Acted{Case: id, Seq: after.Seq, Hash: ledger.ActHash(id, &asked)})
		key := ledger.RequestKey(person, requestID)
		t.Guard(key, 0)
		t.Put(key, val)
		return err
	})
	if err != nil {
		return nil, err
	}
	if ruled { // the ruling must decide the next case at once
		return after, d.view.CaughtUp(ctx)
	}
	return after, nil
}

// actedBefore returns the case that a request has already changed, or nil for a new request. It returns
// *ReusedIDError if the earlier request was another act.
func actedBefore(snap storage.Snapshot, id dispatch.CaseID, requestID string, asked *dispatch.Command) (*dispatch.Case, error) {
	it, err := snap.Get(ledger.RequestKey(asked.Actor, requestID))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	was, err := record.DecodeActed(it.Value)
	if err != nil {
		return nil, err
	}
	same, err := ledger.SameAct(id, asked, was.Hash)
	if err != nil {
		return nil, err
	}
	if !same {
		reused := &ledger.ReusedIDError{ID: requestID, Case: was.Case, Differs: []string{"act"}}
		if was.Case != id {
			reused.Differs = []string{"name"}
		}
		return nil, reused
	}
	l, err := ledger.Load(snap, was.Case)
	return l.Cs, err
}

// actRun is the state of one run of an act's transaction.
type actRun struct {
	d      *Desk
	t      *tx.Txn
	active *revision.Active
	c      *city.City // the active city
	id     dispatch.CaseID
	etag   uint64
	cmd    dispatch.Command
	facts  lifecycle.Facts // the result of lookUp

	after *dispatch.Case
	rules bool // the act makes a precedent
}

func (a *actRun) decide() error {
	l, err := ledger.Load(a.t.Snap, a.id)
	if err != nil {
		return err
	}
	cs, backfilled, err := a.d.revisions.Current(a.t.Snap, a.active, l, a.cmd.At)
	if err != nil {
		return err
	}
	if a.cmd.At.Before(cs.UpdatedAt) { // another process has a clock that is ahead; the time of a case never goes back
		a.cmd.At = cs.UpdatedAt
	}
	a.cmd.Post, err = lifecycle.Authorize(a.c, a.cmd.Actor, a.cmd.Act, cs, a.cmd.At)
	if err != nil {
		if !rights.MayRead(a.c, a.cmd.Actor, cs, a.cmd.At) {
			return fmt.Errorf("%s: %w", a.id, ledger.ErrNoCase)
		}
		if !isRefused(err) {
			return err
		}
	}
	notYet := err // a stale etag is reported first
	if err := a.checkETag(l); err != nil {
		return err
	}
	if notYet != nil {
		return notYet
	}
	if err := a.lookUp(l); err != nil {
		return err
	}
	events, err := lifecycle.Decide(cs, a.cmd, a.facts, a.c)
	if err == nil && a.cmd.Act == dispatch.ActMerge {
		err = lifecycle.CheckMerge(a.c, cs, a.facts.Other, a.cmd)
	}
	if err != nil {
		return lifecycle.NarrowRefusal(err, a.c, a.cmd.Actor, cs, a.cmd.At)
	}
	if err := a.rule(cs, events); err != nil {
		return err
	}
	a.t.Guard(ledger.CaseKey(a.id), l.Rev)
	if err := takesIn(a.t, a.cmd.Target, cs, events); err != nil {
		return err
	}
	if a.after, err = a.t.Fold(a.c, l.Indexed, a.id, append(backfilled, events...)); err != nil {
		return err
	}
	if a.cmd.Act == dispatch.ActReopen {
		return a.reopen(l.Cs)
	}
	return nil
}

// takesIn writes the case that takes in a report of severity A, as it is: an act that would take the work or the urgency from
// that report, and has read the case before, is decided again.
func takesIn(t *tx.Txn, into dispatch.CaseID, cs *dispatch.Case, events []dispatch.Event) error {
	if !slices.ContainsFunc(events, func(e dispatch.Event) bool { return e.Kind == dispatch.EventMerged }) {
		return nil
	}
	if dispatch.FoldAll(cs, events).Severity != catalog.SeverityA {
		return nil
	}
	return t.Touch(ledger.CaseKey(into))
}

// checkETag refuses an outdated etag. The error tells the caller how many events have happened since, and the last one.
func (a *actRun) checkETag(l ledger.Loaded) error {
	if a.etag == 0 || a.etag == l.Cs.Seq {
		return nil
	}
	stale := &ledger.StaleError{Case: a.id, Have: l.Cs.Seq, Want: a.etag}
	for group, err := range ledger.EventsFrom(a.t.Snap, l, min(a.etag, l.Cs.Seq-1)+1) {
		if err != nil {
			return err
		}
		for _, e := range group {
			if e.Seq > a.etag {
				stale.Since++
			}
			stale.Last = e
		}
	}
	return stale
}

// lookUp reads the facts that the act's row of the transition table asks for.
func (a *actRun) lookUp(l ledger.Loaded) error {
	for _, what := range lifecycle.LookUps(a.cmd.Act) {
		if err := a.lookUpOne(l, what); err != nil {
			return err
		}
	}
	return nil
}

func (a *actRun) lookUpOne(l ledger.Loaded, what lifecycle.LookUp) (err error) {
	snap := a.t.Snap
	switch what {
	case lifecycle.LookUpOther:
		other, err := ledger.Load(snap, a.cmd.Target)
		if errors.Is(err, ledger.ErrNoCase) {
			return nil // Decide refuses a missing case
		}
		if err != nil {
			return err
		}
		if !rights.MayRead(a.c, a.cmd.Actor, other.Cs, a.cmd.At) {
			return nil // a case that the actor may not read is as good as missing
		}
		// The other case is guarded and, but for a report of severity A, not written, so that any number of cases may join it
		// concurrently: see takesIn.
		a.facts.Other = other.Cs
		a.t.Guard(ledger.CaseKey(a.cmd.Target), other.Rev)
	case lifecycle.LookUpReporters:
		if a.facts.Reporters, err = ledger.JoinedReporters(snap, a.id); err != nil {
			return err
		}
		if l.Cs.Reopens != 0 {
			first, err := ledger.Load(snap, l.Cs.Reopens)
			if err != nil {
				return err
			}
			a.facts.Reporters = append(a.facts.Reporters, first.Cs.Report.Reporter)
		}
	case lifecycle.LookUpJoined:
		a.facts.Joined, err = ledger.Joined(snap, a.id)
	case lifecycle.LookUpSuccessors:
		a.facts.Successors, err = successorsOf(snap, l)
	case lifecycle.LookUpOpenParts:
		a.facts.OpenParts, err = ledger.OpenParts(snap, a.id)
	case lifecycle.LookUpNewID:
		a.facts.NewID, err = a.d.numbers.take(a.t, a.c, a.cmd.At)
	}
	return err
}

// successorsOf are the successors of the revisions that have taken effect since a case was merged.
func successorsOf(snap storage.Snapshot, l ledger.Loaded) (city.Successors, error) {
	var merged dispatch.Event
	for group, err := range ledger.EventsFrom(snap, l, 1) {
		if err != nil {
			return city.Successors{}, err
		}
		for i := range group {
			if group[i].Kind == dispatch.EventMerged {
				merged = group[i]
			}
		}
	}
	return revision.HeirsSince(snap, merged.Revision, merged.At)
}

// rule makes the precedent of an arbitration in the same commit as the act.
func (a *actRun) rule(cs *dispatch.Case, events []dispatch.Event) error {
	for i := range events {
		p, ok := events[i].Precedent(cs)
		if !ok {
			continue
		}
		made, err := rollout.Ruling(a.t, a.c, p, a.cmd.Actor, a.cmd.Post, a.cmd.At)
		if err != nil {
			return err
		}
		a.rules = true
		for j := range events {
			if events[j].Kind == dispatch.EventDispatched {
				events[j].Rule = "precedent:" + made.ID
			}
		}
	}
	return nil
}

// reopen makes the case that continues a closed one, in the same commit.
func (a *actRun) reopen(cs *dispatch.Case) error {
	r := lifecycle.Reopened(cs, a.cmd.Actor, a.cmd.At)
	was := ImportRecord{Owner: cs.Owner.Unit}
	if n := len(cs.Place.Areas); n > 0 {
		was.Area = cs.Place.Areas[n-1]
	}
	place, owner, err := placed(a.c, &r, &was) // with the areas as drawn today
	if err != nil {
		return err
	}
	cmd := dispatch.Command{Act: dispatch.ActFile, At: a.cmd.At, Actor: a.cmd.Actor, Post: a.cmd.Post, Note: a.cmd.Note}
	facts := lifecycle.Facts{Filing: &lifecycle.Filing{Report: &r, Place: &place, Recorded: owner, Reopens: cs}}
	events, err := lifecycle.Decide(nil, cmd, facts, a.c)
	if err != nil {
		return err
	}
	_, err = addCase(a.t, a.c, a.facts.NewID, a.cmd.Actor, &r, events)
	return err
}
