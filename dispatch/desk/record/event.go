package record

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
	"wangge/grid"
)

// filing is the events of a case that nobody has acted on, and the units under which the case is indexed.
func (d *draft) filing(events []dispatch.Event, scopes []roster.Unit) *pb.FilingRecord {
	m := d.filings.next()
	*m = pb.FilingRecord{Events: messages(&d.events, events, d.event), Scopes: messages(&d.units, scopes, d.unit)}
	return m
}

// act is the events of one act.
func (d *draft) act(events []dispatch.Event) *pb.EventsRecord {
	m := d.acts.next()
	*m = pb.EventsRecord{Events: messages(&d.events, events, d.event)}
	return m
}

func (d *draft) event(v *dispatch.Event) *pb.EventRecord {
	m := d.events.next()
	*m = pb.EventRecord{
		Seq:         v.Seq,
		Kind:        int32(v.Kind),
		At:          stamp(v.At),
		Actor:       string(v.Actor),
		Post:        string(v.Post),
		Revision:    v.Revision,
		Reason:      int32(v.Reason),
		Note:        v.Note,
		Report:      unlessNil(v.Report, d.report),
		Place:       unlessNil(v.Place, d.place),
		Condition:   v.Condition,
		Severity:    int32(v.Severity),
		Owner:       unlessZero(&v.Owner, d.owner),
		CoOwners:    messages(&d.owners, v.CoOwners, d.coOwner),
		Rule:        v.Rule,
		Ladder:      v.EscalationPolicy,
		Clock:       unlessZero(&v.Clock, d.clock),
		NextAt:      stamp(v.NextAt),
		Handler:     string(v.Handler),
		Closing:     v.Closing,
		Outcome:     int32(v.Outcome),
		Step:        int32(v.Step),
		Light:       v.Light,
		Told:        texts(d, v.Notified),
		Late:        int64(v.Late),
		Photos:      v.Photos,
		LimitRule:   v.LimitRule,
		Milestones:  messages(&d.milestones, v.Milestones, d.milestone),
		Category:    string(v.Category),
		Party:       unlessZero(&v.Party, d.unit),
		Milestone:   v.Milestone,
		Ask:         int32(v.Request),
		Until:       stamp(v.Until),
		Granted:     v.Granted,
		Other:       uint64(v.Other),
		Satisfied:   int32(v.Satisfied),
		Position:    unlessNil(v.Position, d.point),
		Ruling:      unlessNil(v.Ruling, d.ruling),
		Aside:       int32(v.PausedStep),
		Passed:      string(v.Fired),
		AsidePassed: string(v.PausedFired),
		AsideClock:  unlessNil(v.PausedClock, d.clock),
		Freed:       v.Freed,
		ToldPosts:   texts(d, v.NotifiedPosts),
		ToldAs:      octets(v.NotifiedAs),
		Receipt:     unlessNil(v.Receipt, d.receipt),
		Gone:        messages(&d.units, v.GoneUnits, d.unit),
		Former:      texts(d, v.Former),
		Judged:      v.Judged,
		Campaign:    unlessZero(&v.Campaign, d.campaignMark),
		Chain:       messages(&d.links, v.Chain, d.link),
		Platform:    unlessNil(v.Platform, d.unit),
	}
	return m
}

func eventOf(m *pb.EventRecord) dispatch.Event {
	return dispatch.Event{
		Seq:              m.GetSeq(),
		Kind:             dispatch.EventKind(m.GetKind()),
		At:               stampOf(m.GetAt()),
		Actor:            roster.PersonID(m.GetActor()),
		Post:             roster.PostID(m.GetPost()),
		Revision:         m.GetRevision(),
		Reason:           dispatch.ReturnReason(m.GetReason()),
		Note:             m.GetNote(),
		Report:           pointer(m.GetReport(), reportOf),
		Place:            pointer(m.GetPlace(), placeOf),
		Condition:        m.GetCondition(),
		Severity:         catalog.Severity(m.GetSeverity()),
		Owner:            ownerOf(m.GetOwner()),
		CoOwners:         values(m.GetCoOwners(), coOwnerOf),
		Rule:             m.GetRule(),
		EscalationPolicy: m.GetLadder(),
		Clock:            clockOf(m.GetClock()),
		NextAt:           stampOf(m.GetNextAt()),
		Handler:          roster.PersonID(m.GetHandler()),
		Closing:          m.GetClosing(),
		Outcome:          dispatch.Outcome(m.GetOutcome()),
		Step:             int(m.GetStep()),
		Light:            m.GetLight(),
		Notified:         converted[roster.PersonID](m.GetTold()),
		Late:             time.Duration(m.GetLate()),
		Photos:           m.GetPhotos(),
		LimitRule:        m.GetLimitRule(),
		Milestones:       values(m.GetMilestones(), milestoneOf),
		Category:         catalog.Code(m.GetCategory()),
		Party:            unitOf(m.GetParty()),
		Milestone:        m.GetMilestone(),
		Request:          dispatch.RequestKind(m.GetAsk()),
		Until:            stampOf(m.GetUntil()),
		Granted:          m.GetGranted(),
		Other:            dispatch.CaseID(m.GetOther()),
		Satisfied:        dispatch.Satisfaction(m.GetSatisfied()),
		Position:         pointer(m.GetPosition(), pointOf),
		Ruling:           pointer(m.GetRuling(), rulingOf),
		PausedStep:       int(m.GetAside()),
		Fired:            dispatch.FiredSteps(m.GetPassed()),
		PausedFired:      dispatch.FiredSteps(m.GetAsidePassed()),
		PausedClock:      pointer(m.GetAsideClock(), clockOf),
		Freed:            m.GetFreed(),
		NotifiedPosts:    converted[roster.PostID](m.GetToldPosts()),
		NotifiedAs:       notifiedAsOf(m.GetToldAs()),
		Receipt:          pointer(m.GetReceipt(), receiptOf),
		GoneUnits:        values(m.GetGone(), unitOf),
		Former:           converted[roster.PersonID](m.GetFormer()),
		Judged:           m.GetJudged(),
		Campaign:         campaignMarkOf(m.GetCampaign()),
		Chain:            values(m.GetChain(), linkOf),
		Platform:         pointer(m.GetPlatform(), unitOf),
	}
}

// octets writes why recipients are notified, a byte each; nil for none.
func octets(list []dispatch.NotifiedAs) []byte {
	if len(list) == 0 {
		return nil
	}
	out := make([]byte, len(list))
	for i, as := range list {
		out[i] = byte(as)
	}
	return out
}

func notifiedAsOf(list []byte) []dispatch.NotifiedAs {
	if len(list) == 0 {
		return nil
	}
	out := make([]dispatch.NotifiedAs, len(list))
	for i, as := range list {
		out[i] = dispatch.NotifiedAs(as)
	}
	return out
}

func (d *draft) ruling(v *dispatch.Ruling) *pb.RuledRecord {
	m := d.rulings.next()
	*m = pb.RuledRecord{
		Categories: v.Categories,
		RadiusM:    v.RadiusM,
		Until:      stamp(v.Until),
	}
	return m
}

func rulingOf(m *pb.RuledRecord) dispatch.Ruling {
	return dispatch.Ruling{
		Categories: m.GetCategories(),
		RadiusM:    m.GetRadiusM(),
		Until:      stampOf(m.GetUntil()),
	}
}

func (d *draft) point(v *grid.Point) *pb.PointRecord {
	m := d.points.next()
	*m = pb.PointRecord{
		Lat: v.Lat,
		Lng: v.Lng,
	}
	return m
}

func pointOf(m *pb.PointRecord) grid.Point {
	return grid.Point{
		Lat: m.GetLat(),
		Lng: m.GetLng(),
	}
}
