package rules

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/sim/rules/ground"
	"wangge/dispatch/sim/rules/hours"
	"wangge/dispatch/sim/rules/written"
)

// City is an invented city with what the rules need to know. The checks use this model and never the compiled city.
// Exported fields are read only. Not for concurrent use.
type City struct {
	Files       city.Directory // of the present revision
	Leader      string         // of the city, who reads every case
	Keeper      string         // of the grid office, who applies the revisions
	People      []string
	Categories  []string
	Campaigns   []string      // none in a city that has none
	Units       []roster.Unit // possible owners of a case
	Width       float64       // width of the city in degrees of longitude
	North, West float64       // its corner, in degrees

	limits     map[string]limit   // by category
	editions   map[string]edition // content of each revision by its name
	rows       []category
	ladders    map[string]ladder
	before     policies        // the policies before the present ones
	urgent     map[string]bool // categories of severity A
	hours      hours.Shifts    // of a working day
	days       *hours.Calendar
	absent     map[string][][2]time.Time
	terms      map[string][][2]time.Time // of people who are there for some weeks at a time
	crews      map[roster.Unit][]string  // the people of a unit, who may do its work
	stones     map[string][]stone        // milestones of a category
	duties     map[string][]duty         // of a category's co-owners
	quiet      hours.Night
	partly     bool              // the platforms are co-owners, too
	driven     map[string]string // campaigns by category
	stopLimits []written.StopLimit
	changes    []change        // of the runs of campaigns
	platforms  bool            // the districts have platforms
	keepsOff   map[string]bool // categories that nobody puts right on the spot
	tables     ground.Tables
	owners     []string // owners of a street, each with a substitute
	accept     time.Duration
	dispatch   time.Duration
	check      time.Duration
	verify     time.Duration
	arbitrate  time.Duration
	zone       *time.Location
}

func (t *City) drawLadders(rng *rand.Rand) {
	defaults := [][]policyStep{
		{share(50), share(80), share(100), overdue(7, "hours"), overdue(40, "hours")},
		{share(60), share(100), overdue(20, "hours")},
		{share(50), share(70), share(90), share(100)},
		{after(2, "hours"), share(60), share(100), overdue(5, "work_hours"), every(9, "hours"), every(9, "hours")},
		{after(3, "work_hours"), after(20, "hours"), share(100), every(6, "work_hours")},
	}
	urgent := [][]policyStep{
		[]policyStep{share(40), share(100), share(300), share(400)}[:2+rng.IntN(3)],
		{after(1, "hours"), share(100), every(4, "hours"), every(4, "hours")},
	}
	nudges := [2][3]ladder{
		{{}, {nudge: limit{1, "work_days"}, most: 3}, {nudge: limit{20, "hours"}, most: 2}},
		{{}, {nudge: limit{5, "hours"}, most: 1}, {nudge: limit{2, "work_hours"}, most: 2}},
	}
	l := nudges[0][rng.IntN(3)]
	l.steps = defaults[rng.IntN(len(defaults))]
	t.ladder("default", "", l)
	l = nudges[1][rng.IntN(3)]
	l.steps = urgent[rng.IntN(len(urgent))]
	t.ladder("urgent", "    for: {severities: [A]}\n", l)
}

// ladder is an escalation policy, and its reminder of an owner who does nothing.
type ladder struct {
	steps []policyStep
	nudge limit // from the last activity or reminder on; zero n = nobody is reminded
	most  int   // reminders in a row
}

// policyStep is a step of a policy: at a share of the limit; or a span after the start of the clock, after the
// deadline, or after the step below.
type policyStep struct {
	percent int
	from    string // after, overdue_by, every; "" = a share
	span    limit
}

func share(percent int) policyStep        { return policyStep{percent: percent} }
func after(n int, unit string) policyStep { return policyStep{from: "after", span: limit{n, unit}} }
func overdue(n int, unit string) policyStep {
	return policyStep{from: "overdue_by", span: limit{n, unit}}
}
func every(n int, unit string) policyStep { return policyStep{from: "every", span: limit{n, unit}} }

// limit is a length in a unit of the rules: hours, work_hours or work_days.
type limit struct {
	n    int
	unit string
}

// NewCity draws a city: districts, streets, people with substitutes and absences, holidays, a table of
// categories, two policies.
//
// Two seeds of three make a city with campaigns, whose platforms are co-owners, and quiet hours of its own or none.
func NewCity(rng *rand.Rand, from time.Time, days int, seed uint64) *City {
	full := seed%3 != 0
	t := &City{
		Files: city.Directory{}, editions: map[string]edition{}, limits: map[string]limit{}, ladders: map[string]ladder{},
		stones: map[string][]stone{}, duties: map[string][]duty{},
		keepsOff: map[string]bool{},
		urgent:   map[string]bool{},
		absent:   map[string][][2]time.Time{}, accept: 30 * time.Minute, dispatch: 15 * time.Minute,
		check: 2 * time.Hour, verify: 20 * time.Minute, arbitrate: 12 * time.Hour,
		zone: from.Location(), quiet: hours.Nights[0], Leader: "boss", Keeper: "D0-inspector",
		hours: hours.Drawn[0],
	}
	t.platforms = rng.IntN(2) == 0
	t.partly = t.platforms && full
	t.Files["city.yaml"] = []byte("name: 试验城\nname_en: Town\ncode: TWN\ntime_zone: Asia/Shanghai\nlanguages: [en, zh]\ncell_resolution: 10\nlevels: [city, district, street]\ntable_version: sim-1\ndefaults: {accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 30, near_border_m: 5, verify_minutes: 20, arbitrate_hours: 12, suspend_days: 30, duplicate_m: 5000, duplicate_hours: 720, verify_sources: [hotline], receipt_minutes: {A: 10, C: 60}, second_dispatch_minutes: 45}\n")
	var holidays map[string][]byte
	t.days, holidays = hours.Draw(rng, from, days)
	maps.Copy(t.Files, holidays)
	g := ground.Draw(rng, from, days, t.platforms)
	maps.Copy(t.Files, g.Files)
	t.tables, t.People, t.Units, t.owners = g.Tables, g.People, g.Units, g.Owners
	t.absent, t.terms, t.crews, t.Width, t.North, t.West = g.Absent, g.Terms, g.Crews, g.Width, g.North, g.West
	t.matters(rng)
	t.drawLadders(rng)
	if full {
		t.Campaigns, t.driven, t.stopLimits = written.Campaigns, written.Driven, written.StopLimits
		maps.Copy(t.Files, written.CampaignFiles())
		t.quiet = hours.Nights[seed/3%uint64(len(hours.Nights))]
		t.Files["city.yaml"] = append(t.Files["city.yaml"], t.quiet.Key...)
	}
	t.publish()
	return t
}

// words formats a limit as a span of ladders.yaml.
func (l limit) words() string {
	if l.unit == "hours" {
		return fmt.Sprintf("%dh", l.n)
	}
	return fmt.Sprintf("%d %s", l.n, l.unit)
}

// units are the units of the rules.
var units = []string{"hours", "work_hours", "work_days"}

func drawLimit(rng *rand.Rand, unit string) limit {
	return limit{1 + rng.IntN(map[string]int{"hours": 30, "work_hours": 12, "work_days": 6}[unit]), unit}
}

func (t *City) matters(rng *rand.Rand) {
	for i := range 9 {
		code, unit := fmt.Sprintf("E%03d", i), units[i%3]
		l := drawLimit(rng, unit)
		severity := "C"
		if i == 0 {
			severity, t.urgent[code] = "A", true
		}
		t.limits[code] = l
		t.Categories = append(t.Categories, code)
		t.rows = append(t.rows, category{code, severity})
	}
	t.keepsOff["E006"] = true
	t.stones = map[string][]stone{
		"E000": {{"arrive", "", limit{1, "hours"}}, {"secure", "arrive", limit{3, "hours"}}},
		"E001": {{"safe", "", limit{2, "work_hours"}}},
		"E004": {{"safe", "", limit{3, "hours"}}, {"repair", "safe", limit{1, "work_days"}}},
		"E005": {{"safe", "", limit{3, "hours"}}, {"repair", "safe", limit{6, "work_hours"}}, {"restore", "", limit{4, "work_days"}}},
	}
	t.duties = map[string][]duty{"E001": {{"area", "围挡现场"}}, "E002": {{"department", "停水"}, {"area", ""}}, "E003": {{"department", "断电"}}}
	t.Files["rules.csv"] = written.Rules(t.platforms, t.partly)
}

// stone is a milestone of a category: it begins with the dispatch, or with the completion of another one.
type stone struct {
	id, after string
	limit     limit
}

// duty is what a co-owner of a kind must do; "" = nothing, the co-owner is told alone.
type duty struct{ kind, what string }

// Crew returns people of a unit who may do its work. It is read only.
func (t *City) Crew(u roster.Unit) []string { return t.crews[u] }

// Urgent reports whether a category is of severity A.
func (t *City) Urgent(code string) bool { return t.urgent[code] }

// SelfResolves reports whether a person who finds a matter may put the matter right on the spot.
func (t *City) SelfResolves(code string) bool { return !t.urgent[code] && !t.keepsOff[code] }

func (t *City) ladder(name, forCases string, l ladder) {
	steps, nudge, first := make([]written.Step, len(l.steps)), "", len(t.Files["ladders.yaml"]) == 0
	for i, r := range l.steps {
		steps[i] = written.Step{From: r.from, Span: r.span.words(), Percent: r.percent}
	}
	if l.nudge.n > 0 {
		nudge = l.nudge.words()
	}
	t.ladders[name] = l
	t.Files["ladders.yaml"] = append(t.Files["ladders.yaml"], written.Ladder(name, forCases, first, steps, nudge, l.most)...)
}
