package rollout

import (
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
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
	"wangge/storage"
)

// BadPrecedentError lists everything that is wrong with a ruling. Nothing was changed.
type BadPrecedentError struct {
	Faults []i18n.Text
	Field  string // the invalid field of the request, "name" or "reason"; "" = the ruling as a whole
}

// Error implements error.
func (e *BadPrecedentError) Error() string {
	if len(e.Faults) == 0 {
		return "the ruling can't stand"
	}
	return fmt.Sprintf("the ruling can't stand: %s (%d faults)", e.Faults[0].En, len(e.Faults))
}

// ErrNoPrecedent is returned for a precedent that does not exist.
var ErrNoPrecedent = errors.New("no such precedent")

// Rule makes a ruling a precedent, which routes cases from now on. Rule fills in the id, the decider and the time of
// the decision; a zero From means now. Errors: *dispatch.NotAllowedError, *BadPrecedentError, storage.ErrConflict
// after too many lost races.
func (d *Rollouts) Rule(ctx context.Context, person roster.PersonID, p city.Precedent) (city.Precedent, error) {
	p.ID = ""
	var made city.Precedent
	err := d.revisions.Do(ctx, movedOn, func(_ context.Context, t *tx.Txn, active *revision.Active) error {
		now := active.Now()
		post, err := rights.Govern(active.City, person, dispatch.ActRule, now)
		if err != nil {
			return err
		}
		made, err = Ruling(t, active.City, p, person, post, now)
		return err
	})
	if err != nil {
		return city.Precedent{}, err
	}
	return made, d.view.CaughtUp(ctx)
}

// Ruling makes a precedent in a transaction. An id that is given must be new. Errors: *BadPrecedentError.
func Ruling(t *tx.Txn, c *city.City, p city.Precedent, person roster.PersonID, post roster.PostID, now time.Time) (city.Precedent, error) {
	edition, rev, err := revision.EditionOf(t.Snap)
	if err != nil {
		return p, err
	}
	next := edition + 1
	list, err := revision.PrecedentsOf(t.Snap, edition)
	if err != nil {
		return p, err
	}
	if p.ID == "" || slices.ContainsFunc(list, func(o city.Precedent) bool { return o.ID == p.ID }) {
		p.ID = fmt.Sprintf("pr-%s-%06d", now.Format("20060102"), next)
	}
	p.Decider, p.DecidedAt, p.RevokedAt, p.RevokedBy, p.Revoked = person, now, time.Time{}, "", ""
	if p.From.IsZero() {
		p.From = now
	}
	bad := c.CheckPrecedent(&p)
	if !p.To.IsZero() && !p.To.After(now) {
		bad = append(bad, i18n.F("it ends at %s, which has passed: it would decide nothing", "截止时间 %s 已过，该裁定不会生效", p.To.In(c.Location).Format("2006-01-02 15:04")))
	}
	inForce := 0
	for i := range list {
		if list[i].RevokedAt.IsZero() && (list[i].To.IsZero() || list[i].To.After(now)) {
			inForce++
		}
	}
	if inForce >= city.MaxPrecedents {
		bad = append(bad, i18n.F("%d rulings are in force, no more are kept; revoke what no longer matters", "现行权属认定已达 %d 条上限，请先撤销不再需要的", inForce))
	}
	if len(bad) > 0 {
		return p, &BadPrecedentError{Faults: bad}
	}
	val, err := record.EncodePrecedent(&record.PrecedentChange{ID: p.ID, At: now, Person: person, Post: post, Ruling: &p})
	change(t, rev, next, val)
	return p, err
}

// change adds one change of the rulings to a transaction. The number of changes is their edition.
func change(t *tx.Txn, was storage.Revision, edition uint64, val []byte) {
	t.Guard(ledger.PrecedentsKey, was)
	t.Put(ledger.PrecedentKey(edition), val)
	t.Put(ledger.PrecedentsKey, ledger.U64(nil, edition))
}

// maxWhy bounds the reason of a revocation, in bytes.
const maxWhy = 4000

// Revoke ends a precedent now. Cases that it routed stay with their owners; the next case follows the rules. A
// revoked precedent stays readable. Errors: as for Rule, and ErrNoPrecedent.
func (d *Rollouts) Revoke(ctx context.Context, person roster.PersonID, id, why string) (city.Precedent, error) {
	var was city.Precedent
	err := d.revisions.Do(ctx, movedOn, func(_ context.Context, t *tx.Txn, active *revision.Active) error {
		now := active.Now()
		post, err := rights.Govern(active.City, person, dispatch.ActRule, now)
		if err != nil {
			return err
		}
		if why == "" || len(why) > maxWhy {
			return &BadPrecedentError{Field: "reason", Faults: []i18n.Text{i18n.F("a revocation needs a reason of at most %d bytes", "撤销必须说明原因，最多 %d 字节", maxWhy)}}
		}
		edition, rev, err := revision.EditionOf(t.Snap)
		if err != nil {
			return err
		}
		list, err := revision.PrecedentsOf(t.Snap, edition)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(p city.Precedent) bool { return p.ID == id })
		if i < 0 {
			return fmt.Errorf("%s: %w", id, ErrNoPrecedent)
		}
		if was = list[i]; !was.RevokedAt.IsZero() {
			return &BadPrecedentError{Field: "name", Faults: []i18n.Text{i18n.F("%[1]s was revoked on %[2]s by %[3]s", "%[1]s 已于 %[2]s 由 %[3]s 撤销", id, was.RevokedAt.In(active.City.Location).Format(time.DateOnly), was.RevokedBy)}}
		}
		was.RevokedAt, was.RevokedBy, was.Revoked = now, person, why
		val, err := record.EncodePrecedent(&record.PrecedentChange{ID: id, At: now, Person: person, Post: post, Why: why})
		change(t, rev, edition+1, val)
		return err
	})
	if err != nil {
		return city.Precedent{}, err
	}
	return was, d.view.CaughtUp(ctx)
}

// Precedents lists all rulings, including ended and revoked ones, the latest first.
func (d *Rollouts) Precedents(ctx context.Context, person roster.PersonID) ([]city.Precedent, error) {
	if err := d.view.CaughtUp(ctx); err != nil {
		return nil, err
	}
	active := d.revisions.Active()
	if _, err := rights.Govern(active.City, person, dispatch.ActReview, active.Now()); err != nil {
		return nil, err
	}
	return active.City.Precedents, nil
}
