// Package campaigns serves the campaigns of a city.
package campaigns

import (
	"context"
	"time"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/campaigns"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
)

// maxNote bounds a note, in characters.
const maxNote = 4000

// Calls gives the active revision of a call, and the revision after a change.
type Calls interface {
	City(ctx context.Context) *city.City
	Renew(ctx context.Context) *city.City
}

// Service implements CampaignService. It is safe for concurrent use.
type Service struct {
	wanggev1.UnimplementedCampaignServiceServer

	desk  *desk.Desk
	calls Calls
	now   func() time.Time
}

// New returns the service of a desk.
func New(d *desk.Desk, calls Calls, now func() time.Time) *Service {
	return &Service{desk: d, calls: calls, now: now}
}

// ListCampaigns implements CampaignService.
func (s *Service) ListCampaigns(ctx context.Context, _ *wanggev1.ListCampaignsRequest) (*wanggev1.ListCampaignsResponse, error) {
	list, err := s.desk.Campaigns().List(ctx, auth.PersonOf(ctx))
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListCampaignsResponse{}
	for i := range list {
		out.Campaigns = append(out.Campaigns, s.campaign(ctx, &list[i]))
	}
	return out, nil
}

// GetCampaign implements CampaignService.
func (s *Service) GetCampaign(ctx context.Context, req *wanggev1.GetCampaignRequest) (*wanggev1.Campaign, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	id := name(f, req.GetName())
	if err := f.Err(); err != nil {
		return nil, err
	}
	return s.answer(ctx)(s.desk.Campaigns().Get(ctx, auth.PersonOf(ctx), id))
}

// StartCampaign implements CampaignService.
func (s *Service) StartCampaign(ctx context.Context, req *wanggev1.StartCampaignRequest) (*wanggev1.Campaign, error) {
	if err := s.govern(ctx, dispatch.ActCampaign); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	id := name(f, req.GetName())
	from := f.Instant("start_time", req.GetStartTime(), time.Time{})
	note := f.Short("note", req.GetNote(), maxNote)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return s.answer(ctx)(s.desk.Campaigns().Start(ctx, auth.PersonOf(ctx), id, from, note))
}

// StopCampaign implements CampaignService.
func (s *Service) StopCampaign(ctx context.Context, req *wanggev1.StopCampaignRequest) (*wanggev1.Campaign, error) {
	if err := s.govern(ctx, dispatch.ActCampaign); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	id := name(f, req.GetName())
	at := f.Instant("stop_time", req.GetStopTime(), time.Time{})
	grade, note := f.Words("grade", req.GetGrade()), f.Short("note", req.GetNote(), maxNote)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return s.answer(ctx)(s.desk.Campaigns().Stop(ctx, auth.PersonOf(ctx), id, at, grade, note))
}

// govern refuses callers without the right to read or run campaigns. It runs before validation.
func (s *Service) govern(ctx context.Context, act dispatch.Act) error {
	_, err := rights.Govern(s.calls.City(ctx), auth.PersonOf(ctx), act, s.now())
	return err
}

func (s *Service) read(ctx context.Context) *request.Reader {
	return request.New(ctx, s.calls.City(ctx), s.now())
}

// name reads the name of a campaign.
func name(f *request.Reader, text string) city.CampaignID {
	id, ok := resource.ParseCampaign(text)
	if !ok {
		f.Add("name", i18n.F("%q: write campaigns/snow", "%q：请写成 campaigns/snow", apierr.Clip(text)))
	}
	return city.CampaignID(id)
}

// answer renders a campaign as the city is after the call.
func (s *Service) answer(ctx context.Context) func(campaigns.State, error) (*wanggev1.Campaign, error) {
	return func(k campaigns.State, err error) (*wanggev1.Campaign, error) {
		if err != nil {
			return nil, err
		}
		s.calls.Renew(ctx)
		out := s.campaign(ctx, &k)
		for i := range k.Changes {
			out.Changes = append(out.Changes, s.change(ctx, &k.Changes[i]))
		}
		return out, nil
	}
}

func (s *Service) campaign(ctx context.Context, k *campaigns.State) *wanggev1.Campaign {
	out := &wanggev1.Campaign{
		Name: resource.Campaign(string(k.ID)), DisplayName: k.Text().In(auth.LanguageOf(ctx)),
		Categories: k.Categories.String(), Grades: k.Grades,
		AfterDays: int32(k.AfterDays), State: wanggev1.CampaignState_CAMPAIGN_STATE_IDLE, Moving: k.Moving,
	}
	if k.Last.Change == 0 {
		return out
	}
	out.Last = s.change(ctx, &k.Last)
	switch {
	case k.Last.UnderWay():
		out.State = wanggev1.CampaignState_CAMPAIGN_STATE_UNDER_WAY
	case s.now().Before(k.Last.Ends()):
		out.State = wanggev1.CampaignState_CAMPAIGN_STATE_STOPPED
	default:
		out.State = wanggev1.CampaignState_CAMPAIGN_STATE_ENDED
	}
	return out
}

func (s *Service) change(ctx context.Context, r *city.CampaignRun) *wanggev1.CampaignChange {
	return &wanggev1.CampaignChange{
		Change: int64(r.Change), Run: int64(r.Run), StartTime: convert.Stamp(r.StartedAt), StopTime: convert.Stamp(r.StoppedAt),
		Grade: r.Grade, Person: resource.Person(r.By), PersonDisplayName: personName(s.calls.City(ctx), r.By),
		Post: resource.Post(r.Post), ChangeTime: convert.Stamp(r.At), Note: r.Note,
	}
}

// personName is the name of a person, or the id of one who has left the city.
func personName(c *city.City, id roster.PersonID) string {
	if p, ok := c.Roster.Person(id); ok {
		return p.Name
	}
	return string(id)
}
