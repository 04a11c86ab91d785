package desk

import (
	"context"
	"iter"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

// TendCity is that of rollout, which says what it does.
func (d *Desk) TendCity(ctx context.Context, now time.Time) (bool, error) {
	return d.rollouts.TendCity(ctx, now)
}

// Apply is that of rollout, which says what it does.
func (d *Desk) Apply(ctx context.Context, person roster.PersonID, p rollout.Proposal) (*revision.Revision, error) {
	return d.rollouts.Apply(ctx, person, p)
}

// Withdraw is that of rollout, which says what it does.
func (d *Desk) Withdraw(ctx context.Context, person roster.PersonID, number uint64) (*revision.Revision, error) {
	return d.rollouts.Withdraw(ctx, person, number)
}

// KeepAudited is that of auditlog, which says what it does.
func (d *Desk) KeepAudited(ctx context.Context) error { return d.audit.KeepAudited(ctx) }

// KeepVerified is that of auditlog, which says what it does.
func (d *Desk) KeepVerified(ctx context.Context, first time.Duration, every time.Duration) error {
	return d.audit.KeepVerified(ctx, first, every)
}

// Check is that of fsck, which says what it does.
func (d *Desk) Check(ctx context.Context, o fsck.CheckOptions) (fsck.CheckReport, error) {
	return d.fsck.Check(ctx, o)
}

// LastCheck is that of fsck, which says what it does.
func (d *Desk) LastCheck() (fsck.CheckReport, bool) { return d.fsck.LastCheck() }

// KeepChecked is that of fsck, which says what it does.
func (d *Desk) KeepChecked(ctx context.Context, every time.Duration) error {
	return d.fsck.KeepChecked(ctx, every)
}

// Reach is that of view, which says what it does.
func (d *Desk) Reach(ctx context.Context, rev storage.Revision) error { return d.view.Reach(ctx, rev) }

// City is that of revision, which says what it does.
func (d *Desk) City() *city.City { return d.revisions.City() }

// Directory is that of revision, which says what it does.
func (d *Desk) Directory(ctx context.Context, revision string) (city.Directory, error) {
	return d.revisions.Directory(ctx, revision)
}

// CityAt is that of revision, which says what it does.
func (d *Desk) CityAt(ctx context.Context, revision string) (*city.City, error) {
	return d.revisions.CityAt(ctx, revision)
}

// Escalations is that of view, which says what it does.
func (d *Desk) Escalations(
	ctx context.Context, person roster.PersonID, scope roster.Unit, size int, token string,
) (view.StandingPage, error) {
	return d.view.Escalations(ctx, person, scope, size, token)
}

// Keep is that of timer, which says what it does.
func (d *Desk) Keep(ctx context.Context) error { return d.timers.Keep(ctx) }

// FireDue is that of timer, which says what it does.
func (d *Desk) FireDue(ctx context.Context, now time.Time) (int, bool, error) {
	return d.timers.FireDue(ctx, now)
}

// List is that of view, which says what it does.
func (d *Desk) List(ctx context.Context, person roster.PersonID, q view.Query) (view.Page, error) {
	return d.view.List(ctx, person, q)
}

// Overdue is that of view, which says what it does.
func (d *Desk) Overdue(ctx context.Context, person roster.PersonID, q view.Query) (view.Page, error) {
	return d.view.Overdue(ctx, person, q)
}

// Deliveries is that of outbox, which says what it does.
func (d *Desk) Deliveries(
	ctx context.Context, person roster.PersonID, id dispatch.CaseID, after ledger.NoticeID,
) ([]outbox.Delivery, error) {
	return d.outbox.Deliveries(ctx, person, id, after)
}

// Parked is that of outbox, which says what it does.
func (d *Desk) Parked(ctx context.Context, after ledger.NoticeID) ([]outbox.Delivery, error) {
	return d.outbox.Parked(ctx, after)
}

// Replay is that of outbox, which says what it does.
func (d *Desk) Replay(ctx context.Context, id dispatch.CaseID) (int, error) {
	return d.outbox.Replay(ctx, id)
}

// Outbox counts the notices that wait or were given up: see outbox.Outbox.State.
func (d *Desk) Outbox(ctx context.Context) (outbox.State, error) { return d.outbox.State(ctx) }

// Plan is that of rollout, which says what it does.
func (d *Desk) Plan(ctx context.Context, person roster.PersonID, p rollout.Proposal) (*rollout.Plan, error) {
	return d.rollouts.Plan(ctx, person, p)
}

// Moves is that of rollout, which says what it does.
func (d *Desk) Moves(ctx context.Context, p *rollout.Plan, after dispatch.CaseID) iter.Seq2[lifecycle.Move, error] {
	return d.rollouts.Moves(ctx, p, after)
}

// Rule is that of rollout, which says what it does.
func (d *Desk) Rule(ctx context.Context, person roster.PersonID, p city.Precedent) (city.Precedent, error) {
	return d.rollouts.Rule(ctx, person, p)
}

// Revoke is that of rollout, which says what it does.
func (d *Desk) Revoke(ctx context.Context, person roster.PersonID, id string, why string) (city.Precedent, error) {
	return d.rollouts.Revoke(ctx, person, id, why)
}

// Precedents is that of rollout, which says what it does.
func (d *Desk) Precedents(ctx context.Context, person roster.PersonID) ([]city.Precedent, error) {
	return d.rollouts.Precedents(ctx, person)
}

// Reproject is that of rollout, which says what it does.
func (d *Desk) Reproject(
	ctx context.Context, person roster.PersonID, reason string, after dispatch.CaseID, most int,
) (rollout.Reprojected, error) {
	return d.rollouts.Reproject(ctx, person, reason, after, most)
}

// Head is that of revision, which says what it does.
func (d *Desk) Head(ctx context.Context) (*revision.Revision, *revision.Revision, error) {
	return d.revisions.Head(ctx)
}

// Revision is that of revision, which says what it does.
func (d *Desk) Revision(ctx context.Context, number uint64) (*revision.Revision, error) {
	return d.revisions.Revision(ctx, number)
}

// Revisions is that of revision, which says what it does.
func (d *Desk) Revisions(ctx context.Context, before uint64, limit int) ([]*revision.Revision, error) {
	return d.revisions.Revisions(ctx, before, limit)
}

// Summarize is that of view, which says what it does.
func (d *Desk) Summarize(ctx context.Context, person roster.PersonID, scope roster.Unit, at time.Time) ([]view.SummaryRow, error) {
	return d.view.Summarize(ctx, person, scope, at)
}

// Writes is that of tx, which says what it does.
func (d *Desk) Writes(ctx context.Context) error { return d.tx.Writes(ctx) }

// VerifyAudit is that of auditlog, which says what it does.
func (d *Desk) VerifyAudit(ctx context.Context, old auditlog.AuditHead) (auditlog.AuditReport, error) {
	return d.audit.VerifyAudit(ctx, old)
}

// Watch is that of view, which says what it does.
func (d *Desk) Watch(
	ctx context.Context, person roster.PersonID, scope roster.Unit, after *storage.Revision, every time.Duration,
) iter.Seq2[view.Moment, error] {
	return d.view.Watch(ctx, person, scope, after, every)
}

// WatchOverview is that of view, which says what it does.
func (d *Desk) WatchOverview(
	ctx context.Context, person roster.PersonID, scope roster.Unit, look time.Duration, beat time.Duration,
) iter.Seq2[view.Overview, error] {
	return d.view.WatchOverview(ctx, person, scope, look, beat)
}

// Postman returns a postman that delivers what the outbox holds: see outbox.NewPostman.
func (d *Desk) Postman(cfg outbox.PostConfig) *outbox.Postman {
	return outbox.NewPostman(d.outbox, cfg)
}
