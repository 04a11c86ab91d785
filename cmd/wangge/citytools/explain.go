package citytools

import (
	"strings"
	"time"

	"wangge/cmd/wangge/citytools/supposed"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// explainJSON is the output of route for one point besides routeJSON: every reason, with the names of wanggev1.ExplainRouteResponse.
type explainJSON struct {
	routeJSON
	CityRevision string               `json:"city_revision"`
	Fallback     bool                 `json:"fallback"`
	Condition    string               `json:"condition"`
	LimitRule    string               `json:"limit_rule"` // empty: the condition's own limit
	Considered   []consideredJSON     `json:"considered"`
	OnCall       *onCallJSON          `json:"on_call"`   // null: nobody is
	OffHours     string               `json:"off_hours"` // empty: on duty at the post
	Duty         []dutyJSON           `json:"duty"`
	Superiors    []onCallJSON         `json:"superiors"`
	Policy       string               `json:"escalation_policy"`
	Steps        []stepJSON           `json:"steps"`
	Counted      []intervalJSON       `json:"counted"`
	Skipped      []intervalJSON       `json:"skipped"`
	Campaign     *supposed.Text       `json:"campaign,omitempty"` // from whose stop the limit counts
	Milestones   []supposed.Milestone `json:"milestones"`
}

// consideredJSON is a rule that was looked at, and whether it matched.
type consideredJSON struct {
	Rule    string `json:"rule"`
	Matched bool   `json:"matched"`
	Why     string `json:"why"`
}

// stepJSON is wanggev1.EscalationStep.
type stepJSON struct {
	At         time.Time    `json:"at"` // the same as time
	Time       time.Time    `json:"time"`
	AtPercent  int          `json:"at_percent"`                // 0: the step fires after a span of time
	HeldUntil  *time.Time   `json:"held_until_time,omitempty"` // absent: told at time
	Light      string       `json:"light"`
	Recipients []onCallJSON `json:"recipients"`
}

// explanationOf describes an explanation as JSON.
func explanationOf(o *cli.Options, c *city.City, r routeJSON, e *explain.Explanation) explainJSON {
	out := explainJSON{
		routeJSON: r, CityRevision: e.Revision, Fallback: e.Fallback, Condition: e.Condition.ID, LimitRule: e.LimitBy,
		OffHours: e.OnCall.OffHours, Policy: e.EscalationPolicy, Considered: []consideredJSON{}, Duty: viewOf(o, c).duty(e.Duty),
		Superiors: []onCallJSON{}, Steps: []stepJSON{}, Counted: []intervalJSON{}, Skipped: []intervalJSON{},
		Milestones: supposed.Milestones(e.Milestones, e.Owner, o.Lang),
	}
	if why := sla.CampaignText(c, e.Campaign); why != (i18n.Text{}) {
		out.Campaign = &supposed.Text{Text: why.In(o.Lang)}
	}
	for _, k := range e.Considered {
		out.Considered = append(out.Considered, consideredJSON{k.Rule, k.Matched, k.Why.In(o.Lang)})
	}
	if s := e.OnCall; s.Person != "" {
		p := viewOf(o, c).onCall(s.Unit, s.Post, s.Person)
		out.OnCall = &p
	}
	for _, s := range e.Superiors {
		out.Superiors = append(out.Superiors, viewOf(o, c).onCall(s.Unit, s.Post, s.Person))
	}
	for _, s := range e.Steps {
		step := stepJSON{s.At, s.At, s.AtPercent, nil, "LIGHT_" + strings.ToUpper(s.Light), []onCallJSON{}}
		if !s.HeldUntil.IsZero() {
			step.HeldUntil = &s.HeldUntil
		}
		for _, a := range s.People {
			step.Recipients = append(step.Recipients, viewOf(o, c).onCall(a.Unit, a.Post, a.Person))
		}
		out.Steps = append(out.Steps, step)
	}
	for _, i := range e.Due.Counted {
		out.Counted = append(out.Counted, intervalOf(i.From, i.To))
	}
	for _, s := range e.Due.Skipped {
		out.Skipped = append(out.Skipped, skippedOf(o, s))
	}
	return out
}
