package city

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// CampaignID names a campaign. Example: "snow".
type CampaignID string

// Campaign is a row of campaigns.csv: an event over the whole city that moves the limits of some categories. While the
// campaign is under way, as snow falls, the clocks of these categories are paused. They count anew from the instant at
// which it stops, by the rows of limits.csv that name the campaign.
type Campaign struct {
	ID           CampaignID
	Name, NameEn string
	Categories   catalog.Pattern
	Grades       []string // one of which is given when the campaign stops; none = the campaign has no grades
	AfterDays    int      // a case dispatched within so many days after the stop counts from the stop
}

// Bounds of campaigns.
const (
	MaxCampaigns         = 100 // rows of campaigns.csv
	MaxCampaignGrades    = 20
	MaxCampaignAfterDays = 60
)

// CampaignRun is one time that a campaign was started, as the campaign was defined then: a later revision of the city
// changes no run. The zero StoppedAt means that the run is under way.
type CampaignRun struct {
	Campaign
	Run    uint64 // number of the change that started the run
	Change uint64 // number of the last change of the run

	StartedAt, StoppedAt time.Time // the instants from which the clocks are paused, and from which they count
	Grade                string
	By                   roster.PersonID // of the last change
	Post                 roster.PostID
	At                   time.Time // of the last change
	Note                 string
}

// UnderWay reports whether the run has not stopped.
func (r *CampaignRun) UnderWay() bool { return r.StoppedAt.IsZero() }

// Ends returns the instant from which a case that is dispatched no longer counts from the stop; zero while the run is
// under way.
func (r *CampaignRun) Ends() time.Time {
	if r.UnderWay() {
		return time.Time{}
	}
	return r.StoppedAt.AddDate(0, 0, r.AfterDays)
}

// Text returns the name of the campaign.
func (c *Campaign) Text() i18n.Text {
	if c.NameEn == "" {
		return i18n.Text{En: c.Name, Zh: c.Name}
	}
	return i18n.Text{En: c.NameEn, Zh: c.Name}
}

// WithRuns returns a city with exactly these runs, the last one of each campaign; c itself does not change. edition
// counts the changes of the runs.
func (c *City) WithRuns(runs []CampaignRun, edition uint64) *City {
	n := *c
	n.RunsEdition = edition
	n.Runs = slices.SortedStableFunc(slices.Values(runs), func(a, b CampaignRun) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return &n
}

// RunOf returns the run that concerns a category: of several, the one that started last. nil if there is none.
func (c *City) RunOf(code catalog.Code) *CampaignRun {
	cat := c.Categories[code]
	if len(c.Runs) == 0 || cat == nil {
		return nil
	}
	var last *CampaignRun
	for i := range c.Runs {
		r := &c.Runs[i]
		if r.Categories.Covers(cat) && (last == nil || r.StartedAt.After(last.StartedAt)) {
			last = r
		}
	}
	return last
}

// Run returns the last run of a campaign; false if the campaign was never started.
func (c *City) Run(id CampaignID) (CampaignRun, bool) {
	i := slices.IndexFunc(c.Runs, func(r CampaignRun) bool { return r.ID == id })
	if i < 0 {
		return CampaignRun{}, false
	}
	return c.Runs[i], true
}

// CampaignName returns the name of a campaign; the id if the city has no such campaign and it was never started.
func (c *City) CampaignName(id CampaignID) i18n.Text {
	if r, ok := c.Run(id); ok {
		return r.Text()
	}
	if k := c.Campaigns[id]; k != nil {
		return k.Text()
	}
	return i18n.Text{En: string(id), Zh: string(id)}
}
