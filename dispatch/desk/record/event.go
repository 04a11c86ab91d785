package record

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
	"wangge/grid"
)

func eventMessage(v *dispatch.Event) *pb.EventRecord {
	return &pb.EventRecord{
		Seq:         v.Seq,
		Kind:        int32(v.Kind),
		At:          stamp(v.At),
		Actor:       string(v.Actor),
		Post:        string(v.Post),
		Revision:    v.Revision,
		Reason:      int32(v.Reason),
		Note:        v.Note,
		Report:      unlessNil(v.Report, reportMessage),
		Place:       unlessNil(v.Place, placeMessage),
		Condition:   v.Condition,
		Severity:    int32(v.Severity),
		Owner:       unlessZero(&v.Owner, ownerMessage),
		CoOwners:    messages(v.CoOwners, coOwnerMessage),
		Rule:        v.Rule,
		Ladder:      v.EscalationPolicy,
		Clock:       unlessZero(&v.Clock, clockMessage),
		NextAt:      stamp(v.NextAt),
		Handler:     string(v.Handler),
		Closing:     v.Closing,
		Outcome:     int32(v.Outcome),
		Step:        int32(v.Step),
		Light:       v.Light,
		Told:        converted[string](v.Notified),
		Late:        int64(v.Late),
		Photos:      v.Photos,
		LimitRule:   v.LimitRule,
		Milestones:  messages(v.Milestones, milestoneMessage),
		Category:    string(v.Category),
		Party:       unlessZero(&v.Party, unitMessage),
		Milestone:   v.Milestone,
		Ask:         int32(v.Request),
		Until:       stamp(v.Until),
		Granted:     v.Granted,
		Other:       uint64(v.Other),
		Satisfied:   int32(v.Satisfied),
		Position:    unlessNil(v.Position, pointMessage),
		Ruling:      unlessNil(v.Ruling, rulingMessage),
		Aside:       int32(v.PausedStep),
		Passed:      string(v.Fired),
		AsidePassed: string(v.PausedFired),
		AsideClock:  unlessZero(&v.PausedClock, clockMessage),
		Freed:       v.Freed,
		ToldPosts:   converted[string](v.NotifiedPosts),
	}
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
		PausedClock:      clockOf(m.GetAsideClock()),
		Freed:            m.GetFreed(),
		NotifiedPosts:    converted[roster.PostID](m.GetToldPosts()),
	}
}

func rulingMessage(v *dispatch.Ruling) *pb.RuledRecord {
	return &pb.RuledRecord{
		Categories: v.Categories,
		RadiusM:    v.RadiusM,
		Until:      stamp(v.Until),
	}
}

func rulingOf(m *pb.RuledRecord) dispatch.Ruling {
	return dispatch.Ruling{
		Categories: m.GetCategories(),
		RadiusM:    m.GetRadiusM(),
		Until:      stampOf(m.GetUntil()),
	}
}

func pointMessage(v *grid.Point) *pb.PointRecord {
	return &pb.PointRecord{
		Lat: v.Lat,
		Lng: v.Lng,
	}
}

func pointOf(m *pb.PointRecord) grid.Point {
	return grid.Point{
		Lat: m.GetLat(),
		Lng: m.GetLng(),
	}
}
