package lifecycle

import (
	"cmp"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/campaign"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/duplicate"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle/guard"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
	"wangge/grid"
)

// decideFile takes a report in. Where the city files reports of the source and category at once, the report is filed and
// dispatched; an inspector's report only when it is from the inspector's own ground. Where the conditions of the category
// differ in severity or limit, a report without one waits for the desk, which chooses: no condition is a default, and no
// report of a phone that was away from the network is refused for it. A small matter that the inspector has already put
// right ends here. Every other report waits for an acceptor with the accept clock running.
//
// A closed case that is taken up again is filed at once, with the severity that a person had judged; without a condition, because
// it was closed before it was filed, it waits for the desk like any report.
//
// A report that names a case of the same matter becomes a case of its own and is merged at once when the two match; if
// it turns out to be another matter, it goes on from there. Otherwise it is treated as any report, and the repetition
// is proposed to the office.
func decideFile(_ *dispatch.Case, cmd dispatch.Command, facts Facts, c *city.City) ([]dispatch.Event, error) {
	r := facts.Filing.Report
	own, err := sla.ConditionOf(c, r.Category, r.Condition)
	if err != nil {
		return nil, err
	}
	cond, closed := own, facts.Filing.Reopens
	if closed == nil {
		closed = &dispatch.Case{}
	}
	if closed.Judged {
		cond = sla.Judged(own, closed.Severity)
	}
	known := r.Source == dispatch.SourceImport || facts.Filing.Reopens != nil
	vouched := known || r.Source == dispatch.SourceInspector && inspects(c, cmd.Actor, facts.Filing.Place, cmd.At)
	severity, condition, atOnce := cond.Severity, cond.ID, known
	if cat := c.Categories[r.Category]; r.Condition == "" && r.Source != dispatch.SourceImport && cat.ConditionMatters() {
		severity, condition, atOnce = cat.Severest(), "", false // the desk chooses
	} else if !known {
		atOnce = condition != "" && filesAtOnce(c, r, vouched)
	}
	room := 1 // an event is large: the list has room for as many as there will be
	if atOnce {
		room = 3
	}
	events := make([]dispatch.Event, 1, room)
	events[0] = dispatch.Event{
		Kind: dispatch.EventReported, Report: r, Place: facts.Filing.Place, Severity: severity, Condition: condition,
		Clock: sla.StageClock(sla.Minutes(c.Defaults.AcceptMinutes), cmd.At), Other: closed.ID,
	}
	if r.Source != dispatch.SourceImport {
		events[0].Party = c.IntakeOf(r.Source.String(), r.Category, facts.Filing.Place.Areas)
	}
	if r.Joins != 0 {
		why := duplicate.OfReport(c, r, facts.Filing.Place, severity, facts.Other)
		if len(why) == 0 {
			return append(events, dispatch.Event{
				Kind: dispatch.EventMerged, Other: r.Joins, Clock: sla.Pause(events[0].Clock, nil, cmd.At, 0),
			}), nil
		}
		if facts.Other != nil && facts.Other.ID == r.Joins { // a case that nobody can compare is none to decide about
			events = append(events, dispatch.Event{Kind: dispatch.EventProposed, Other: r.Joins, Rule: duplicate.Stored(why)})
		}
	}
	switch {
	case len(r.AfterPhotos) > 0:
		return resolvedOnTheSpot(c, events, r, vouched)
	case !atOnce:
		return events, nil
	}
	events = append(events, dispatch.Event{Kind: dispatch.EventFiled, Condition: cond.ID, Severity: cond.Severity, Judged: cond != own})
	dispatched, err := firstDispatch(c, facts.Filing, events[0].Party, cond, cmd.At)
	if err != nil {
		return nil, err
	}
	return append(events, dispatched), nil
}

// resolvedOnTheSpot ends a small matter that its finder has put right.
func resolvedOnTheSpot(c *city.City, events []dispatch.Event, r *dispatch.Report, vouched bool) ([]dispatch.Event, error) {
	cs := &dispatch.Case{Stage: dispatch.Reported, Report: *r, Category: r.Category, Severity: events[0].Severity}
	why := i18n.F("only an inspector of the place may put a matter right on the spot", "只有本责任区监督员可自行处置")
	if r.Source == dispatch.SourceInspector && vouched {
		row, _ := rowOf(dispatch.ActSelfResolve)
		why = row.possible(c, cs, r.Reporter, time.Time{})
	}
	if why != guard.None {
		return nil, refuse(cs, dispatch.ActSelfResolve, why)
	}
	return append(events, dispatch.Event{Kind: dispatch.EventSelfResolved, Photos: r.AfterPhotos}), nil
}

// filesAtOnce reports whether a report is filed and dispatched as it comes in.
func filesAtOnce(c *city.City, r *dispatch.Report, vouched bool) bool {
	source := r.Source.String()
	if r.Source == dispatch.SourceInspector && !vouched || slices.Contains(c.Defaults.VerifySources, source) {
		return false
	}
	return c.FiledAtOnce(source, r.Category)
}

// inspects reports whether a person may vouch for a place: as an inspector or leader of an area that holds it.
func inspects(c *city.City, person roster.PersonID, place *dispatch.Place, at time.Time) bool {
	return slices.ContainsFunc(c.Roster.PostsOf(person, at), func(h roster.Holding) bool {
		return (h.Role == roster.Inspector || h.Role == roster.Leader) && h.Unit.Kind == roster.UnitArea &&
			routing.InAreas(place.Areas, grid.AreaID(h.Unit.ID))
	})
}

// decideAccept files a case under a condition; "" keeps the one it was reported under. The severity is that of the condition,
// unless the desk judges it by the danger, with a reason.
func decideAccept(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	own, err := sla.ConditionOf(c, cs.Category, cmp.Or(cmd.Condition, cs.Condition))
	if err != nil {
		return nil, err
	}
	cond := sla.Judged(own, cmd.Severity)
	if cond != own && cmd.Note == "" {
		return nil, refuse(cs, cmd.Act, dispatch.JoinTexts(i18n.F("a severity other than that of the condition needs: ", "等级与立案条件不一致时必须提供："), []i18n.Text{dispatch.NeedNote.Text()}))
	}
	return []dispatch.Event{
		{Kind: dispatch.EventAccepted},
		{
			Kind: dispatch.EventFiled, Condition: cond.ID, Severity: cond.Severity, Judged: cond != own,
			Clock: sla.StageClock(sla.Minutes(c.Defaults.DispatchMinutes), cmd.At),
		},
	}, nil
}

// Reopened is the report of the case that takes a closed one up again: the same matter at the same place, with a
// client id made from the number of the closed case.
func Reopened(cs *dispatch.Case, by roster.PersonID, at time.Time) dispatch.Report {
	r := cs.Report
	r.ClientID = "reopen-" + cs.ID.String()
	r.Reporter, r.Category, r.Condition = by, cs.Category, cs.Condition
	r.CapturedAt, r.ReceivedAt, r.AfterPhotos, r.Joins = at, at, nil, 0
	return r
}

// firstDispatch dispatches a report from the platform at which it arrives to the routed owner, or to the one that a past
// record names, and starts the clocks.
func firstDispatch(c *city.City, f *Filing, from roster.Unit, cond *catalog.Condition, at time.Time) (dispatch.Event, error) {
	d, err := routing.RouteFrom(c, from, *f.Place, f.Report.Category, at)
	if err != nil {
		return dispatch.Event{}, err
	}
	if o := f.Recorded; o != nil {
		d = routing.Decision{Owner: *o, CoOwners: d.CoOwnersOf(o.Unit), Rule: dispatch.Recorded}
	}
	e, err := dispatched(c, f.Place, f.Report, f.Report.Category, cond, d, at)
	e.Chain = platform.Given(c, &dispatch.Case{}, from, d.Owner, d.Rule, "", at)
	return e, err
}

// dispatched is the event that gives a case to its owners.
func dispatched(
	c *city.City, p *dispatch.Place, r *dispatch.Report, code catalog.Code, cond *catalog.Condition, d routing.Decision, at time.Time,
) (dispatch.Event, error) {
	limit := campaign.LimitAt(c, p, code, cond, at)
	clock, co, ms, err := sla.StartAll(c, &sla.Work{
		Place: p, Owner: d.Owner, CoOwners: d.CoOwners, Condition: cond, Limit: limit.Limit, Seen: r.Source == dispatch.SourceInspector,
	}, limit.From)
	if err != nil {
		return dispatch.Event{}, err
	}
	return dispatch.Event{
		Kind: dispatch.EventDispatched, Owner: d.Owner, CoOwners: co, Milestones: ms, Rule: d.Rule, LimitRule: limit.Rule, Clock: clock,
		Campaign: limit.Mark,
	}, nil
}
