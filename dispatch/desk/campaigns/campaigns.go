// Package campaigns starts and stops campaigns of the city, and lets open cases follow.
package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
	"wangge/storage"
)

const (
	maxBack    = 7 * 24 * time.Hour // how far back a campaign may be started
	maxChanges = 50                 // changes that Get returns

	// maxADay bounds the changes of one campaign within 24 hours: each lets every open case follow, and all are read when a
	// revision is activated. Weather corrects itself a few times a day.
	maxADay = 50
)

// Campaigns starts, stops and lists campaigns. It is safe for concurrent use.
type Campaigns struct {
	tx        *tx.Store
	revisions *revision.Revisions
	view      *view.View
}

// New returns the campaigns of a store.
func New(store *tx.Store, revisions *revision.Revisions, v *view.View) *Campaigns {
	return &Campaigns{tx: store, revisions: revisions, view: v}
}

// ErrNoCampaign is returned for a campaign that the city does not have and that was never started.
var ErrNoCampaign = errors.New("no such campaign")

// BadChangeError says why a campaign can't be started or stopped as asked. Nothing was changed.
type BadChangeError struct {
	Field string // of the request: "name", "start_time", "stop_time", "grade", "note"
	Why   i18n.Text
}

// Error implements error.
func (e *BadChangeError) Error() string { return "campaign: " + e.Field + ": " + e.Why.En }

func bad(field string, why i18n.Text) error { return &BadChangeError{Field: field, Why: why} }

// State is a campaign with its last run.
type State struct {
	city.Campaign
	Last    city.CampaignRun   // the zero run: it was never started
	Changes []city.CampaignRun // the latest first, at most 50; of Get alone
	Moving  bool               // open cases are still following the last change, or a later one of another campaign
}

// Start begins a run of a campaign at an instant; a zero instant is now. A run that is under way is returned as it is,
// unless another instant is asked for. Errors: *dispatch.NotAllowedError, ErrNoCampaign, *BadChangeError,
// storage.ErrConflict after too many lost races.
func (d *Campaigns) Start(ctx context.Context, person roster.PersonID, id city.CampaignID, from time.Time, note string) (State, error) {
	return d.change(ctx, person, id, func(c *city.City, was city.CampaignRun, known bool, now time.Time) (city.CampaignRun, error) {
		k := c.Campaigns[id]
		switch {
		case known && was.UnderWay() && (from.IsZero() || from.Equal(was.StartedAt)):
			return was, nil
		case known && was.UnderWay():
			return was, bad("start_time", i18n.F("the campaign has been under way since %s; stop it first", "专项行动自 %s 起正在进行，请先停止", clock(c, was.StartedAt)))
		case k == nil:
			return was, bad("name", i18n.F("campaigns.csv no longer has the campaign %s", "campaigns.csv 中已没有专项行动 %s", id))
		}
		if from.IsZero() {
			from = now
		}
		switch {
		case from.After(now):
			return was, bad("start_time", i18n.F("%s lies in the future: a campaign starts when it is under way", "%s 尚未到：专项行动开始后方可启动", clock(c, from)))
		case now.Sub(from) > maxBack:
			return was, bad("start_time", i18n.F("%s lies more than 7 days back", "%s 距今超过 7 天", clock(c, from)))
		case known && from.Before(was.StoppedAt):
			return was, bad("start_time", i18n.F("%[1]s lies before %[2]s, when the campaign stopped last", "%[1]s 早于上次停止时间 %[2]s", clock(c, from), clock(c, was.StoppedAt)))
		}
		return city.CampaignRun{Campaign: *k, StartedAt: from, Note: note}, nil
	})
}

// Stop ends the run of a campaign at an instant, with a grade; a zero instant is now. A run that has stopped is corrected: its
// limits count from the new instant. The same stop again changes nothing. Errors: as for Start.
func (d *Campaigns) Stop(
	ctx context.Context, person roster.PersonID, id city.CampaignID, at time.Time, grade, note string,
) (State, error) {
	return d.change(ctx, person, id, func(c *city.City, was city.CampaignRun, known bool, now time.Time) (city.CampaignRun, error) {
		if !known {
			return was, bad("name", i18n.F("campaign %s was not started", "专项行动 %s 尚未启动", id))
		}
		if at.IsZero() {
			at = now
			if !was.UnderWay() {
				at = was.StoppedAt // another grade for the same stop
			}
		}
		switch {
		case !was.UnderWay() && at.Equal(was.StoppedAt) && grade == was.Grade:
			return was, nil
		case at.After(now):
			return was, bad("stop_time", i18n.F("%s lies in the future: a campaign stops when it is over", "%s 尚未到：停止后方可录入", clock(c, at)))
		case at.Before(was.StartedAt):
			return was, bad("stop_time", i18n.F("%[1]s lies before the start, %[2]s", "%[1]s 早于开始时间 %[2]s", clock(c, at), clock(c, was.StartedAt)))
		case len(was.Grades) > 0 && !slices.Contains(was.Grades, grade):
			list := i18n.Text{En: strings.Join(was.Grades, ", "), Zh: strings.Join(was.Grades, "、")}
			return was, bad("grade", i18n.F("grade %[1]q is none of %[2]s", "等级 %[1]q 无效，可选：%[2]s", grade, list))
		case len(was.Grades) == 0 && grade != "":
			return was, bad("grade", i18n.F("campaign %s has no grades; leave the grade out", "专项行动 %s 不分等级，请勿填写等级", id))
		case !was.UnderWay() && note == "":
			return was, bad("note", i18n.F("the stop of %[1]s is corrected: say why", "正在更正 %[1]s 的停止时间，请说明原因", clock(c, was.StoppedAt)))
		}
		n := was
		n.StoppedAt, n.Grade, n.Note = at, grade, note
		return n, nil
	})
}

// change writes the run that decide returns, unless it is the present one. The commit rewrites the head of the city's
// revisions: a decision that does not know the change loses its race and is made again.
func (d *Campaigns) change(
	ctx context.Context, person roster.PersonID, id city.CampaignID,
	decide func(c *city.City, was city.CampaignRun, known bool, now time.Time) (city.CampaignRun, error),
) (State, error) {
	err := d.revisions.Do(ctx, "campaign "+string(id), func(_ context.Context, t *tx.Txn, active *revision.Active) error {
		c, now := active.City, active.Now()
		post, err := rights.Govern(c, person, dispatch.ActCampaign, now)
		if err != nil {
			return err
		}
		number, rev, err := revision.CampaignChangesOf(t.Snap)
		if err != nil {
			return err
		}
		runs, err := revision.RunsOf(t.Snap, number)
		if err != nil {
			return err
		}
		was, known := c.WithRuns(runs, number).Run(id)
		if !known && c.Campaigns[id] == nil {
			return fmt.Errorf("%s: %w", id, ErrNoCampaign)
		}
		is, err := decide(c, was, known, now)
		if err != nil || is.Change != 0 && is.Change == was.Change && is.StoppedAt.Equal(was.StoppedAt) && is.Grade == was.Grade {
			return err
		}
		if err := tooMany(t.Snap, id, now); err != nil {
			return err
		}
		is.Change = number + 1
		if is.Run == 0 {
			is.Run = is.Change
		}
		is.By, is.Post, is.At = person, post, now
		return write(t, rev, &is)
	})
	if err != nil {
		return State{}, err
	}
	if err := d.view.CaughtUp(ctx); err != nil {
		return State{}, err
	}
	return d.Get(ctx, person, id)
}

// tooMany refuses a change of a campaign that was changed too often within a day.
func tooMany(snap storage.Snapshot, id city.CampaignID, now time.Time) error {
	n := 0
	last := storage.Prefix(ledger.CampaignPrefix)
	last.Reverse = true
	for it, err := range snap.Scan(last) {
		if err != nil {
			return err
		}
		r, err := record.DecodeCampaignRun(it.Value)
		if err != nil {
			return err
		}
		if now.Sub(r.At) >= 24*time.Hour {
			break
		}
		if r.ID == id {
			n++
		}
	}
	if n >= maxADay {
		return bad("name", i18n.F("the campaign was changed %d times within 24 hours; change it again later", "24 小时内已变更 %d 次，请稍后再变更", n))
	}
	return nil
}

// write adds a change to a transaction, with the sweep of open cases that follows. Sweeps of earlier changes end: each sweep
// lets the cases follow all campaigns as they are then, and this one begins with the first case.
func write(t *tx.Txn, was storage.Revision, r *city.CampaignRun) error {
	val, err := record.EncodeCampaignRun(r)
	if err != nil {
		return err
	}
	sweep, err := record.EncodeCampaignSweep(record.CampaignSweep{})
	if err != nil {
		return err
	}
	t.Guard(ledger.CampaignsKey, was)
	t.Put(ledger.CampaignKey(r.Change), val)
	t.Put(ledger.CampaignsKey, ledger.U64(nil, r.Change))
	t.Put(ledger.SweepKey(r.Change), sweep)
	for it, err := range t.Snap.Scan(storage.Prefix(ledger.SweepPrefix)) {
		if err != nil {
			return err
		}
		t.Delete(it.Key)
	}
	it, err := t.Snap.Get(ledger.HeadKey)
	if errors.Is(err, storage.ErrNotFound) { // a store that keeps no revision: the sweep finds what raced with the change
		return nil
	}
	if err == nil {
		t.Put(ledger.HeadKey, it.Value)
	}
	return err
}

// List lists the campaigns of the city and those that were started, by id. Errors: *dispatch.NotAllowedError.
func (d *Campaigns) List(ctx context.Context, person roster.PersonID) ([]State, error) {
	var out []State
	err := d.read(ctx, person, func(snap storage.Snapshot, c *city.City) error {
		ids := map[city.CampaignID]bool{}
		for id := range c.Campaigns {
			ids[id] = true
		}
		for i := range c.Runs {
			ids[c.Runs[i].ID] = true
		}
		moving, err := sweeping(snap)
		if err != nil {
			return err
		}
		for id := range ids {
			s, _ := state(c, id, moving)
			out = append(out, s)
		}
		slices.SortFunc(out, func(a, b State) int { return strings.Compare(string(a.ID), string(b.ID)) })
		return nil
	})
	return out, err
}

// Get returns a campaign with its last changes. Errors: *dispatch.NotAllowedError, ErrNoCampaign.
func (d *Campaigns) Get(ctx context.Context, person roster.PersonID, id city.CampaignID) (State, error) {
	var out State
	err := d.read(ctx, person, func(snap storage.Snapshot, c *city.City) error {
		moving, err := sweeping(snap)
		if err != nil {
			return err
		}
		s, ok := state(c, id, moving)
		if !ok {
			return fmt.Errorf("%s: %w", id, ErrNoCampaign)
		}
		all := storage.Prefix(ledger.CampaignPrefix)
		all.Reverse = true
		for it, err := range snap.Scan(all) {
			if err != nil {
				return err
			}
			r, err := record.DecodeCampaignRun(it.Value)
			if err != nil {
				return err
			}
			if r.ID == id {
				if s.Changes = append(s.Changes, r); len(s.Changes) == maxChanges {
					break
				}
			}
		}
		out = s
		return nil
	})
	return out, err
}

// read reads campaigns for a person who holds a post.
func (d *Campaigns) read(ctx context.Context, person roster.PersonID, f func(storage.Snapshot, *city.City) error) error {
	if err := d.view.CaughtUp(ctx); err != nil {
		return err
	}
	active := d.revisions.Active()
	if _, err := rights.Govern(active.City, person, dispatch.ActReview, active.Now()); err != nil {
		return err
	}
	return d.tx.Read(ctx, func(snap storage.Snapshot) error { return f(snap, active.City) })
}

// state is a campaign of a city; false if there is none. moving is the change that open cases are still following.
func state(c *city.City, id city.CampaignID, moving uint64) (State, bool) {
	s := State{}
	run, started := c.Run(id)
	if started {
		s.Last, s.Campaign, s.Moving = run, run.Campaign, run.Change <= moving
	}
	k := c.Campaigns[id]
	if k != nil && !(started && run.UnderWay()) { // a run under way is as it was started
		s.Campaign = *k
	}
	return s, started || k != nil
}

func clock(c *city.City, t time.Time) string { return t.In(c.Location).Format("2006-01-02 15:04") }
