package desk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

// precedentsKey holds the edition: how many changes of the precedents there have been.
var precedentsKey = []byte("m/precedents")

func precedentKey(edition uint64) []byte { return u64([]byte("p/"), edition) }

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

// editionOf reads how many changes the precedents have seen, and the revision of that number.
func editionOf(snap storage.Snapshot) (uint64, storage.Revision, error) {
	it, err := snap.Get(precedentsKey)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	if len(it.Value) != 8 {
		return 0, 0, fmt.Errorf("edition of the precedents: %w", record.ErrCorrupt)
	}
	return binary.BigEndian.Uint64(it.Value), it.Revision, nil
}

// precedentsOf folds the changes up to an edition; the present one when it is 0 and there is any.
func precedentsOf(snap storage.Snapshot, edition uint64) ([]city.Precedent, uint64, error) {
	var list []city.Precedent
	if edition == 0 {
		return nil, 0, nil
	}
	last := uint64(0)
	for it, err := range snap.Scan(storage.Range{Start: precedentKey(1), End: precedentKey(edition + 1)}) {
		if err != nil {
			return nil, 0, err
		}
		ch, err := record.DecodePrecedent(it.Value)
		if err != nil {
			return nil, 0, err
		}
		last = binary.BigEndian.Uint64(it.Key[len(it.Key)-8:])
		if ch.Ruling != nil {
			list = append(list, *ch.Ruling)
			continue
		}
		for i := range list {
			if list[i].ID == ch.ID {
				list[i].RevokedAt, list[i].RevokedBy, list[i].Revoked = ch.At, ch.Person, ch.Why
			}
		}
	}
	if last != edition {
		return nil, 0, fmt.Errorf("precedents end at %d, not at %d: %w", last, edition, record.ErrCorrupt)
	}
	return list, edition, nil
}

// Rule makes a ruling a precedent: it routes from now on. The id, the decider and the time of the
// decision are the desk's to fill in; From is now unless it is given. Errors:
// *dispatch.NotAllowedError, *BadPrecedentError, storage.ErrConflict after too many lost races.
func (d *Desk) Rule(ctx context.Context, person roster.PersonID, p city.Precedent) (city.Precedent, error) {
	p.ID = ""
	var made city.Precedent
	err := d.govern(ctx, func(snap storage.Snapshot, force *inForce, now time.Time) (batch storage.Batch, err error) {
		post, err := lifecycle.Govern(force.city, person, dispatch.ActRule, now)
		if err != nil {
			return batch, err
		}
		batch, made, err = ruling(snap, force.city, p, person, post, now)
		return batch, err
	})
	if err != nil {
		return city.Precedent{}, err
	}
	return made, d.caughtUp(ctx)
}

// ruling builds the batch that makes a precedent. It keeps an id that is given and new.
func ruling(snap storage.Snapshot, c *city.City, p city.Precedent, person roster.PersonID, post roster.PostID, now time.Time) (storage.Batch, city.Precedent, error) {
	edition, rev, err := editionOf(snap)
	if err != nil {
		return storage.Batch{}, p, err
	}
	next := edition + 1
	list, _, err := precedentsOf(snap, edition)
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
		Guards: []storage.Guard{{Key: precedentsKey, Revision: rev}},
		Ops:    []storage.Op{{Key: precedentKey(next), Value: val}, {Key: precedentsKey, Value: u64(nil, next)}},
	}, p, nil
}

// maxWhy bounds the reason of a revocation, in bytes.
const maxWhy = 4000

// Revoke ends a precedent now: what it routed stays routed, the next case goes by the rules. A
// revoked one stays readable. Errors as for Rule, and ErrNoPrecedent.
func (d *Desk) Revoke(ctx context.Context, person roster.PersonID, id, why string) (city.Precedent, error) {
	var was city.Precedent
	err := d.govern(ctx, func(snap storage.Snapshot, force *inForce, now time.Time) (batch storage.Batch, err error) {
		post, err := lifecycle.Govern(force.city, person, dispatch.ActRule, now)
		if err != nil {
			return batch, err
		}
		if why == "" || len(why) > maxWhy {
			return batch, &BadPrecedentError{Field: "reason", Faults: []i18n.Text{i18n.F("a revocation needs a reason of at most %d bytes", "撤销必须说明原因，最多 %d 字节", maxWhy)}}
		}
		edition, rev, err := editionOf(snap)
		if err != nil {
			return batch, err
		}
		list, _, err := precedentsOf(snap, edition)
		if err != nil {
			return batch, err
		}
		i := slices.IndexFunc(list, func(p city.Precedent) bool { return p.ID == id })
		if i < 0 {
			return batch, fmt.Errorf("%s: %w", id, ErrNoPrecedent)
		}
		if was = list[i]; !was.RevokedAt.IsZero() {
			return batch, &BadPrecedentError{Field: "id", Faults: []i18n.Text{i18n.F("%[1]s was revoked on %[2]s by %[3]s", "%[1]s 已于 %[2]s 由 %[3]s 撤销", id, was.RevokedAt.In(force.city.Location).Format(time.DateOnly), was.RevokedBy)}}
		}
		was.RevokedAt, was.RevokedBy, was.Revoked = now, person, why
		val, err := record.EncodePrecedent(&record.PrecedentChange{ID: id, At: now, Person: person, Post: post, Why: why})
		return storage.Batch{
			Guards: []storage.Guard{{Key: precedentsKey, Revision: rev}},
			Ops:    []storage.Op{{Key: precedentKey(edition + 1), Value: val}, {Key: precedentsKey, Value: u64(nil, edition+1)}},
		}, err
	})
	if err != nil {
		return city.Precedent{}, err
	}
	return was, d.caughtUp(ctx)
}

// Precedents lists every ruling, also those that ended or were revoked, the latest first.
func (d *Desk) Precedents(ctx context.Context, person roster.PersonID) ([]city.Precedent, error) {
	if err := d.caughtUp(ctx); err != nil {
		return nil, err
	}
	c := d.City()
	if _, err := lifecycle.Govern(c, person, dispatch.ActReview, d.now()); err != nil {
		return nil, err
	}
	return c.Precedents, nil
}
