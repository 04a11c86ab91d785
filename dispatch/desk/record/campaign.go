package record

import (
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
)

func (d *draft) campaignMark(v *dispatch.CampaignMark) *pb.CampaignMarkRecord {
	m := d.campaigns.next()
	*m = pb.CampaignMarkRecord{Id: string(v.ID), Change: v.Change, Held: v.Held, From: stamp(v.From), Grade: v.Grade}
	return m
}

func campaignMarkOf(m *pb.CampaignMarkRecord) dispatch.CampaignMark {
	return dispatch.CampaignMark{
		ID: city.CampaignID(m.GetId()), Change: m.GetChange(), Held: m.GetHeld(), From: stampOf(m.GetFrom()), Grade: m.GetGrade(),
	}
}

// EncodeCampaignRun returns the stored form of a run of a campaign, as it is after a change.
func EncodeCampaignRun(r *city.CampaignRun) ([]byte, error) {
	return encode(Version, &pb.CampaignRunRecord{
		Id:         string(r.ID),
		Name:       r.Name,
		NameEn:     r.NameEn,
		Categories: r.Categories.String(),
		Grades:     r.Grades,
		AfterDays:  int32(r.AfterDays),
		Run:        r.Run,
		Change:     r.Change,
		StartedAt:  stamp(r.StartedAt),
		StoppedAt:  stamp(r.StoppedAt),
		Grade:      r.Grade,
		By:         string(r.By),
		Post:       string(r.Post),
		At:         stamp(r.At),
		Note:       r.Note,
	})
}

// DecodeCampaignRun reads what EncodeCampaignRun wrote.
func DecodeCampaignRun(b []byte) (city.CampaignRun, error) {
	var m pb.CampaignRunRecord
	if err := decode(b, Version, &m); err != nil {
		return city.CampaignRun{}, fmt.Errorf("campaign: %w", err)
	}
	categories, err := catalog.ParsePattern(m.GetCategories())
	if err != nil || m.GetId() == "" || m.GetRun() == 0 || m.GetChange() < m.GetRun() || m.GetAfterDays() <= 0 {
		return city.CampaignRun{}, fmt.Errorf("campaign %q, change %d: %w", m.GetId(), m.GetChange(), ErrCorrupt)
	}
	return city.CampaignRun{
		Campaign: city.Campaign{
			ID: city.CampaignID(m.GetId()), Name: m.GetName(), NameEn: m.GetNameEn(), Categories: categories, Grades: m.GetGrades(),
			AfterDays: int(m.GetAfterDays()),
		},
		Run:       m.GetRun(),
		Change:    m.GetChange(),
		StartedAt: stampOf(m.GetStartedAt()),
		StoppedAt: stampOf(m.GetStoppedAt()),
		Grade:     m.GetGrade(),
		By:        roster.PersonID(m.GetBy()),
		Post:      roster.PostID(m.GetPost()),
		At:        stampOf(m.GetAt()),
		Note:      m.GetNote(),
	}, nil
}

// CampaignSweep is how far the open cases have followed a change of a campaign.
type CampaignSweep struct {
	After       uint64 // the last case looked at
	Seen, Moved int
}

// EncodeCampaignSweep returns the stored form of a sweep.
func EncodeCampaignSweep(s CampaignSweep) ([]byte, error) {
	return encode(Version, &pb.CampaignSweepRecord{After: s.After, Seen: int64(s.Seen), Moved: int64(s.Moved)})
}

// DecodeCampaignSweep reads what EncodeCampaignSweep wrote.
func DecodeCampaignSweep(b []byte) (CampaignSweep, error) {
	var m pb.CampaignSweepRecord
	if err := decode(b, Version, &m); err != nil {
		return CampaignSweep{}, fmt.Errorf("sweep of a campaign: %w", err)
	}
	return CampaignSweep{After: m.GetAfter(), Seen: int(m.GetSeen()), Moved: int(m.GetMoved())}, nil
}
