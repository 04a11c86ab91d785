package record

import (
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
)

// caseRecord is a case and the units under which the case is indexed.
func (d *draft) caseRecord(v *dispatch.Case, scopes []roster.Unit) *pb.CaseRecord {
	m := d.cases.next()
	*m = pb.CaseRecord{
		Id:           uint64(v.ID),
		Seq:          v.Seq,
		Stage:        int32(v.Stage),
		Report:       d.report(&v.Report),
		Place:        d.place(&v.Place),
		Category:     string(v.Category),
		Condition:    v.Condition,
		Severity:     int32(v.Severity),
		Owner:        unlessZero(&v.Owner, d.owner),
		CoOwners:     messages(&d.owners, v.CoOwners, d.coOwner),
		Rule:         v.Rule,
		Clock:        unlessZero(&v.Clock, d.clock),
		Ladder:       v.EscalationPolicy,
		NextStep:     int32(v.NextStep),
		NextAt:       stamp(v.NextAt),
		Returns:      int32(v.Returns),
		Reworks:      int32(v.Reworks),
		Handler:      string(v.Handler),
		FixedBy:      string(v.FixedBy),
		CheckedBy:    string(v.CheckedBy),
		Closing:      v.Closing,
		Outcome:      int32(v.Outcome),
		FiledAt:      stamp(v.FiledAt),
		ResolvedAt:   stamp(v.ResolvedAt),
		ClosedAt:     stamp(v.ClosedAt),
		UpdatedAt:    stamp(v.UpdatedAt),
		CityRevision: v.CityRevision,
		Disposal:     unlessZero(&v.Disposal, d.clock),
		Scopes:       messages(&d.units, scopes, d.unit),
		LimitRule:    v.LimitRule,
		ReroutedAt:   stamp(v.ReroutedAt),
		Verified:     int32(v.Verified),
		Milestones:   messages(&d.milestones, v.Milestones, d.milestone),
		Asked:        unlessZero(&v.Request, d.asked),
		Refused:      messages(&d.units, v.Refused, d.unit),
		Judge:        unlessZero(&v.Arbiter, d.unit),
		Suspensions:  int32(v.Suspensions),
		ResumeAt:     stamp(v.ResumeAt),
		Supervisions: int32(v.Supervisions),
		Unanswered:   v.Unanswered,
		Appeal:       int32(v.Appeal),
		Satisfaction: int32(v.Satisfaction),
		MergedInto:   uint64(v.MergedInto),
		Before:       int32(v.StageBefore),
		Held:         unlessZero(&v.MergedClock, d.clock),
		Group:        uint64(v.Group),
		Reopens:      uint64(v.Reopens),
		ReopenedAs:   uint64(v.ReopenedAs),
		Stands:       texts(d, v.NotifiedPosts),
		QuietSince:   stamp(v.LastActivity),
		Nudges:       int32(v.Reminders),
		Proposed:     uint64(v.Proposed),
		Alarms:       messages(&d.alarms, v.Alarms, d.alarm),
		Supervisor:   string(v.Supervisor),
		SupervisedAt: string(v.SupervisedAt),
		Receipt:      unlessZero(&v.Receipt, d.receipt),

		FormerHandlers: texts(d, v.FormerHandlers),
		Gone:           messages(&d.units, v.GoneUnits, d.unit),
		Judged:         v.Judged,
		Rulings:        int32(v.Rulings),
		Campaign:       unlessZero(&v.Campaign, d.campaignMark),

		Platform: unlessZero(&v.Platform, d.unit),
		Chain:    messages(&d.links, v.Chain, d.link),
	}
	for _, s := range v.Supervised {
		m.EarlierSupervisors = append(m.EarlierSupervisors, string(s.Person))
		m.EarlierSupervisedAt = append(m.EarlierSupervisedAt, string(s.Post))
	}
	return m
}

// supervisionsOf are the earlier supervisions of a case.
func supervisionsOf(m *pb.CaseRecord) []dispatch.Supervision {
	var out []dispatch.Supervision
	for i, p := range m.GetEarlierSupervisors() {
		s := dispatch.Supervision{Person: roster.PersonID(p)}
		if i < len(m.GetEarlierSupervisedAt()) {
			s.Post = roster.PostID(m.GetEarlierSupervisedAt()[i])
		}
		out = append(out, s)
	}
	return out
}

func (d *draft) alarm(v *dispatch.Alarm) *pb.AlarmRecord {
	m := d.alarms.next()
	*m = pb.AlarmRecord{Light: v.Light, Person: string(v.Person)}
	return m
}

func alarmOf(m *pb.AlarmRecord) dispatch.Alarm {
	return dispatch.Alarm{Light: m.GetLight(), Person: roster.PersonID(m.GetPerson())}
}

func caseOf(m *pb.CaseRecord) dispatch.Case {
	return dispatch.Case{
		ID:               dispatch.CaseID(m.GetId()),
		Seq:              m.GetSeq(),
		Stage:            dispatch.Stage(m.GetStage()),
		Report:           reportOf(m.GetReport()),
		Place:            placeOf(m.GetPlace()),
		Category:         catalog.Code(m.GetCategory()),
		Condition:        m.GetCondition(),
		Severity:         catalog.Severity(m.GetSeverity()),
		Owner:            ownerOf(m.GetOwner()),
		CoOwners:         values(m.GetCoOwners(), coOwnerOf),
		Rule:             m.GetRule(),
		Clock:            clockOf(m.GetClock()),
		EscalationPolicy: m.GetLadder(),
		NextStep:         int(m.GetNextStep()),
		NextAt:           stampOf(m.GetNextAt()),
		Returns:          int(m.GetReturns()),
		Reworks:          int(m.GetReworks()),
		Handler:          roster.PersonID(m.GetHandler()),
		FixedBy:          roster.PersonID(m.GetFixedBy()),
		CheckedBy:        roster.PersonID(m.GetCheckedBy()),
		Closing:          m.GetClosing(),
		Outcome:          dispatch.Outcome(m.GetOutcome()),
		FiledAt:          stampOf(m.GetFiledAt()),
		ResolvedAt:       stampOf(m.GetResolvedAt()),
		ClosedAt:         stampOf(m.GetClosedAt()),
		UpdatedAt:        stampOf(m.GetUpdatedAt()),
		CityRevision:     m.GetCityRevision(),
		Disposal:         clockOf(m.GetDisposal()),
		LimitRule:        m.GetLimitRule(),
		ReroutedAt:       stampOf(m.GetReroutedAt()),
		Verified:         dispatch.Verdict(m.GetVerified()),
		Milestones:       values(m.GetMilestones(), milestoneOf),
		Request:          askedOf(m.GetAsked()),
		Refused:          values(m.GetRefused(), unitOf),
		Arbiter:          unitOf(m.GetJudge()),
		Suspensions:      int(m.GetSuspensions()),
		ResumeAt:         stampOf(m.GetResumeAt()),
		Supervisions:     int(m.GetSupervisions()),
		Unanswered:       m.GetUnanswered(),
		Appeal:           dispatch.AppealState(m.GetAppeal()),
		Satisfaction:     dispatch.Satisfaction(m.GetSatisfaction()),
		MergedInto:       dispatch.CaseID(m.GetMergedInto()),
		StageBefore:      dispatch.Stage(m.GetBefore()),
		MergedClock:      clockOf(m.GetHeld()),
		Group:            dispatch.CaseID(m.GetGroup()),
		Reopens:          dispatch.CaseID(m.GetReopens()),
		ReopenedAs:       dispatch.CaseID(m.GetReopenedAs()),
		NotifiedPosts:    converted[roster.PostID](m.GetStands()),
		LastActivity:     stampOf(m.GetQuietSince()),
		Reminders:        int(m.GetNudges()),
		Proposed:         dispatch.CaseID(m.GetProposed()),
		Alarms:           values(m.GetAlarms(), alarmOf),
		Supervisor:       roster.PersonID(m.GetSupervisor()),
		SupervisedAt:     roster.PostID(m.GetSupervisedAt()),
		Supervised:       supervisionsOf(m),
		Receipt:          receiptOf(m.GetReceipt()),
		FormerHandlers:   converted[roster.PersonID](m.GetFormerHandlers()),
		GoneUnits:        values(m.GetGone(), unitOf),
		Judged:           m.GetJudged(),
		Rulings:          int(m.GetRulings()),
		Campaign:         campaignMarkOf(m.GetCampaign()),
		Platform:         unitOf(m.GetPlatform()),
		Chain:            values(m.GetChain(), linkOf),
	}
}

func (d *draft) asked(v *dispatch.ApprovalRequest) *pb.AskedRecord {
	m := d.requests.next()
	*m = pb.AskedRecord{
		Kind:      int32(v.Kind),
		By:        string(v.By),
		Post:      string(v.Post),
		At:        stamp(v.At),
		Until:     stamp(v.Until),
		Level:     int32(v.Level),
		GrantedBy: string(v.GrantedBy),
	}
	return m
}

func askedOf(m *pb.AskedRecord) dispatch.ApprovalRequest {
	return dispatch.ApprovalRequest{
		Kind:      dispatch.RequestKind(m.GetKind()),
		By:        roster.PersonID(m.GetBy()),
		Post:      roster.PostID(m.GetPost()),
		At:        stampOf(m.GetAt()),
		Until:     stampOf(m.GetUntil()),
		Level:     int(m.GetLevel()),
		GrantedBy: roster.PersonID(m.GetGrantedBy()),
	}
}
