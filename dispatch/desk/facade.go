package desk

import (
	"context"
	"iter"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/access"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/campaigns"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/revise"
	"wangge/storage"
)

// Campaigns starts, stops and lists campaigns of the city.
func (d *Desk) Campaigns() *campaigns.Campaigns { return d.campaigns }

// Channels is tx.Store.Channels.
func (d *Desk) Channels() []string { return d.tx.Channels() }

// AdvanceRollout is rollout.Rollouts.Advance.
func (d *Desk) AdvanceRollout(ctx context.Context, now time.Time) (bool, error) {
	return d.rollouts.Advance(ctx, now)
}

// SweepCampaigns is campaigns.Campaigns.Sweep.
func (d *Desk) SweepCampaigns(ctx context.Context, now time.Time) (bool, error) {
	return d.campaigns.Sweep(ctx, now)
}

// Apply is rollout.Rollouts.Apply.
func (d *Desk) Apply(ctx context.Context, person roster.PersonID, p rollout.Proposal) (*revision.Revision, error) {
	return d.rollouts.Apply(ctx, person, p)
}

// Withdraw is rollout.Rollouts.Withdraw.
func (d *Desk) Withdraw(ctx context.Context, person roster.PersonID, number uint64) (*revision.Revision, error) {
	return d.rollouts.Withdraw(ctx, person, number)
}

// RunAudit is auditlog.Log.Run.
func (d *Desk) RunAudit(ctx context.Context) error { return d.audit.Run(ctx) }

// RunVerification is auditlog.Log.RunVerification.
func (d *Desk) RunVerification(ctx context.Context, first, every time.Duration) error {
	return d.audit.RunVerification(ctx, first, every)
}

// Check is fsck.Checks.Check.
func (d *Desk) Check(ctx context.Context, o fsck.CheckOptions) (fsck.CheckReport, error) {
	return d.fsck.Check(ctx, o)
}

// LastCheck is fsck.Checks.LastCheck.
func (d *Desk) LastCheck() (fsck.CheckReport, bool) { return d.fsck.LastCheck() }

// RunChecks is fsck.Checks.Run.
func (d *Desk) RunChecks(ctx context.Context, every time.Duration) error {
	return d.fsck.Run(ctx, every)
}

// WaitFor is view.View.WaitFor.
func (d *Desk) WaitFor(ctx context.Context, rev storage.Revision) error {
	return d.view.WaitFor(ctx, rev)
}

// City is revision.Revisions.City.
func (d *Desk) City() *city.City { return d.revisions.City() }

// Directory is revision.Revisions.Directory.
func (d *Desk) Directory(ctx context.Context, revision string) (city.Directory, error) {
	return d.revisions.Directory(ctx, revision)
}

// CityAt is revision.Revisions.CityAt.
func (d *Desk) CityAt(ctx context.Context, revision string) (*city.City, error) {
	return d.revisions.CityAt(ctx, revision)
}

// Escalations is view.View.Escalations.
func (d *Desk) Escalations(
	ctx context.Context, person roster.PersonID, scope roster.Unit, size int, token string,
) (view.OverduePage, error) {
	return d.view.Escalations(ctx, person, scope, size, token)
}

// RunTimers is timer.Scheduler.Run.
func (d *Desk) RunTimers(ctx context.Context) error { return d.timers.Run(ctx) }

// FireDue is timer.Scheduler.FireDue.
func (d *Desk) FireDue(ctx context.Context, now time.Time) (int, bool, error) {
	return d.timers.FireDue(ctx, now)
}

// List is view.View.List.
func (d *Desk) List(ctx context.Context, person roster.PersonID, q view.Query) (view.Page, error) {
	return d.view.List(ctx, person, q)
}

// Overdue is view.View.Overdue.
func (d *Desk) Overdue(ctx context.Context, person roster.PersonID, q view.Query) (view.Page, error) {
	return d.view.Overdue(ctx, person, q)
}

// Deliveries is outbox.Outbox.Deliveries.
func (d *Desk) Deliveries(
	ctx context.Context, person roster.PersonID, id dispatch.CaseID, after ledger.NoticeID,
) ([]outbox.Delivery, error) {
	return d.outbox.Deliveries(ctx, person, id, after)
}

// DeadLetters is outbox.Outbox.DeadLetters.
func (d *Desk) DeadLetters(ctx context.Context, after ledger.NoticeID) ([]outbox.Delivery, error) {
	return d.outbox.DeadLetters(ctx, after)
}

// Replay is outbox.Outbox.Replay.
func (d *Desk) Replay(ctx context.Context, id dispatch.CaseID) (int, error) {
	return d.outbox.Replay(ctx, id)
}

// Outbox counts the notices that wait or were given up: see outbox.Outbox.State.
func (d *Desk) Outbox(ctx context.Context) (outbox.State, error) { return d.outbox.State(ctx) }

// Plan is rollout.Rollouts.Plan.
func (d *Desk) Plan(ctx context.Context, person roster.PersonID, p rollout.Proposal) (*rollout.Plan, error) {
	return d.rollouts.Plan(ctx, person, p)
}

// Moves is rollout.Rollouts.Moves.
func (d *Desk) Moves(ctx context.Context, p *rollout.Plan, after dispatch.CaseID) iter.Seq2[revise.Move, error] {
	return d.rollouts.Moves(ctx, p, after)
}

// RunAccess is access.Log.Run.
func (d *Desk) RunAccess(ctx context.Context) error { return d.access.Run(ctx) }

// RecordAccess is access.Log.Record.
func (d *Desk) RecordAccess(ctx context.Context, person roster.PersonID, method string, ids ...dispatch.CaseID) error {
	return d.access.Record(ctx, person, method, ids...)
}

// ListAccess is access.Log.List.
func (d *Desk) ListAccess(
	ctx context.Context, f access.Filter, before *access.Cursor, size int,
) ([]access.Look, *access.Cursor, error) {
	return d.access.List(ctx, f, before, size)
}

// Rule is rollout.Rollouts.Rule.
func (d *Desk) Rule(ctx context.Context, person roster.PersonID, p city.Precedent) (city.Precedent, error) {
	return d.rollouts.Rule(ctx, person, p)
}

// Revoke is rollout.Rollouts.Revoke.
func (d *Desk) Revoke(ctx context.Context, person roster.PersonID, id string, why string) (city.Precedent, error) {
	return d.rollouts.Revoke(ctx, person, id, why)
}

// Precedents is rollout.Rollouts.Precedents.
func (d *Desk) Precedents(ctx context.Context, person roster.PersonID) ([]city.Precedent, error) {
	return d.rollouts.Precedents(ctx, person)
}

// Reproject is rollout.Rollouts.Reproject.
func (d *Desk) Reproject(
	ctx context.Context, person roster.PersonID, reason string, after dispatch.CaseID, most int,
) (rollout.Reprojected, error) {
	return d.rollouts.Reproject(ctx, person, reason, after, most)
}

// Head is revision.Revisions.Head.
func (d *Desk) Head(ctx context.Context) (*revision.Revision, *revision.Revision, error) {
	return d.revisions.Head(ctx)
}

// Revision is revision.Revisions.Revision.
func (d *Desk) Revision(ctx context.Context, number uint64) (*revision.Revision, error) {
	return d.revisions.Revision(ctx, number)
}

// Revisions is revision.Revisions.Revisions.
func (d *Desk) Revisions(ctx context.Context, before uint64, limit int) ([]*revision.Revision, error) {
	return d.revisions.Revisions(ctx, before, limit)
}

// Summarize is view.View.Summarize.
func (d *Desk) Summarize(ctx context.Context, person roster.PersonID, scope roster.Unit, at time.Time) ([]view.SummaryRow, error) {
	return d.view.Summarize(ctx, person, scope, at)
}

// Writes is tx.Store.Writes.
func (d *Desk) Writes(ctx context.Context) error { return d.tx.Writes(ctx) }

// VerifyAudit is auditlog.Log.VerifyAudit.
func (d *Desk) VerifyAudit(ctx context.Context, old auditlog.AuditHead) (auditlog.AuditReport, error) {
	return d.audit.VerifyAudit(ctx, old)
}

// Watch is view.View.Watch.
func (d *Desk) Watch(
	ctx context.Context, person roster.PersonID, scope roster.Unit, q view.Queue, after *storage.Revision, every time.Duration,
) iter.Seq2[view.ChangeSet, error] {
	return d.view.Watch(ctx, person, scope, q, after, every)
}

// WatchPerson is view.View.WatchPerson.
func (d *Desk) WatchPerson(
	ctx context.Context, person roster.PersonID, q view.Queue, after *storage.Revision, every time.Duration,
) iter.Seq2[view.ChangeSet, error] {
	return d.view.WatchPerson(ctx, person, q, after, every)
}

// CountQueues is view.View.CountQueues.
func (d *Desk) CountQueues(
	ctx context.Context, reader roster.PersonID, scope roster.Unit, person roster.PersonID,
) (view.QueueCounts, error) {
	return d.view.CountQueues(ctx, reader, scope, person)
}

// WatchOverview is view.View.WatchOverview.
func (d *Desk) WatchOverview(
	ctx context.Context, person roster.PersonID, scope roster.Unit, interval, beat time.Duration,
) iter.Seq2[view.Overview, error] {
	return d.view.WatchOverview(ctx, person, scope, interval, beat)
}

// Relay returns the worker that delivers the outbox's notices: see outbox.NewRelay.
func (d *Desk) Relay(cfg outbox.RelayConfig) *outbox.Relay {
	return outbox.NewRelay(d.outbox, cfg)
}
