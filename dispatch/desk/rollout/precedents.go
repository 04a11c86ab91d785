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
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

// BadPrecedentError says everything that is wrong with a ruling. Nothing was changed.
type BadPrecedentError struct {
	Faults []i18n.Text
	Field  string // the field of the wire that is wrong: "id" or "reason"; "" = the ruling as a whole
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

// Rule makes a ruling a precedent: it routes from now on. The id, the decider and the time of the
// decision are the desk's to fill in; From is now unless it is given. Errors:
// *dispatch.NotAllowedError, *BadPrecedentError, storage.ErrConflict after too many lost races.
func (d *Rollouts) Rule(ctx context.Context, person roster.PersonID, p city.Precedent) (city.Precedent, error) {
	p.ID = ""
	var made city.Precedent
	err := d.revisions.Govern(ctx, func(snap storage.Snapshot, force *revision.InForce, now time.Time) (batch storage.Batch, err error) {
		post, err := lifecycle.Govern(force.City, person, dispatch.ActRule, now)
		if err != nil {
			return batch, err
		}
		batch, made, err = Ruling(snap, force.City, p, person, post, now)
		return batch, err
	})
	if err != nil {
		return city.Precedent{}, err
	}
	return made, d.view.CaughtUp(ctx)
}

// Ruling builds the batch that makes a precedent. It keeps an id that is given and new.
func Ruling(snap storage.Snapshot, c *city.City, p city.Precedent, person roster.PersonID, post roster.PostID, now time.Time) (storage.Batch, city.Precedent, error) {
	edition, rev, err := revision.EditionOf(snap)
	if err != nil {
		return storage.Batch{}, p, err
	}
	next := edition + 1
	list, _, err := revision.PrecedentsOf(snap, edition)
	if err != nil {
		return storage.Batch{}, p, err
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
		bad = append(bad, i18n.F("%d rulings are in force, no more are kept; revoke what no longer matters", "现行确权裁定已达 %d 条上限，请先撤销不再需要的", inForce))
	}
	if len(bad) > 0 {
		return storage.Batch{}, p, &BadPrecedentError{Faults: bad}
	}
	val, err := record.EncodePrecedent(&record.PrecedentChange{ID: p.ID, At: now, Person: person, Post: post, Ruling: &p})
	if err != nil {
		return storage.Batch{}, p, err
	}
	return storage.Batch{
		Guards: []storage.Guard{{Key: ledger.PrecedentsKey, Revision: rev}},
		Ops:    []storage.Op{{Key: ledger.PrecedentKey(next), Value: val}, {Key: ledger.PrecedentsKey, Value: ledger.U64(nil, next)}},
	}, p, nil
}

// maxWhy bounds the reason of a revocation, in bytes.
const maxWhy = 4000

// Revoke ends a precedent now: what it routed stays routed, the next case goes by the rules. A
// revoked one stays readable. Errors as for Rule, and ErrNoPrecedent.
func (d *Rollouts) Revoke(ctx context.Context, person roster.PersonID, id, why string) (city.Precedent, error) {
	var was city.Precedent
	err := d.revisions.Govern(ctx, func(snap storage.Snapshot, force *revision.InForce, now time.Time) (batch storage.Batch, err error) {
		post, err := lifecycle.Govern(force.City, person, dispatch.ActRule, now)
		if err != nil {
			return batch, err
		}
		if why == "" || len(why) > maxWhy {
			return batch, &BadPrecedentError{Field: "reason", Faults: []i18n.Text{i18n.F("a revocation needs a reason of at most %d bytes", "撤销必须说明原因，最多 %d 字节", maxWhy)}}
		}
		edition, rev, err := revision.EditionOf(snap)
		if err != nil {
			return batch, err
		}
		list, _, err := revision.PrecedentsOf(snap, edition)
		if err != nil {
			return batch, err
		}
		i := slices.IndexFunc(list, func(p city.Precedent) bool { return p.ID == id })
		if i < 0 {
			return batch, fmt.Errorf("%s: %w", id, ErrNoPrecedent)
		}
		if was = list[i]; !was.RevokedAt.IsZero() {
			return batch, &BadPrecedentError{Field: "id", Faults: []i18n.Text{i18n.F("%[1]s was revoked on %[2]s by %[3]s", "%[1]s 已于 %[2]s 由 %[3]s 撤销", id, was.RevokedAt.In(force.City.Location).Format(time.DateOnly), was.RevokedBy)}}
		}
		was.RevokedAt, was.RevokedBy, was.Revoked = now, person, why
		val, err := record.EncodePrecedent(&record.PrecedentChange{ID: id, At: now, Person: person, Post: post, Why: why})
		return storage.Batch{
			Guards: []storage.Guard{{Key: ledger.PrecedentsKey, Revision: rev}},
			Ops:    []storage.Op{{Key: ledger.PrecedentKey(edition + 1), Value: val}, {Key: ledger.PrecedentsKey, Value: ledger.U64(nil, edition+1)}},
		}, err
	})
	if err != nil {
		return city.Precedent{}, err
	}
	return was, d.view.CaughtUp(ctx)
}

// Precedents lists every ruling, also those that ended or were revoked, the latest first.
func (d *Rollouts) Precedents(ctx context.Context, person roster.PersonID) ([]city.Precedent, error) {
	if err := d.view.CaughtUp(ctx); err != nil {
		return nil, err
	}
	c := d.revisions.City()
	if _, err := lifecycle.Govern(c, person, dispatch.ActReview, d.revisions.Now()); err != nil {
		return nil, err
	}
	return c.Precedents, nil
}
