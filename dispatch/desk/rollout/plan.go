package rollout

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/diff"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/dispatch/revise"
	"wangge/dispatch/rights"
	"wangge/storage"
)

// Plan is the preview of a proposal. Moves lists its cases.
type Plan struct {
	Was, Is string // revisions of the directories
	Changes []diff.Change
	Ground  []diff.GroundMove
	Idle    []diff.Idle
	Opened  []Gap // gaps that the proposal opens, and its own unmet expectations
	Closed  []Gap
	Changed []Gap // calendar gaps that stay, of other categories than before
	// Returned are the gaps that come back with a directory that has decided before: they stood then, and Apply does not refuse them.
	Returned []Gap
	Checks   explain.ExpectationResults // the expectations of the proposal's own directory
	Stale    *StaleRevisionError        // set if the proposal was planned against another revision

	Lost      []LostCase // open cases that name something that the proposal removes, by number; at most MaxLost
	LostCount int        // all of them
	Removed   []Removal  // what these cases name

	// Open cases of Lost for which neither the policy nor a successor decides: Apply refuses. A plan without a policy counts as one
	// that keeps open cases.
	Undecided      []LostCase // at most MaxLost
	UndecidedCount int        // all of them

	was, is *city.City
	heirs   city.Successors // of the proposal
	pending city.Successors // of the applies that have yet to move open cases
	unmoved bool            // there are such applies
	kept    bool            // open cases stay, or the proposal has no policy
}

// settled is an open case as the applies will leave it that have yet to move open cases: the proposal takes effect after them.
func (p *Plan) settled(was *city.City, cs *dispatch.Case, at time.Time) *dispatch.Case {
	if !p.unmoved {
		return cs
	}
	return revise.Settled(was, cs, p.pending, at)
}

// City returns the proposed city, without precedents.
func (p *Plan) City() *city.City { return p.is }

// Successors returns what the proposal names in place of what it removes.
func (p *Plan) Successors() city.Successors { return p.heirs }

// Plan previews a proposal without writing anything. Errors: *dispatch.NotAllowedError, *FaultsError, *ProposalError,
// ErrNoRevision.
func (d *Rollouts) Plan(ctx context.Context, person roster.PersonID, p Proposal) (*Plan, error) {
	if err := d.revisions.CatchUp(ctx); err != nil {
		return nil, err
	}
	active := d.revisions.Active()
	return d.plan(ctx, active, person, p, active.Now())
}

func (d *Rollouts) plan(ctx context.Context, active *revision.Active, person roster.PersonID, p Proposal, now time.Time) (*Plan, error) {
	if _, err := rights.Govern(active.City, person, dispatch.ActPlan, now); err != nil {
		return nil, err
	}
	var bad ProposalError
	bad.need((p.Directory != nil) != (p.Revision != ""), "city_revision", i18n.F("send the files of a directory, or name a kept revision", "请提交目录文件，或指明已保存的版本"))
	if bad.Faults != nil {
		return nil, &bad
	}
	_, last, err := d.revisions.Head(ctx)
	if err != nil {
		return nil, err
	}
	out := &Plan{Was: last.Base, heirs: p.Successors, kept: p.Policy != revision.Move && p.Policy != revision.Reroute}
	if out.was, err = d.revisions.BaseCity(ctx, last.Base); err != nil {
		return nil, err
	}
	out.was = out.was.WithFormer(active.City.Former)
	dir := p.Directory
	if dir == nil {
		if dir, err = d.revisions.Directory(ctx, p.Revision); err != nil {
			return nil, err
		}
	} else if bad := dir.Check(); len(bad) > 0 { // its revision does not cover what is no table, and would name a city that is known
		return nil, &revision.FaultsError{Faults: bad}
	}
	out.Is = dir.Revision()
	if out.is, err = d.revisions.Compile(ctx, dir); err != nil {
		return nil, err
	}
	was, is := out.was, out.is
	bad.need(is.Code == was.Code, "code", i18n.F("city.yaml says code %[1]s, the store holds the cases of %[2]s", "city.yaml 的 code 为 %[1]s，而本库为 %[2]s 的案件", is.Code, was.Code))
	bad.need(is.Location.String() == was.Location.String(), "time_zone", i18n.F("the time zone can't change: case numbers are days of %s", "时区不可更改：案件编号按 %s 的日期编排", was.Location))
	checkSuccessors(&bad, was, is, &p.Successors)
	if bad.Faults != nil {
		return nil, &bad
	}
	before, err := d.revisions.Directory(ctx, last.Base)
	if err != nil {
		return nil, err
	}
	if p.Against != "" && p.Against != last.Base {
		err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
			head, _, _, err := revision.HeadOf(snap)
			if err != nil {
				return err
			}
			missed, err := revision.Since(snap, head, p.Against)
			out.Stale = &StaleRevisionError{Have: last.Base, Want: p.Against, Since: missed}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	out.Changes = diff.Changes(before, dir)
	out.Ground = diff.CompareGround(was, is, before, dir)
	from := later(p.From, now)
	out.Idle = diff.IdleUnder(was, is, from)
	rulings := active.City.Precedents
	was, is = was.WithPrecedents(rulings, 0), is.WithPrecedents(rulings, 0)
	var back bool
	if err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		head, _, _, err := revision.HeadOf(snap)
		if err == nil {
			out.pending, out.unmoved, err = revision.PendingHeirs(snap, head)
		}
		if err == nil {
			back, err = revision.WasActive(snap, out.Is)
		}
		return err
	}); err != nil {
		return nil, err
	}
	if err := out.compare(was, is, from, back, d.tx.Channels()); err != nil {
		return nil, err
	}
	return out, d.losses(ctx, out, was, is, from)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Moves lists the open cases whose owner, escalation policy or deadline the plan would change, by number, beginning
// after a case.
func (d *Rollouts) Moves(ctx context.Context, p *Plan, after dispatch.CaseID) iter.Seq2[revise.Move, error] {
	return func(yield func(revise.Move, error) bool) {
		if err := d.view.CaughtUp(ctx); err != nil {
			yield(revise.Move{}, err)
			return
		}
		active := d.revisions.Active()
		now, rulings := active.Now(), active.City.Precedents
		was, is := p.was.WithPrecedents(rulings, 0), p.is.WithPrecedents(rulings, 0)
		var found []revise.Move
		next := func() error {
			for _, m := range found {
				if !yield(m, nil) {
					return errStop
				}
			}
			found = found[:0]
			return nil
		}
		err := d.eachOpen(ctx, after, next, func(cs *dispatch.Case) {
			cs = p.settled(was, cs, now)
			if m, moves := revise.Compare(was, is, cs, p.heirs, now); moves {
				m.Undecided = p.undecided(was, is, cs, now)
				found = append(found, m)
			}
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(revise.Move{}, err)
		}
	}
}

// errStop ends a walk over open cases early.
var errStop = errors.New("stop")

// eachOpen calls f with each open case after the given one, by number, and next after each batch, outside the
// snapshot.
func (d *Rollouts) eachOpen(ctx context.Context, after dispatch.CaseID, next func() error, f func(*dispatch.Case)) error {
	for {
		ids := d.view.OpenIDs(after, backfillBatch)
		if len(ids) == 0 {
			return nil
		}
		err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
			for _, id := range ids {
				l, err := ledger.Load(snap, id)
				if err != nil {
					return fmt.Errorf("plan: %w", err)
				}
				if l.Cs.Open() {
					f(l.Cs)
				}
			}
			return ctx.Err()
		})
		if err == nil {
			err = next()
		}
		if err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// GroundText describes a move of ground.
func (p *Plan) GroundText(m diff.GroundMove) i18n.Text { return m.Text(p.was, p.is) }
