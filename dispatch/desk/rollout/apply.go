package rollout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
	"wangge/storage"
)

// Proposal is a proposed revision of the city.
type Proposal struct {
	Directory city.Directory // its files, or
	Revision  string         // a stored revision, to roll back to

	Against    string          // the revision that the proposal was planned against
	From       time.Time       // when the revision takes effect; zero or past = now
	Policy     revision.Policy // what happens to open cases
	Successors city.Successors // what takes the place of what the proposal removes
	Waive      string          // why gaps are accepted; "" = they are refused
	Note       string          // for people
}

// Bounds of a proposal.
const (
	maxNote     = 4000                 // bytes of a note or a waiver
	maxAhead    = 366 * 24 * time.Hour // how far ahead a revision can be scheduled
	maxWaived   = 1000                 // gaps recorded with a waiver
	maxFileRows = 200                  // changes recorded with an apply, abbreviated
)

// StaleRevisionError refuses a proposal that was planned against another revision. Nothing was changed.
type StaleRevisionError struct {
	Have, Want string               // the revision that was applied last, and the one of the caller
	Since      []*revision.Revision // the revisions since the caller's, the latest first
}

// Error implements error.
func (e *StaleRevisionError) Error() string {
	return fmt.Sprintf("the city is at %s, not at %s: %d revisions were applied meanwhile; plan again", e.Have, e.Want, len(e.Since))
}

// PendingRevisionError refuses a proposal because a scheduled revision would take effect later.
type PendingRevisionError struct{ Revision *revision.Revision }

// Error implements error.
func (e *PendingRevisionError) Error() string {
	return fmt.Sprintf("revision %s waits for %s; withdraw it first, or apply from a later instant", e.Revision.Base, e.Revision.EffectiveFrom.Format(time.RFC3339))
}

// GapsError refuses a proposal that opens gaps without a waiver.
type GapsError struct{ Gaps []Gap }

// Error implements error.
func (e *GapsError) Error() string {
	if len(e.Gaps) == 1 {
		return "the revision opens 1 gap in responsibility; close it, or waive it with a reason"
	}
	return fmt.Sprintf("the revision opens %d gaps in responsibility; close them, or waive them with a reason", len(e.Gaps))
}

// ProposalError lists what is wrong with a proposal itself, by field names of the wire.
type ProposalError struct {
	Fields []string
	Faults []i18n.Text
}

// Error implements error.
func (e *ProposalError) Error() string {
	var out strings.Builder
	out.WriteString("the proposal can't be used")
	for i, f := range e.Faults {
		fmt.Fprintf(&out, "; %s: %s", e.Fields[i], f.En)
	}
	return out.String()
}

func (e *ProposalError) need(ok bool, field string, text i18n.Text) {
	if !ok {
		e.Fields, e.Faults = append(e.Fields, field), append(e.Faults, text)
	}
}

// Apply activates another revision, now or at a scheduled instant. The call is all or nothing: files, person, time
// and note are stored, and one commit activates the revision in every desk over the store. Open cases move only by
// the policy. Apply returns when the backfill of open cases is done, or earlier when ctx ends; the scheduler then
// continues the backfill. A proposal is refused while open cases name something that it removes and nothing decides what
// becomes of them: under the policy Keep each such thing needs a successor, and a category needs one under every policy. Such
// cases that arise before the revision takes effect are moved then, whatever the policy. Errors:
// *dispatch.NotAllowedError, *ProposalError, *FaultsError, *StaleRevisionError, *PendingRevisionError, *GapsError,
// *LostError, ErrNoRevision.
func (d *Rollouts) Apply(ctx context.Context, person roster.PersonID, p Proposal) (*revision.Revision, error) {
	if err := d.revisions.CatchUp(ctx); err != nil {
		return nil, err
	}
	active := d.revisions.Active()
	now := active.Now()
	if _, err := rights.Govern(active.City, person, dispatch.ActApply, now); err != nil {
		return nil, err
	}
	var bad ProposalError
	bad.need(p.Policy == revision.Keep || p.Policy == revision.Reroute || p.Policy == revision.Move, "open_cases", i18n.F("say what becomes of open cases: keep, move or reroute", "请说明未结案件如何处理：keep（保持）、move（仅移交无人负责的）或 reroute（重新派遣）"))
	bad.need(p.Against != "", "base_revision", i18n.F("name the revision that it was planned against; city plan prints it", "请指明预览时所依据的版本，city plan 会显示"))
	bad.need(len(p.Note) <= maxNote && len(p.Waive) <= maxNote, "note", i18n.F("at most %d bytes", "最多 %d 字节", maxNote))
	bad.need(!p.From.After(now.Add(maxAhead)), "schedule_time", i18n.F("at most a year ahead", "最多提前一年"))
	if bad.Faults != nil {
		return nil, &bad
	}
	plan, err := d.plan(ctx, active, person, p, now)
	if err != nil {
		return nil, err
	}
	if plan.Is == plan.Was {
		bad.need(false, "city_revision", i18n.F("revision %s decides already", "版本 %s 已在生效", plan.Is))
		return nil, &bad
	}
	if plan.Stale != nil {
		return nil, plan.Stale
	}
	if len(plan.Opened) > 0 && p.Waive == "" {
		return nil, &GapsError{plan.Opened}
	}
	if plan.UndecidedCount > 0 {
		return nil, &LostError{plan.Undecided, plan.UndecidedCount}
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
		if more, err = d.Advance(ctx, d.revisions.Now()); err != nil {
			return a, err
		}
	}
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		a, _, err = revision.ApplyOf(snap, a.Number)
		return err
	})
	return a, err
}

// movedOn is the error of a transaction on the city after too many lost races.
var movedOn = fmt.Sprintf("others decided about the city %d times meanwhile", tx.Retries)

func (d *Rollouts) applyOnce(ctx context.Context, person roster.PersonID, p Proposal, plan *Plan) (*revision.Revision, error) {
	var a *revision.Revision
	err := d.revisions.Do(ctx, movedOn, func(_ context.Context, t *tx.Txn, active *revision.Active) error {
		now := active.Now()
		post, err := rights.Govern(active.City, person, dispatch.ActApply, now)
		if err != nil {
			return err
		}
		head, _, known, err := revision.HeadOf(t.Snap)
		if err != nil {
			return err
		}
		if !known {
			return revision.ErrNoRevision
		}
		if err := stale(t.Snap, head, p.Against); err != nil {
			return err
		}
		last, rev, err := revision.Latest(t.Snap, head)
		if err != nil {
			return err
		}
		a = applyOf(p, plan, person, post, now)
		a.Number = head.Last + 1
		t.Guard(ledger.ApplyKey(a.Number), 0)
		if last.EffectiveAt.IsZero() { // it takes effect before this one, and can no longer be withdrawn
			if a.EffectiveFrom.Before(last.EffectiveFrom) {
				return &PendingRevisionError{last}
			}
			a.EffectiveAt = time.Time{}
			t.Guard(ledger.ApplyKey(last.Number), rev)
		}
		head.Last = a.Number
		if a.EffectiveAt.IsZero() {
			t.Put(ledger.WaitKey(a.EffectiveFrom, a.Number), nil)
		} else {
			head.Current, head.Base = a.Number, a.Base
			t.Put(ledger.BackfillKey(a.Number), nil)
		}
		return put(t, head, a)
	})
	return a, err
}

// applyOf returns the record of an apply, without its number.
func applyOf(p Proposal, plan *Plan, person roster.PersonID, post roster.PostID, now time.Time) *revision.Revision {
	a := &revision.Revision{
		Base: plan.Is, Against: p.Against, Person: person, Post: post, At: now, EffectiveFrom: p.From, Policy: p.Policy, Note: p.Note,
		Former: city.FormerOf(plan.was, plan.is), Successors: p.Successors,
	}
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
		a.Changes = append(a.Changes, i18n.Text{
			En: fmt.Sprintf("%s:%d: %s", c.File, c.Line, c.Text.En), Zh: fmt.Sprintf("%s:%d：%s", c.File, c.Line, c.Text.Zh),
		})
	}
	return a
}

// put adds the head and an apply to a transaction.
func put(t *tx.Txn, head record.Head, a *revision.Revision) error {
	h, err1 := record.EncodeHead(head)
	v, err2 := record.EncodeApply(a)
	t.Put(ledger.HeadKey, h)
	t.Put(ledger.ApplyKey(a.Number), v)
	return errors.Join(err1, err2)
}

// stale returns a StaleRevisionError with the revisions since the caller's.
func stale(snap storage.Snapshot, head record.Head, against string) error {
	last, _, err := revision.Latest(snap, head)
	if err != nil || last.Base == against {
		return err
	}
	missed, err := revision.Since(snap, head, against)
	if err != nil {
		return err
	}
	return &StaleRevisionError{Have: last.Base, Want: against, Since: missed}
}

// Withdraw removes a scheduled revision. Errors: ErrNoRevision if the revision is not scheduled,
// *dispatch.NotAllowedError.
func (d *Rollouts) Withdraw(ctx context.Context, person roster.PersonID, number uint64) (*revision.Revision, error) {
	var a *revision.Revision
	err := d.revisions.Do(ctx, movedOn, func(_ context.Context, t *tx.Txn, active *revision.Active) error {
		if _, err := rights.Govern(active.City, person, dispatch.ActApply, active.Now()); err != nil {
			return err
		}
		var rev storage.Revision
		var err error
		if a, rev, err = revision.ApplyOf(t.Snap, number); err != nil {
			return err
		}
		if a.Withdrawn || !a.EffectiveAt.IsZero() {
			return fmt.Errorf("apply %d does not wait: %w", number, revision.ErrNoRevision)
		}
		head, _, _, err := revision.HeadOf(t.Snap)
		if err != nil {
			return err
		}
		last, _, err := revision.Latest(t.Snap, head)
		if err != nil {
			return err
		}
		if last.Number != number { // a later one was planned upon it
			return &PendingRevisionError{last}
		}
		a.Withdrawn, a.WithdrawnBy = true, person
		val, err := record.EncodeApply(a)
		t.Guard(ledger.ApplyKey(number), rev)
		t.Put(ledger.ApplyKey(number), val)
		t.Delete(ledger.WaitKey(a.EffectiveFrom, number))
		return err
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// waiting returns the first scheduled apply that is due, or nil. key is its entry among the scheduled ones.
func waiting(snap storage.Snapshot, now time.Time) (a *revision.Revision, rev storage.Revision, key []byte, err error) {
	for it, err := range snap.Scan(storage.Range{Start: ledger.WaitPrefix, End: ledger.WaitKey(now, 1<<63)}) {
		if err != nil {
			return nil, 0, nil, err
		}
		_, number, ok := ledger.ParseWait(it.Key)
		if !ok {
			continue // the store check reports it
		}
		a, rev, err := revision.ApplyOf(snap, number)
		return a, rev, it.Key, err
	}
	return nil, 0, nil, nil
}

// activateDue activates the first scheduled revision that is due. The city is compiled before the transaction;
// meanwhile cases are decided under the active revision. Concurrent calls are safe. If it returns true, there may be
// more.
func (d *Rollouts) activateDue(ctx context.Context, now time.Time) (bool, error) {
	var due *revision.Revision
	err := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		due, _, _, err = waiting(snap, now)
		return err
	})
	if err != nil || due == nil {
		return false, err
	}
	if _, err := d.revisions.BaseCity(ctx, due.Base); err != nil {
		return false, err
	}
	activated := false
	err = d.tx.Do(ctx, "activate revision "+due.Base, func(_ context.Context, t *tx.Txn) error {
		activated = false
		a, rev, key, err := waiting(t.Snap, now)
		if err != nil || a == nil || a.Number != due.Number { // another process won the race, or the revision was withdrawn
			return err
		}
		head, headRev, _, err := revision.HeadOf(t.Snap)
		if err != nil {
			return err
		}
		a.EffectiveAt = now
		head.Current, head.Base = a.Number, a.Base
		t.Guard(ledger.HeadKey, headRev)
		t.Guard(ledger.ApplyKey(a.Number), rev)
		t.Delete(key)
		t.Put(ledger.BackfillKey(a.Number), nil)
		activated = true
		return put(t, head, a)
	})
	if tx.IsConflict(err) {
		return false, nil
	}
	if err != nil || !activated {
		return false, err
	}
	d.tx.Log().InfoContext(ctx, "another revision of the city decides", "revision", due.Base)
	return true, d.view.CaughtUp(ctx)
}

// Next returns how long no rollout needs attention; false if none is scheduled or in progress. An overdue rollout has
// just failed, and is retried after the interval for store failures.
func Next(snap storage.Snapshot, now time.Time) (time.Duration, bool, error) {
	for it, err := range snap.Scan(storage.Prefix(ledger.WaitPrefix)) {
		if err != nil {
			return 0, false, err
		}
		from, _, _ := ledger.ParseWait(it.Key)
		if wait := from.Sub(now); wait > 0 {
			return wait, true, nil
		}
		return tx.StoreRetry, true, nil
	}
	for _, err := range snap.Scan(storage.Prefix(ledger.BackfillPrefix)) {
		return tx.StoreRetry, err == nil, err
	}
	return 0, false, nil
}

// Advance does what is due for the city: it activates a scheduled revision, and moves the next batch of open cases of
// a backfill. more reports that there is more to do at once.
func (d *Rollouts) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	if more, err = d.activateDue(ctx, now); more || err != nil {
		return more, err
	}
	return d.backfill(ctx, now)
}
