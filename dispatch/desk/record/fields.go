package record

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// A field is kept by one row here, with the number that it has in wangge/record/v1/record.proto: the
// tests hold every row against that schema, and every field of the domain's types against its row.

// kept is a case and the units under which it stands in the store.
type kept struct {
	*dispatch.Case
	scopes []roster.Unit
}

var caseTable = table(
	number(1, func(c *kept) *dispatch.CaseID { return &c.ID }),
	number(2, func(c *kept) *uint64 { return &c.Seq }),
	number(3, func(c *kept) *dispatch.Stage { return &c.Stage }),
	always(4, reportTable, func(c *kept) *dispatch.Report { return &c.Report }),
	always(5, placeTable, func(c *kept) *dispatch.Place { return &c.Place }),
	text(6, func(c *kept) *catalog.Code { return &c.Category }),
	text(7, func(c *kept) *string { return &c.Condition }),
	number(8, func(c *kept) *catalog.Severity { return &c.Severity }),
	one(9, ownerTable, func(c *kept) *dispatch.Owner { return &c.Owner }),
	list(10, coOwnerTable, func(c *kept) *[]dispatch.CoOwner { return &c.CoOwners }),
	text(11, func(c *kept) *string { return &c.Rule }),
	one(12, clockTable, func(c *kept) *dispatch.Clock { return &c.Clock }),
	text(13, func(c *kept) *string { return &c.Ladder }),
	number(14, func(c *kept) *int { return &c.NextStep }),
	instant(15, func(c *kept) *time.Time { return &c.NextAt }),
	number(16, func(c *kept) *int { return &c.Returns }),
	number(17, func(c *kept) *int { return &c.Reworks }),
	text(18, func(c *kept) *roster.PersonID { return &c.Handler }),
	text(19, func(c *kept) *roster.PersonID { return &c.FixedBy }),
	text(20, func(c *kept) *roster.PersonID { return &c.CheckedBy }),
	text(21, func(c *kept) *string { return &c.Closing }),
	number(22, func(c *kept) *dispatch.Outcome { return &c.Outcome }),
	instant(23, func(c *kept) *time.Time { return &c.FiledAt }),
	instant(24, func(c *kept) *time.Time { return &c.ResolvedAt }),
	instant(25, func(c *kept) *time.Time { return &c.ClosedAt }),
	instant(26, func(c *kept) *time.Time { return &c.UpdatedAt }),
	text(27, func(c *kept) *string { return &c.CityRevision }),
	one(28, clockTable, func(c *kept) *dispatch.Clock { return &c.Disposal }),
	list(29, unitTable, func(c *kept) *[]roster.Unit { return &c.scopes }),
	text(30, func(c *kept) *string { return &c.LimitRule }),
	instant(31, func(c *kept) *time.Time { return &c.ReroutedAt }),
	number(32, func(c *kept) *dispatch.Verdict { return &c.Verified }),
	list(33, milestoneTable, func(c *kept) *[]dispatch.Milestone { return &c.Milestones }),
	one(34, askedTable, func(c *kept) *dispatch.Asked { return &c.Asked }),
	list(35, unitTable, func(c *kept) *[]roster.Unit { return &c.Refused }),
	one(36, unitTable, func(c *kept) *roster.Unit { return &c.Judge }),
	number(37, func(c *kept) *int { return &c.Suspensions }),
	instant(38, func(c *kept) *time.Time { return &c.ResumeAt }),
	number(39, func(c *kept) *int { return &c.Supervisions }),
	truth(40, func(c *kept) *bool { return &c.Unanswered }),
	number(41, func(c *kept) *dispatch.AppealState { return &c.Appeal }),
	number(42, func(c *kept) *dispatch.Satisfaction { return &c.Satisfaction }),
	number(43, func(c *kept) *dispatch.CaseID { return &c.MergedInto }),
	number(44, func(c *kept) *dispatch.Stage { return &c.Before }),
	one(45, clockTable, func(c *kept) *dispatch.Clock { return &c.Held }),
	number(46, func(c *kept) *dispatch.CaseID { return &c.Group }),
	number(47, func(c *kept) *dispatch.CaseID { return &c.Reopens }),
	number(48, func(c *kept) *dispatch.CaseID { return &c.ReopenedAs }),
	texts(64, func(c *kept) *[]roster.PostID { return &c.Stands }),
	instant(65, func(c *kept) *time.Time { return &c.QuietSince }),
	number(66, func(c *kept) *int { return &c.Nudges }),
	number(70, func(c *kept) *dispatch.CaseID { return &c.Proposed }),
)

// filing is the events of a case that nobody has acted on, and its units.
type filing struct {
	events []dispatch.Event
	scopes []roster.Unit
}

var filingTable = table(
	list(1, eventTable, func(f *filing) *[]dispatch.Event { return &f.events }),
	list(2, unitTable, func(f *filing) *[]roster.Unit { return &f.scopes }),
)

var eventTable = table(
	number(1, func(e *dispatch.Event) *uint64 { return &e.Seq }),
	number(2, func(e *dispatch.Event) *dispatch.EventKind { return &e.Kind }),
	instant(3, func(e *dispatch.Event) *time.Time { return &e.At }),
	text(4, func(e *dispatch.Event) *roster.PersonID { return &e.Actor }),
	text(5, func(e *dispatch.Event) *roster.PostID { return &e.Post }),
	text(6, func(e *dispatch.Event) *string { return &e.Revision }),
	number(7, func(e *dispatch.Event) *dispatch.ReturnReason { return &e.Reason }),
	text(8, func(e *dispatch.Event) *string { return &e.Note }),
	maybe(9, reportTable, func(e *dispatch.Event) **dispatch.Report { return &e.Report }),
	maybe(10, placeTable, func(e *dispatch.Event) **dispatch.Place { return &e.Place }),
	text(11, func(e *dispatch.Event) *string { return &e.Condition }),
	number(12, func(e *dispatch.Event) *catalog.Severity { return &e.Severity }),
	one(13, ownerTable, func(e *dispatch.Event) *dispatch.Owner { return &e.Owner }),
	list(14, coOwnerTable, func(e *dispatch.Event) *[]dispatch.CoOwner { return &e.CoOwners }),
	text(15, func(e *dispatch.Event) *string { return &e.Rule }),
	text(16, func(e *dispatch.Event) *string { return &e.Ladder }),
	one(17, clockTable, func(e *dispatch.Event) *dispatch.Clock { return &e.Clock }),
	instant(18, func(e *dispatch.Event) *time.Time { return &e.NextAt }),
	text(19, func(e *dispatch.Event) *roster.PersonID { return &e.Handler }),
	text(20, func(e *dispatch.Event) *string { return &e.Closing }),
	number(21, func(e *dispatch.Event) *dispatch.Outcome { return &e.Outcome }),
	number(22, func(e *dispatch.Event) *int { return &e.Step }),
	text(23, func(e *dispatch.Event) *string { return &e.Light }),
	texts(24, func(e *dispatch.Event) *[]roster.PersonID { return &e.Told }),
	number(25, func(e *dispatch.Event) *time.Duration { return &e.Late }),
	texts(26, func(e *dispatch.Event) *[]string { return &e.Photos }),
	text(27, func(e *dispatch.Event) *string { return &e.LimitRule }),
	list(28, milestoneTable, func(e *dispatch.Event) *[]dispatch.Milestone { return &e.Milestones }),
	text(29, func(e *dispatch.Event) *catalog.Code { return &e.Category }),
	one(30, unitTable, func(e *dispatch.Event) *roster.Unit { return &e.Party }),
	text(31, func(e *dispatch.Event) *string { return &e.Milestone }),
	number(32, func(e *dispatch.Event) *dispatch.AskKind { return &e.Ask }),
	instant(33, func(e *dispatch.Event) *time.Time { return &e.Until }),
	truth(34, func(e *dispatch.Event) *bool { return &e.Granted }),
	number(35, func(e *dispatch.Event) *dispatch.CaseID { return &e.Other }),
	number(36, func(e *dispatch.Event) *dispatch.Satisfaction { return &e.Satisfied }),
	maybe(37, pointTable, func(e *dispatch.Event) **grid.Point { return &e.Position }),
	maybe(38, rulingTable, func(e *dispatch.Event) **dispatch.Ruling { return &e.Ruling }),
	number(39, func(e *dispatch.Event) *int { return &e.Aside }),
	text(40, func(e *dispatch.Event) *dispatch.Rungs { return &e.Passed }),
	text(41, func(e *dispatch.Event) *dispatch.Rungs { return &e.AsidePassed }),
	one(42, clockTable, func(e *dispatch.Event) *dispatch.Clock { return &e.AsideClock }),
	truth(43, func(e *dispatch.Event) *bool { return &e.Freed }),
	texts(64, func(e *dispatch.Event) *[]roster.PostID { return &e.ToldPosts }),
)

// act is the events of one act.
type act struct{ events []dispatch.Event }

var actTable = table(
	list(1, eventTable, func(a *act) *[]dispatch.Event { return &a.events }),
)

var filedTable = table(
	number(1, func(f *Filed) *dispatch.CaseID { return &f.Case }),
	blob(2, func(f *Filed) *[]byte { return &f.Hash }),
)

var actedTable = table(
	number(1, func(a *Acted) *dispatch.CaseID { return &a.Case }),
	number(2, func(a *Acted) *uint64 { return &a.Seq }),
	blob(3, func(a *Acted) *[]byte { return &a.Hash }),
)

var reportTable = table(
	text(1, func(r *dispatch.Report) *string { return &r.ClientID }),
	text(2, func(r *dispatch.Report) *roster.PersonID { return &r.Reporter }),
	number(3, func(r *dispatch.Report) *dispatch.Source { return &r.Source }),
	text(4, func(r *dispatch.Report) *catalog.Code { return &r.Category }),
	text(5, func(r *dispatch.Report) *string { return &r.Condition }),
	text(6, func(r *dispatch.Report) *string { return &r.Text }),
	one(7, positionTable, func(r *dispatch.Report) *grid.Position { return &r.Position }),
	instant(8, func(r *dispatch.Report) *time.Time { return &r.CapturedAt }),
	instant(9, func(r *dispatch.Report) *time.Time { return &r.ReceivedAt }),
	texts(10, func(r *dispatch.Report) *[]string { return &r.PhotoHashes }),
	texts(11, func(r *dispatch.Report) *[]string { return &r.AfterPhotos }),
	number(12, func(r *dispatch.Report) *dispatch.CaseID { return &r.Joins }),
	instant(13, func(r *dispatch.Report) *time.Time { return &r.PhoneAt }),
)

var positionTable = table(
	double(1, func(p *grid.Position) *float64 { return &p.Lat }),
	double(2, func(p *grid.Position) *float64 { return &p.Lng }),
	number(3, func(p *grid.Position) *grid.Datum { return &p.Datum }),
	double(4, func(p *grid.Position) *float64 { return &p.AccuracyM }),
)

var placeTable = table(
	double(1, func(p *dispatch.Place) *float64 { return &p.Point.Lat }),
	double(2, func(p *dispatch.Place) *float64 { return &p.Point.Lng }),
	fixed64(3, func(p *dispatch.Place) *grid.Cell { return &p.Cell }),
	texts(4, func(p *dispatch.Place) *[]grid.AreaID { return &p.Areas }),
	double(5, func(p *dispatch.Place) *float64 { return &p.BorderM }),
	text(6, func(p *dispatch.Place) *grid.AreaID { return &p.Neighbour }),
	truth(7, func(p *dispatch.Place) *bool { return &p.Ambiguous }),
	texts(8, func(p *dispatch.Place) *[]city.SectionID { return &p.Sections }),
)

var unitTable = table(
	number(1, func(u *roster.Unit) *roster.UnitKind { return &u.Kind }),
	text(2, func(u *roster.Unit) *string { return &u.ID }),
)

var ownerTable = table(
	number(1, func(o *dispatch.Owner) *catalog.OwnerKind { return &o.Kind }),
	one(2, unitTable, func(o *dispatch.Owner) *roster.Unit { return &o.Unit }),
	text(3, func(o *dispatch.Owner) *roster.PostID { return &o.Post }),
	text(4, func(o *dispatch.Owner) *string { return &o.Duty }),
)

var clockTable = table(
	number(1, func(c *dispatch.Clock) *int { return &c.Limit.N }),
	number(2, func(c *dispatch.Clock) *calendar.Unit { return &c.Limit.Unit }),
	number(3, func(c *dispatch.Clock) *time.Duration { return &c.Consumed }),
	instant(4, func(c *dispatch.Clock) *time.Time { return &c.Since }),
	instant(5, func(c *dispatch.Clock) *time.Time { return &c.Due }),
	truth(6, func(c *dispatch.Clock) *bool { return &c.Provisional }),
	number(7, func(c *dispatch.Clock) *int { return &c.Extended }),
	number(8, func(c *dispatch.Clock) *int { return &c.Step }),
	number(9, func(c *dispatch.Clock) *time.Duration { return &c.Length }),
	one(10, spentTable, func(c *dispatch.Clock) *dispatch.Spent { return &c.Spent }),
	text(11, func(c *dispatch.Clock) *dispatch.Rungs { return &c.Passed }),
)

var spentTable = table(
	number(1, func(s *dispatch.Spent) *time.Duration { return &s.Hours }),
	number(2, func(s *dispatch.Spent) *time.Duration { return &s.WorkHours }),
	number(3, func(s *dispatch.Spent) *time.Duration { return &s.WorkDays }),
	number(4, func(s *dispatch.Spent) *time.Duration { return &s.Days }),
)

// coOwnerTable reads also what was an owner's record alone: a co-owner without a clock.
var coOwnerTable = table(
	number(1, func(o *dispatch.CoOwner) *catalog.OwnerKind { return &o.Kind }),
	one(2, unitTable, func(o *dispatch.CoOwner) *roster.Unit { return &o.Unit }),
	text(3, func(o *dispatch.CoOwner) *roster.PostID { return &o.Post }),
	text(4, func(o *dispatch.CoOwner) *string { return &o.Duty }),
	one(5, clockTable, func(o *dispatch.CoOwner) *dispatch.Clock { return &o.Clock }),
	instant(6, func(o *dispatch.CoOwner) *time.Time { return &o.Done }),
	text(7, func(o *dispatch.CoOwner) *roster.PersonID { return &o.DoneBy }),
)

var milestoneTable = table(
	text(1, func(m *dispatch.Milestone) *string { return &m.ID }),
	text(2, func(m *dispatch.Milestone) *string { return &m.Name }),
	text(3, func(m *dispatch.Milestone) *string { return &m.After }),
	text(4, func(m *dispatch.Milestone) *string { return &m.Closing }),
	one(5, clockTable, func(m *dispatch.Milestone) *dispatch.Clock { return &m.Clock }),
	instant(6, func(m *dispatch.Milestone) *time.Time { return &m.Reached }),
	text(7, func(m *dispatch.Milestone) *roster.PersonID { return &m.ReachedBy }),
)

var askedTable = table(
	number(1, func(a *dispatch.Asked) *dispatch.AskKind { return &a.Kind }),
	text(2, func(a *dispatch.Asked) *roster.PersonID { return &a.By }),
	text(3, func(a *dispatch.Asked) *roster.PostID { return &a.Post }),
	instant(4, func(a *dispatch.Asked) *time.Time { return &a.At }),
	instant(5, func(a *dispatch.Asked) *time.Time { return &a.Until }),
	number(6, func(a *dispatch.Asked) *int { return &a.Level }),
	text(7, func(a *dispatch.Asked) *roster.PersonID { return &a.GrantedBy }),
)

var pointTable = table(
	double(1, func(p *grid.Point) *float64 { return &p.Lat }),
	double(2, func(p *grid.Point) *float64 { return &p.Lng }),
)

var rulingTable = table(
	texts(1, func(r *dispatch.Ruling) *[]string { return &r.Categories }),
	double(2, func(r *dispatch.Ruling) *float64 { return &r.RadiusM }),
	instant(3, func(r *dispatch.Ruling) *time.Time { return &r.Until }),
)
