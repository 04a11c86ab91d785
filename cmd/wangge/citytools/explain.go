package citytools

import (
	"fmt"
	"io"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
)

// explainJSON is what route says of one point besides routeJSON: every reason, by the names of wanggev1.ExplainRouteResponse.
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

// stretchJSON is wanggev1.Stretch beside the names of wanggev1.DeadlinePart, which deadline prints.
type stretchJSON struct {
	intervalJSON
	BeginTime time.Time `json:"begin_time"` // the same as from
	EndTime   time.Time `json:"end_time"`   // the same as to
}

func stretchOf(i intervalJSON) stretchJSON { return stretchJSON{i, i.From, i.To} }

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

func explanationOf(o *cli.Options, c *city.City, r routeJSON, e *explain.Explanation) explainJSON {
	out := explainJSON{
		routeJSON: r, CityRevision: e.Revision, Fallback: e.Fallback, Condition: e.Condition.ID, LimitBy: e.LimitBy, OffHours: e.Standing.OffHours, Ladder: e.Ladder,
		Considered: []consideredJSON{}, Duty: viewOf(o, c).duty(e.Duty), Chain: []personJSON{}, Steps: []stepJSON{}, Counted: []stretchJSON{}, Skipped: []stretchJSON{},
	}
	for _, k := range e.Considered {
		out.Considered = append(out.Considered, consideredJSON{k.Rule, k.Matched, k.Why.In(o.Lang)})
	}
	if s := e.Standing; s.Person != "" {
		p := viewOf(o, c).person(s.Unit, s.Post, s.Person)
		out.Answers = &p
	}
	for _, s := range e.Chain {
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

// printExplanation says who would have to act, by when, what happens if not, and why.
func printExplanation(w io.Writer, o *cli.Options, c *city.City, e *explain.Explanation) {
	const layout = "2006-01-02 15:04"
	line := func(en, zh string, args ...any) {
		if o.Lang == "zh" {
			en = zh
		}
		fmt.Fprintf(w, en+"\n", args...)
	}
	name := func(u roster.Unit) string { return c.UnitName(u).In(o.Lang) }
	called := func(id roster.PersonID) string {
		p, _ := c.Roster.Person(id)
		return p.Name + " (" + string(id) + ")"
	}
	for _, id := range e.Place.Areas {
		a := c.Areas[id]
		fmt.Fprintf(w, "%-10s %s %s\n", dispatch.LevelText(c.Levels[a.Level]).In(o.Lang), id, viewOf(o, c).areaName(id))
	}
	next := "-"
	if id := string(e.Place.Neighbour); id != "" {
		next = cli.Named(name(roster.Unit{Kind: roster.UnitArea, ID: id}), id)
	}
	line("cell       %s, border in %s, next door %s", "网格       %s，距边界 %s，相邻 %s", e.Place.Cell, i18n.Metres(e.Place.BorderM).In(o.Lang), next)
	if len(e.Place.Sections) > 0 {
		line("sections   %s", "责任段     %s", strings.Join(stringsOf(e.Place.Sections), ", "))
	}
	line("owner      %s %s", "责任单位   %s %s", e.Owner.Unit, name(e.Owner.Unit))
	for _, co := range e.CoOwners {
		line("with       %s", "协办       %s", strings.TrimSpace(co.Unit.String()+" "+name(co.Unit)+" "+co.Duty))
	}
	switch s := e.Standing; {
	case s.Person == "":
		line("on duty    nobody", "在岗       无人")
	case s.OffHours != "":
		line("on duty    nobody; %[1]s answers by the off-hours rule for %[2]s", "在岗       无人；按 %[2]s 的值班规则由 %[1]s 负责", called(s.Person), s.OffHours)
	default:
		line("on duty    %s", "在岗       %s", called(s.Person))
	}
	line("due        %[1]s (%[2]s)", "时限       %[1]s（%[2]s）", e.Due.At.In(c.Location).Format(layout), e.Limit.Text().In(o.Lang))
	if e.Provisional {
		line("           provisional: it reaches a year whose holidays are not known", "           暂定：延伸至节假日未知的年份")
	}
	if e.LimitBy != "" {
		line("           the limit is that of %s", "           时限依据 %s", e.LimitBy)
	}
	for _, s := range e.Due.Skipped {
		why := s.Why
		if o.Lang == "zh" {
			why = s.WhyZh
		}
		if s.Counts > 0 {
			fmt.Fprintf(w, "           + %s  %s  %s\n", s.From.In(c.Location).Format(layout), i18n.Exact(s.Counts).In(o.Lang), why)
			continue
		}
		fmt.Fprintf(w, "           - %s - %s  %s\n", s.From.In(c.Location).Format(layout), s.To.In(c.Location).Format(layout), why)
	}
	line("by the city's revision %s", "依据城市修订 %s", e.Revision)
	line("why this owner", "为何由其负责")
	for _, k := range e.Considered {
		fmt.Fprintf(w, "  %s: %s\n", k.Rule, k.Why.In(o.Lang))
	}
	line("why this person (%s)", "为何由其在岗（%s）", e.Owner.Post)
	for _, k := range e.Duty {
		fmt.Fprintf(w, "  %s: %s\n", called(k.Person), k.Why.In(o.Lang))
	}
	line("above", "上级")
	for _, s := range e.Chain {
		fmt.Fprintf(w, "  %s %s: %s\n", s.Unit, name(s.Unit), called(s.Person))
	}
	line("if nobody acts (ladder %s)", "若无人处置（阶梯 %s）", e.Ladder)
	for _, s := range e.Steps {
		people := ""
		for _, a := range s.People {
			people += " " + called(a.Person)
		}
		if people == "" {
			people = " -"
		}
		fmt.Fprintf(w, "  %s %-6s%s\n", s.At.In(c.Location).Format(layout), dispatch.LightText(s.Light).In(o.Lang), people)
	}
}
