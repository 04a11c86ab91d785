package record

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
	"wangge/grid"
)

func reportMessage(v *dispatch.Report) *pb.ReportContent {
	return &pb.ReportContent{
		ClientId:    v.ClientID,
		Reporter:    string(v.Reporter),
		Source:      int32(v.Source),
		Category:    string(v.Category),
		Condition:   v.Condition,
		Text:        v.Text,
		Position:    unlessZero(&v.Position, positionMessage),
		CapturedAt:  stamp(v.CapturedAt),
		ReceivedAt:  stamp(v.ReceivedAt),
		PhotoHashes: v.PhotoHashes,
		AfterPhotos: v.AfterPhotos,
		Joins:       uint64(v.Joins),
		PhoneAt:     stamp(v.PhoneAt),
	}
}

func reportOf(m *pb.ReportContent) dispatch.Report {
	return dispatch.Report{
		ClientID:    m.GetClientId(),
		Reporter:    roster.PersonID(m.GetReporter()),
		Source:      dispatch.Source(m.GetSource()),
		Category:    catalog.Code(m.GetCategory()),
		Condition:   m.GetCondition(),
		Text:        m.GetText(),
		Position:    positionOf(m.GetPosition()),
		CapturedAt:  stampOf(m.GetCapturedAt()),
		ReceivedAt:  stampOf(m.GetReceivedAt()),
		PhotoHashes: m.GetPhotoHashes(),
		AfterPhotos: m.GetAfterPhotos(),
		Joins:       dispatch.CaseID(m.GetJoins()),
		PhoneAt:     stampOf(m.GetPhoneAt()),
	}
}

func positionMessage(v *grid.Position) *pb.PositionRecord {
	return &pb.PositionRecord{
		Lat:       v.Lat,
		Lng:       v.Lng,
		Datum:     int32(v.Datum),
		AccuracyM: v.AccuracyM,
	}
}

func positionOf(m *pb.PositionRecord) grid.Position {
	return grid.Position{
		Lat:       m.GetLat(),
		Lng:       m.GetLng(),
		Datum:     grid.Datum(m.GetDatum()),
		AccuracyM: m.GetAccuracyM(),
	}
}

func placeMessage(v *dispatch.Place) *pb.PlaceRecord {
	return &pb.PlaceRecord{
		Lat:       v.Point.Lat,
		Lng:       v.Point.Lng,
		Cell:      uint64(v.Cell),
		Areas:     converted[string](v.Areas),
		BorderM:   v.BorderM,
		Neighbour: string(v.Neighbour),
		Ambiguous: v.Ambiguous,
		Sections:  converted[string](v.Sections),
	}
}

func placeOf(m *pb.PlaceRecord) dispatch.Place {
	return dispatch.Place{
		Point:     grid.Point{Lat: m.GetLat(), Lng: m.GetLng()},
		Cell:      grid.Cell(m.GetCell()),
		Areas:     converted[grid.AreaID](m.GetAreas()),
		BorderM:   m.GetBorderM(),
		Neighbour: grid.AreaID(m.GetNeighbour()),
		Ambiguous: m.GetAmbiguous(),
		Sections:  converted[city.SectionID](m.GetSections()),
	}
}

func unitMessage(v *roster.Unit) *pb.UnitRecord {
	return &pb.UnitRecord{
		Kind: int32(v.Kind),
		Id:   v.ID,
	}
}

func unitOf(m *pb.UnitRecord) roster.Unit {
	return roster.Unit{
		Kind: roster.UnitKind(m.GetKind()),
		ID:   m.GetId(),
	}
}

func ownerMessage(v *dispatch.Owner) *pb.OwnerRecord {
	return &pb.OwnerRecord{
		Kind: int32(v.Kind),
		Unit: unlessZero(&v.Unit, unitMessage),
		Post: string(v.Post),
		Duty: v.Duty,
	}
}

func ownerOf(m *pb.OwnerRecord) dispatch.Owner {
	return dispatch.Owner{
		Kind: catalog.OwnerKind(m.GetKind()),
		Unit: unitOf(m.GetUnit()),
		Post: roster.PostID(m.GetPost()),
		Duty: m.GetDuty(),
	}
}

func coOwnerMessage(v *dispatch.CoOwner) *pb.OwnerRecord {
	return &pb.OwnerRecord{
		Kind:   int32(v.Kind),
		Unit:   unlessZero(&v.Unit, unitMessage),
		Post:   string(v.Post),
		Duty:   v.Duty,
		Clock:  unlessZero(&v.Clock, clockMessage),
		Done:   stamp(v.Done),
		DoneBy: string(v.DoneBy),
	}
}

func coOwnerOf(m *pb.OwnerRecord) dispatch.CoOwner {
	return dispatch.CoOwner{
		Owner: dispatch.Owner{
			Kind: catalog.OwnerKind(m.GetKind()),
			Unit: unitOf(m.GetUnit()),
			Post: roster.PostID(m.GetPost()),
			Duty: m.GetDuty(),
		},
		Clock:  clockOf(m.GetClock()),
		Done:   stampOf(m.GetDone()),
		DoneBy: roster.PersonID(m.GetDoneBy()),
	}
}

func clockMessage(v *dispatch.Clock) *pb.ClockRecord {
	return &pb.ClockRecord{
		LimitN:      int32(v.Limit.N),
		LimitUnit:   int32(v.Limit.Unit),
		Consumed:    int64(v.Consumed),
		Since:       stamp(v.Since),
		Due:         stamp(v.Due),
		Provisional: v.Provisional,
		Extended:    int32(v.Extended),
		Step:        int32(v.Step),
		Length:      int64(v.Length),
		Spent:       unlessZero(&v.Spent, spentMessage),
		Passed:      string(v.Fired),
	}
}

func clockOf(m *pb.ClockRecord) dispatch.Clock {
	return dispatch.Clock{
		Limit:       calendar.Limit{N: int(m.GetLimitN()), Unit: calendar.Unit(m.GetLimitUnit())},
		Consumed:    time.Duration(m.GetConsumed()),
		Since:       stampOf(m.GetSince()),
		Due:         stampOf(m.GetDue()),
		Provisional: m.GetProvisional(),
		Extended:    int(m.GetExtended()),
		Step:        int(m.GetStep()),
		Length:      time.Duration(m.GetLength()),
		Spent:       spentOf(m.GetSpent()),
		Fired:       dispatch.FiredSteps(m.GetPassed()),
	}
}

func spentMessage(v *dispatch.Spent) *pb.SpentRecord {
	return &pb.SpentRecord{
		Hours:     int64(v.Hours),
		WorkHours: int64(v.WorkHours),
		WorkDays:  int64(v.WorkDays),
		Days:      int64(v.Days),
	}
}

func spentOf(m *pb.SpentRecord) dispatch.Spent {
	return dispatch.Spent{
		Hours:     time.Duration(m.GetHours()),
		WorkHours: time.Duration(m.GetWorkHours()),
		WorkDays:  time.Duration(m.GetWorkDays()),
		Days:      time.Duration(m.GetDays()),
	}
}

func milestoneMessage(v *dispatch.Milestone) *pb.MilestoneRecord {
	return &pb.MilestoneRecord{
		Id:        v.ID,
		Name:      v.Name,
		After:     v.After,
		Closing:   v.Closing,
		Clock:     unlessZero(&v.Clock, clockMessage),
		Reached:   stamp(v.Reached),
		ReachedBy: string(v.ReachedBy),
	}
}

func milestoneOf(m *pb.MilestoneRecord) dispatch.Milestone {
	return dispatch.Milestone{
		ID:        m.GetId(),
		Name:      m.GetName(),
		After:     m.GetAfter(),
		Closing:   m.GetClosing(),
		Clock:     clockOf(m.GetClock()),
		Reached:   stampOf(m.GetReached()),
		ReachedBy: roster.PersonID(m.GetReachedBy()),
	}
}
