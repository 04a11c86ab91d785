package citytools

import (
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/explain"
)

// explainJSON is the output of route for one point besides routeJSON: every reason, with the names of wanggev1.ExplainRouteResponse.
type explainJSON struct {
	routeJSON
	CityRevision string           `json:"city_revision"`
	Fallback     bool             `json:"fallback"`
	Condition    string           `json:"condition"`
	LimitBy      string           `json:"limit_by"` // empty: the condition's own limit
	Considered   []consideredJSON `json:"considered"`
	Answers      *personJSON      `json:"answers"`   // null: nobody does
	OffHours     string           `json:"off_hours"` // empty: on duty at the post
	Duty         []dutyJSON       `json:"duty"`
	Chain        []personJSON     `json:"chain"`
	Ladder       string           `json:"ladder"`
	Steps        []stepJSON       `json:"steps"`
	Counted      []stretchJSON    `json:"counted"`
	Skipped      []stretchJSON    `json:"skipped"`
}

// stretchJSON is wanggev1.Stretch beside the names of wanggev1.DeadlinePart, which the command deadline prints.
type stretchJSON struct {
	intervalJSON
	BeginTime time.Time `json:"begin_time"` // the same as from
	EndTime   time.Time `json:"end_time"`   // the same as to
}

func stretchOf(i intervalJSON) stretchJSON { return stretchJSON{i, i.From, i.To} }

// consideredJSON is a rule that was looked at, and whether it matched.
type consideredJSON struct {
	Rule    string `json:"rule"`
	Matched bool   `json:"matched"`
	Why     string `json:"why"`
}

// stepJSON is wanggev1.LadderStep.
type stepJSON struct {
	At        time.Time    `json:"at"`
	Time      time.Time    `json:"time"`       // the same as at
	AtPercent int          `json:"at_percent"` // 0: the step counts a span of time
	Light     string       `json:"light"`
	People    []personJSON `json:"people"`
}

// explanationOf describes an explanation as JSON.
func explanationOf(o *cli.Options, c *city.City, r routeJSON, e *explain.Explanation) explainJSON {
	out := explainJSON{
		routeJSON: r, CityRevision: e.Revision, Fallback: e.Fallback, Condition: e.Condition.ID, LimitBy: e.LimitBy,
		OffHours: e.OnCall.OffHours, Ladder: e.EscalationPolicy, Considered: []consideredJSON{}, Duty: viewOf(o, c).duty(e.Duty),
		Chain: []personJSON{}, Steps: []stepJSON{}, Counted: []stretchJSON{}, Skipped: []stretchJSON{},
	}
	for _, k := range e.Considered {
		out.Considered = append(out.Considered, consideredJSON{k.Rule, k.Matched, k.Why.In(o.Lang)})
	}
	if s := e.OnCall; s.Person != "" {
		p := viewOf(o, c).person(s.Unit, s.Post, s.Person)
		out.Answers = &p
	}
	for _, s := range e.Superiors {
		out.Chain = append(out.Chain, viewOf(o, c).person(s.Unit, s.Post, s.Person))
	}
	for _, s := range e.Steps {
		step := stepJSON{s.At, s.At, s.AtPercent, s.Light, []personJSON{}}
		for _, a := range s.People {
			step.People = append(step.People, viewOf(o, c).person(a.Unit, a.Post, a.Person))
		}
		out.Steps = append(out.Steps, step)
	}
	for _, i := range e.Due.Counted {
		out.Counted = append(out.Counted, stretchOf(intervalJSON{From: i.From, To: i.To}))
	}
	for _, s := range e.Due.Skipped {
		out.Skipped = append(out.Skipped, stretchOf(skippedOf(o, s)))
	}
	return out
}
