package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

// Proposal is another revision of the city that somebody wants to decide.
type Proposal struct {
	Directory city.Directory // its files, or
	Revision  string         // a kept revision: this is how one rolls back

	Against string          // the revision that the proposal was planned against
	From    time.Time       // when it takes effect; zero or past = now
	Policy  revision.Policy // what becomes of open cases
	Waive   string          // why the gaps that it opens are accepted; "" = they are not
	Note    string          // for people
}

// Bounds of a proposal.
const (
	maxNote     = 4000                 // bytes of a note or a waiver
	maxAhead    = 366 * 24 * time.Hour // how far ahead a revision may be set
	maxWaived   = 1000                 // gaps that a waiver keeps
	maxFileRows = 200                  // changes that an apply keeps, in short
)

// MovedOnError says that the city has moved on since the caller planned. Nothing was changed.
type MovedOnError struct {
	Have, Want string               // the revision that stands, and the caller's
	Since      []*revision.Revision // what the caller has not seen, the latest first
}

// Error implements error.
func (e *MovedOnError) Error() string {
	return fmt.Sprintf("the city is at %s, not at %s: %d revisions were applied meanwhile; plan again", e.Have, e.Want, len(e.Since))
}

// WaitsError says that a revision waits for its instant, which the caller's would overtake.
type WaitsError struct{ Revision *revision.Revision }

// Error implements error.
func (e *WaitsError) Error() string {
	return fmt.Sprintf("revision %s waits for %s; withdraw it first, or apply from a later instant", e.Revision.Base, e.Revision.EffectiveFrom.Format(time.RFC3339))
}

// GapsError says that a proposal opens gaps and no reason was given to waive them.
type GapsError struct{ Gaps []Gap }

// Error implements error.
func (e *GapsError) Error() string {
	return fmt.Sprintf("the revision opens %d gaps in responsibility; close them, or waive them with a reason", len(e.Gaps))
}

// ProposalError says what is wrong with a proposal itself, by the names of the wire's fields.
type ProposalError struct {
	Fields []string
	Faults []i18n.Text
}

// Error implements error.
func (e *ProposalError) Error() string {
	out := "the proposal can't be used"
	for i, f := range e.Faults {
		out += fmt.Sprintf("; %s: %s", e.Fields[i], f.En)
	}
	return out
}

func (e *ProposalError) need(ok bool, field string, text i18n.Text) {
	if !ok {
		e.Fields, e.Faults = append(e.Fields, field), append(e.Faults, text)
	}
}

// Apply lets another revision decide, now or from an instant on. It is all or nothing: the files,
// who, when and why are kept, then one commit turns every desk over the store. Open cases move by
// the policy alone; Apply returns when they have been looked at, or sooner when ctx ends, and the
// keeper goes on. Keep is refused while open cases name what the proposal no longer has; such cases that come
// to be before it takes effect are moved then, whatever the policy. Errors: *dispatch.NotAllowedError,
// *ProposalError, *FaultsError, *MovedOnError, *WaitsError, *GapsError, *LostError, ErrNoRevision.
func (d *Rollouts) Apply(ctx context.Context, person roster.PersonID, p Proposal) (*revision.Revision, error) {
	if err := d.revisions.Ready(ctx); err != nil {
		return nil, err
	}
	if _, err := lifecycle.Govern(d.revisions.City(), person, dispatch.ActApply, d.revisions.Now()); err != nil {
		return nil, err
	}
	var bad ProposalError
	bad.need(p.Policy == revision.Keep || p.Policy == revision.Reroute || p.Policy == revision.Move, "open_cases", i18n.F("say what becomes of open cases: keep, move or reroute", "请说明未结案件如何处理：keep（保持）、move（仅移交无人负责的）或 reroute（重新派遣）"))
	bad.need(p.Against != "", "against", i18n.F("name the revision that it was planned against; city plan prints it", "请指明预览时所依据的版本，city plan 会显示"))
	bad.need(len(p.Note) <= maxNote && len(p.Waive) <= maxNote, "note", i18n.F("at most %d bytes", "最多 %d 字节", maxNote))
	bad.need(!p.From.After(d.revisions.Now().Add(maxAhead)), "effective_from", i18n.F("at most a year ahead", "最多提前一年"))
	if bad.Faults != nil {
		return nil, &bad
	}
	plan, err := d.Plan(ctx, person, p)
	if err != nil {
		return nil, err
	}
	if plan.Is == plan.Was {
		bad.need(false, "revision", i18n.F("revision %s decides already", "版本 %s 已在生效", plan.Is))
		return nil, &bad
	}
	if plan.Stale != nil {
		return nil, plan.Stale
	}
	if len(plan.Opened) > 0 && p.Waive == "" {
		return nil, &GapsError{plan.Opened}
	}
	if plan.LostCount > 0 && p.Policy == revision.Keep {
		return nil, &LostError{plan.Lost, plan.LostCount}
	}
	if p.Directory != nil {
		if err := d.revisions.KeepDirectory(ctx, plan.Is, p.Directory); err != nil {
			return nil, err
		}
	}
	a, err := d.applyOnce(ctx, person, p, plan)
	if err != nil {
		return nil, err
	}
	if err := d.view.CaughtUp(ctx); err != nil || a.EffectiveFrom.After(d.revisions.Now()) {
		return a, err
	}
	for more := true; more; {
		if more, err = d.TendCity(ctx, d.revisions.Now()); err != nil {
			return a, err
		}
	}
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		a, _, err = revision.ApplyOf(snap, a.Number)
		return err
	})
	return a, err
}

func (d *Rollouts) applyOnce(ctx context.Context, person roster.PersonID, p Proposal, plan *Plan) (*revision.Revision, error) {
	var a *revision.Revision
	err := d.revisions.Govern(ctx, func(snap storage.Snapshot, force *revision.InForce, now time.Time) (batch storage.Batch, err error) {
		post, err := lifecycle.Govern(force.City, person, dispatch.ActApply, now)
		if err != nil {
			return batch, err
		}
		a = &revision.Revision{Base: plan.Is, Against: p.Against, Person: person, Post: post, At: now, EffectiveFrom: p.From, Policy: p.Policy, Note: p.Note, Former: formerOf(plan.was, plan.is)}
		if !a.EffectiveFrom.After(now) {
			a.EffectiveFrom, a.EffectiveAt = now, now
		}
		if len(plan.Opened) > 0 {
			a.Waiver = p.Waive
			for _, g := range plan.Opened[:min(len(plan.Opened), maxWaived)] {
				a.Waived = append(a.Waived, g.Text)
			}
		}
		for _, c := range plan.Changes[:min(len(plan.Changes), maxFileRows)] {
			a.Changes = append(a.Changes, i18n.Text{En: fmt.Sprintf("%s:%d: %s", c.File, c.Line, c.Text.En), Zh: fmt.Sprintf("%s:%d：%s", c.File, c.Line, c.Text.Zh)})
		}
		head, _, known, err := revision.HeadOf(snap)
		if err != nil {
			return batch, err
		}
		if !known {
			return batch, revision.ErrNoRevision
		}
		if err := stale(snap, head, p.Against); err != nil {
			return batch, err
		}
		last, rev, err := revision.Standing(snap, head)
		if err != nil {
			return batch, err
		}
		a.Number = head.Last + 1
		batch.Guards = []storage.Guard{{Key: ledger.ApplyKey(a.Number)}}
		if last.EffectiveAt.IsZero() { // it takes effect before this one, and nobody withdraws it meanwhile
			if a.EffectiveFrom.Before(last.EffectiveFrom) {
				return batch, &WaitsError{last}
			}
			a.EffectiveAt = time.Time{}
			batch.Guards = append(batch.Guards, storage.Guard{Key: ledger.ApplyKey(last.Number), Revision: rev})
		}
		head.Last = a.Number
		if a.EffectiveAt.IsZero() {
			batch.Ops = append(batch.Ops, storage.Op{Key: ledger.WaitKey(a.EffectiveFrom, a.Number)})
		} else {
			head.Current, head.Base = a.Number, a.Base
			batch.Ops = append(batch.Ops, storage.Op{Key: ledger.SweepKey(a.Number)})
		}
		err = put(&batch, head, a)
		return batch, err
	})
	if a != nil && a.Number > 0 {
		d.tx.Attempted(storage.Batch{}, a.EffectiveFrom) // also when the caller gave up: the batch may be written
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// put adds the head and an apply to a batch.
func put(b *storage.Batch, head record.Head, a *revision.Revision) error {
	h, err1 := record.EncodeHead(head)
	v, err2 := record.EncodeApply(a)
	b.Ops = append(b.Ops, storage.Op{Key: ledger.HeadKey, Value: h}, storage.Op{Key: ledger.ApplyKey(a.Number), Value: v})
	return errors.Join(err1, err2)
}

// stale says what was applied since a caller planned.
func stale(snap storage.Snapshot, head record.Head, against string) error {
	last, _, err := revision.Standing(snap, head)
	if err != nil || last.Base == against {
		return err
	}
	missed, err := revision.Since(snap, head, against)
	if err != nil {
		return err
	}
	return &MovedOnError{Have: last.Base, Want: against, Since: missed}
}

// Withdraw takes back a revision that waits for its instant. ErrNoRevision for one that does not
// wait; *dispatch.NotAllowedError.
func (d *Rollouts) Withdraw(ctx context.Context, person roster.PersonID, number uint64) (*revision.Revision, error) {
	var a *revision.Revision
	err := d.revisions.Govern(ctx, func(snap storage.Snapshot, force *revision.InForce, now time.Time) (batch storage.Batch, err error) {
		if _, err := lifecycle.Govern(force.City, person, dispatch.ActApply, now); err != nil {
			return batch, err
		}
		var rev storage.Revision
		if a, rev, err = revision.ApplyOf(snap, number); err != nil {
			return batch, err
		}
		if a.Withdrawn || !a.EffectiveAt.IsZero() {
			return batch, fmt.Errorf("apply %d does not wait: %w", number, revision.ErrNoRevision)
		}
		head, _, _, err := revision.HeadOf(snap)
		if err != nil {
			return batch, err
		}
		last, _, err := revision.Standing(snap, head)
		if err != nil {
			return batch, err
		}
		if last.Number != number { // it was planned upon this one
			return batch, &WaitsError{last}
		}
		a.Withdrawn, a.WithdrawnBy = true, person
		val, err := record.EncodeApply(a)
		return storage.Batch{
			Guards: []storage.Guard{{Key: ledger.ApplyKey(number), Revision: rev}},
			Ops:    []storage.Op{{Key: ledger.ApplyKey(number), Value: val}, {Key: ledger.WaitKey(a.EffectiveFrom, number), Delete: true}},
		}, err
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// takeEffect lets the revisions whose instant has come decide, the earliest first; each is one
// commit, guarded, so that several keepers do no harm. When it returns true there may be more.
func (d *Rollouts) takeEffect(ctx context.Context, now time.Time) (bool, error) {
	var batch storage.Batch
	var base string
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for it, err := range snap.Scan(storage.Range{Start: ledger.WaitPrefix, End: ledger.WaitKey(now, 1<<63)}) {
			if err != nil {
				return err
			}
			number := ledger.WaitNumber(it.Key)
			a, rev, err := revision.ApplyOf(snap, number)
			if err != nil {
				return err
			}
			head, hrev, _, err := revision.HeadOf(snap)
			if err != nil {
				return err
			}
			base = a.Base
			a.EffectiveAt = now
			head.Current, head.Base = number, a.Base
			batch = storage.Batch{
				Guards: []storage.Guard{{Key: ledger.HeadKey, Revision: hrev}, {Key: ledger.ApplyKey(number), Revision: rev}},
				Ops:    []storage.Op{{Key: it.Key, Delete: true}, {Key: ledger.SweepKey(number)}},
			}
			return put(&batch, head, a)
		}
		return nil
	})
	if err != nil || len(batch.Ops) == 0 {
		return false, err
	}
	if _, err := d.revisions.BaseCity(ctx, base); err != nil { // compiled before it decides: nobody waits for it
		return false, err
	}
	err = d.revisions.CommitCity(ctx, batch)
	if err == nil {
		d.tx.Log.Info("another revision of the city decides", "revision", base)
		err = d.view.CaughtUp(ctx)
	}
	if tx.IsConflict(err) {
		err = nil
	}
	return err == nil, err
}

// NextTurn is how long no revision takes effect; false when none waits. What is overdue has failed
// just now, and is tried again as a store is.
func NextTurn(snap storage.Snapshot, now time.Time) (time.Duration, bool, error) {
	for it, err := range snap.Scan(storage.Prefix(ledger.WaitPrefix)) {
		if err != nil {
			return 0, false, err
		}
		due := time.Unix(0, int64(ledger.TimerDue(it.Key)))
		if wait := due.Sub(now); wait > 0 {
			return wait, true, nil
		}
		return tx.StoreRetry, true, nil
	}
	for _, err := range snap.Scan(storage.Prefix(ledger.SweepPrefix)) {
		return tx.StoreRetry, err == nil, err
	}
	return 0, false, nil
}

// TendCity does what falls due for the city: a revision takes effect, and open cases are looked at
// after one did, a batch at a time. more says that there is more to do at once.
func (d *Rollouts) TendCity(ctx context.Context, now time.Time) (more bool, err error) {
	if more, err = d.takeEffect(ctx, now); more || err != nil {
		return more, err
	}
	return d.sweep(ctx, now)
}
