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

func (d *draft) report(v *dispatch.Report) *pb.ReportContent {
	m := d.reports.next()
	*m = pb.ReportContent{
		ClientId:    v.ClientID,
		Reporter:    string(v.Reporter),
		Source:      int32(v.Source),
		Category:    string(v.Category),
		Condition:   v.Condition,
		Text:        v.Text,
		Position:    unlessZero(&v.Position, d.position),
		CapturedAt:  stamp(v.CapturedAt),
		ReceivedAt:  stamp(v.ReceivedAt),
		PhotoHashes: v.PhotoHashes,
		AfterPhotos: v.AfterPhotos,
		Joins:       uint64(v.Joins),
		PhoneAt:     stamp(v.PhoneAt),

		CallerName:   v.Caller.Name,
		CallerPhone:  v.Caller.Phone,
		Confidential: v.Caller.Confidential,
		Address:      v.Address,
		ExternalId:   v.ExternalID,
		Component:    v.Component,
		Building:     v.Building,
		UnitNo:       v.UnitNo,
		Floor:        v.Floor,
		Confidence:   v.Confidence,
	}
	return m
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

		Caller:     dispatch.Caller{Name: m.GetCallerName(), Phone: m.GetCallerPhone(), Confidential: m.GetConfidential()},
		Address:    m.GetAddress(),
		ExternalID: m.GetExternalId(),
		Component:  m.GetComponent(),
		Building:   m.GetBuilding(),
		UnitNo:     m.GetUnitNo(),
		Floor:      m.GetFloor(),
		Confidence: m.GetConfidence(),
	}
}

func (d *draft) position(v *grid.Position) *pb.PositionRecord {
	m := d.positions.next()
	*m = pb.PositionRecord{
		Lat:       v.Lat,
		Lng:       v.Lng,
		Datum:     int32(v.Datum),
		AccuracyM: v.AccuracyM,
	}
	return m
}

func positionOf(m *pb.PositionRecord) grid.Position {
	return grid.Position{
		Lat:       m.GetLat(),
		Lng:       m.GetLng(),
		Datum:     grid.Datum(m.GetDatum()),
		AccuracyM: m.GetAccuracyM(),
	}
}

func (d *draft) place(v *dispatch.Place) *pb.PlaceRecord {
	m := d.places.next()
	*m = pb.PlaceRecord{
		Lat:       v.Point.Lat,
		Lng:       v.Point.Lng,
		Cell:      uint64(v.Cell),
		Areas:     texts(d, v.Areas),
		BorderM:   v.BorderM,
		Neighbour: string(v.Neighbour),
		Ambiguous: v.Ambiguous,
		Sections:  texts(d, v.Sections),
	}
	return m
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

func (d *draft) unit(v *roster.Unit) *pb.UnitRecord {
	m := d.units.next()
	*m = pb.UnitRecord{
		Kind: int32(v.Kind),
		Id:   v.ID,
	}
	return m
}

func unitOf(m *pb.UnitRecord) roster.Unit {
	return roster.Unit{
		Kind: roster.UnitKind(m.GetKind()),
		ID:   m.GetId(),
	}
}

func (d *draft) owner(v *dispatch.Owner) *pb.OwnerRecord {
	m := d.owners.next()
	*m = pb.OwnerRecord{
		Kind: int32(v.Kind),
		Unit: unlessZero(&v.Unit, d.unit),
		Post: string(v.Post),
		Duty: v.Duty,
	}
	return m
}

func ownerOf(m *pb.OwnerRecord) dispatch.Owner {
	return dispatch.Owner{
		Kind: catalog.OwnerKind(m.GetKind()),
		Unit: unitOf(m.GetUnit()),
		Post: roster.PostID(m.GetPost()),
		Duty: m.GetDuty(),
	}
}

func (d *draft) coOwner(v *dispatch.CoOwner) *pb.OwnerRecord {
	m := d.owners.next()
	*m = pb.OwnerRecord{
		Kind:   int32(v.Kind),
		Unit:   unlessZero(&v.Unit, d.unit),
		Post:   string(v.Post),
		Duty:   v.Duty,
		Clock:  unlessZero(&v.Clock, d.clock),
		Done:   stamp(v.Done),
		DoneBy: string(v.DoneBy),

		Receipt: unlessZero(&v.Receipt, d.receipt),
		From:    unlessZero(&v.From, d.unit),

		SecondDue:    stamp(v.SecondDue),
		SecondMissed: v.SecondMissed,
	}
	return m
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

		Receipt: receiptOf(m.GetReceipt()),
		From:    unitOf(m.GetFrom()),

		SecondDue:    stampOf(m.GetSecondDue()),
		SecondMissed: m.GetSecondMissed(),
	}
}

func (d *draft) receipt(v *dispatch.Receipt) *pb.ReceiptRecord {
	m := d.receipts.next()
	*m = pb.ReceiptRecord{
		Since:  stamp(v.Since),
		Due:    stamp(v.Due),
		Every:  int64(v.Every),
		Missed: int32(v.Missed),
		At:     stamp(v.At),
		By:     string(v.By),
	}
	return m
}

func receiptOf(m *pb.ReceiptRecord) dispatch.Receipt {
	return dispatch.Receipt{
		Since:  stampOf(m.GetSince()),
		Due:    stampOf(m.GetDue()),
		Every:  time.Duration(m.GetEvery()),
		Missed: int(m.GetMissed()),
		At:     stampOf(m.GetAt()),
		By:     roster.PersonID(m.GetBy()),
	}
}

func (d *draft) clock(v *dispatch.Clock) *pb.ClockRecord {
	m := d.clocks.next()
	*m = pb.ClockRecord{
		LimitN:      int32(v.Limit.N),
		LimitUnit:   int32(v.Limit.Unit),
		Consumed:    int64(v.Consumed),
		Since:       stamp(v.Since),
		Due:         stamp(v.Due),
		Provisional: v.Provisional,
		Extended:    int32(v.Extended),
		Step:        int32(v.Step),
		Length:      int64(v.Length),
		Spent:       unlessZero(&v.Spent, d.spent),
		Passed:      string(v.Fired),
		Chosen:      int32(v.Chosen),
		Granted:     int64(v.Granted),
	}
	return m
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
		Chosen:      int(m.GetChosen()),
		Granted:     time.Duration(m.GetGranted()),
	}
}

func (d *draft) spent(v *dispatch.Spent) *pb.SpentRecord {
	m := d.elapsed.next()
	*m = pb.SpentRecord{
		Hours:     int64(v.Hours),
		WorkHours: int64(v.WorkHours),
		WorkDays:  int64(v.WorkDays),
		Days:      int64(v.Days),
	}
	return m
}

func spentOf(m *pb.SpentRecord) dispatch.Spent {
	return dispatch.Spent{
		Hours:     time.Duration(m.GetHours()),
		WorkHours: time.Duration(m.GetWorkHours()),
		WorkDays:  time.Duration(m.GetWorkDays()),
		Days:      time.Duration(m.GetDays()),
	}
}

func (d *draft) milestone(v *dispatch.Milestone) *pb.MilestoneRecord {
	m := d.milestones.next()
	*m = pb.MilestoneRecord{
		Id:        v.ID,
		Name:      v.Name,
		After:     v.After,
		Closing:   v.Closing,
		Clock:     unlessZero(&v.Clock, d.clock),
		Reached:   stamp(v.Reached),
		ReachedBy: string(v.ReachedBy),
		Party:     int32(v.Party),
		Unit:      unlessZero(&v.Unit, d.unit),
		Post:      string(v.Post),
	}
	return m
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
		Party:     catalog.Party(m.GetParty()),
		Unit:      unitOf(m.GetUnit()),
		Post:      roster.PostID(m.GetPost()),
	}
}
