package citytools

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"wangge/api/resource"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/coverage"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"

	"github.com/spf13/cobra"
)

// proveDays is the length of a proof in days if --to is not given.
const proveDays = 90

// proveCommand proves that somebody is accountable for each place, category and minute.
func proveCommand(o *cli.Options) *cobra.Command {
	var from, to, file string
	var by []string
	cmd := &cobra.Command{
		Use:     "prove DIR",
		Short:   "Prove that every cell, category and minute has an accountable person; or say where, when and why not, and what to add",
		Example: "  wangge city prove harbin --from 2026-03-01 --to 2026-05-30\n  wangge city prove ./our-city --channels email,sms --geojson gaps.geojson",
		Args:    cli.Args("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			fsys, err := cli.CityDirectory(args[0])
			if err != nil {
				return err
			}
			c, faults := compile.Draft(fsys)
			if c == nil {
				return printCheck(cmd, o, c, faults, 0)
			}
			for _, ch := range by {
				if !slices.Contains(city.Channels, ch) {
					return i18n.Errorf("--channels: channel %[1]q is unknown; %[2]s", "--channels：渠道 %[1]q 未知；%[2]s", ch, diag.Suggest(ch, city.Channels))
				}
			}
			begin, end, err := proofDays(c, from, to)
			if err != nil {
				return err
			}
			p, err := coverage.Prove(c, begin, end, by...)
			if err != nil {
				return err
			}
			if file != "" {
				if err := writeGaps(file, o, c, &p); err != nil {
					return cli.Failure(err)
				}
			}
			if o.JSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(proofOf(o, c, &p, faults))
			} else {
				printProof(cmd.OutOrStdout(), o, c, &p, faults)
			}
			if err == nil && (!p.Complete() || len(faults) > 0) {
				err = cli.ErrFound
			}
			return err
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "first day (default today)")
	cmd.Flags().StringVar(&to, "to", "", fmt.Sprintf("the day after the last (default %d days later)", proveDays))
	cmd.Flags().StringSliceVar(&by, "channels", nil, "channels of the server that will serve the city, as in email,sms: a person who none of them reaches is a gap (default: those of city.yaml; without these the proof says that nobody is proved to be reachable)")
	cmd.Flags().StringVar(&file, "geojson", "", "write the places of the gaps to this file")
	return cmd
}

// proofDays returns the first day of a proof and the day after its last, in the zone of the city.
func proofDays(c *city.City, from, to string) (begin, end time.Time, err error) {
	now := time.Now().In(c.Location)
	begin = calendar.StartOfDay(now.Year(), now.Month(), now.Day(), c.Location)
	if from != "" {
		if begin, err = cli.DayOrTime(from, c.Location); err != nil {
			return begin, end, fmt.Errorf("--from %w", err)
		}
	}
	end = begin.AddDate(0, 0, proveDays)
	if to != "" {
		if end, err = cli.DayOrTime(to, c.Location); err != nil {
			return begin, end, fmt.Errorf("--to %w", err)
		}
	}
	return begin, end, nil
}

// gapJSON is wanggev1.CoverageGap with the ids of areas, and names besides.
type gapJSON struct {
	Reason     string         `json:"reason"`
	Stages     []string       `json:"stages"` // of a case that lack it; empty: not a matter of stages
	Areas      []string       `json:"areas"`
	Names      []string       `json:"names"`
	BareOf     []string       `json:"bare_of"` // areas of which only the ground outside their children is open
	Categories []string       `json:"categories"`
	From       time.Time      `json:"from"` // the same as start_time
	To         time.Time      `json:"to"`   // the same as end_time
	StartTime  time.Time      `json:"start_time"`
	EndTime    time.Time      `json:"end_time"`
	Intervals  []intervalJSON `json:"intervals"` // the first ones
	Count      int            `json:"interval_count"`
	Minutes    int64          `json:"minutes"`
	Cells      int64          `json:"cells"`
	Bare       []string       `json:"bare_cells"`
	Unit       string         `json:"unit"`
	Post       string         `json:"post"`
	Posts      []string       `json:"posts"` // several that are empty for one cause
	Person     string         `json:"person"`
	Why        string         `json:"why"`
	Add        string         `json:"add"` // the same as fix
	Fix        string         `json:"fix"`
}

// proofJSON is wanggev1.CoverageSummary with its gaps as a list. The values of counts and lists are also at the top level, as on the wire.
type proofJSON struct {
	countsJSON
	listsJSON
	Proved    int64           `json:"proved"` // combinations of cell, category and minute
	Open      int64           `json:"open"`
	Overlaps  int             `json:"overlapping_gaps"` // gaps that share a combination with another gap; open counts it once
	Revision  string          `json:"revision"`
	City      string          `json:"city_revision"` // the same as revision
	From      time.Time       `json:"from"`          // the same as start_time
	To        time.Time       `json:"to"`            // the same as end_time
	StartTime time.Time       `json:"start_time"`
	EndTime   time.Time       `json:"end_time"`
	Counts    countsJSON      `json:"counts"`
	Gaps      []gapJSON       `json:"gaps"`
	MoreGaps  int             `json:"more_gaps"`
	Lists     listsJSON       `json:"lists"`
	IdleRules []string        `json:"idle_rules"`
	Channels  []string        `json:"channels"` // by which people are told
	Note      string          `json:"note"`     // says that there is none
	Faults    []cli.FaultJSON `json:"faults"`   // what keeps the city from being served
}

type countsJSON struct {
	Cells        int64   `json:"cells"`
	GroundKM2    float64 `json:"ground_km2"`
	Categories   int     `json:"categories"`
	Minutes      int64   `json:"minutes"`
	Combinations int64   `json:"combinations"`
	PlaceClasses int     `json:"place_classes"`
	RuleClasses  int     `json:"rule_classes"`
	Units        int     `json:"units"`
	People       int     `json:"people"`
	Stretches    int     `json:"stretches"`
	Fallback     int     `json:"fallback_categories"`
}

type listsJSON struct {
	BareCells   []string `json:"cells_without_block"`
	LostPoints  []string `json:"points_without_cell"`
	OpenMatters []string `json:"categories_without_person"`
	IdlePeople  []string `json:"people_without_duty"`
}

// proofOf describes a proof as JSON.
func proofOf(o *cli.Options, c *city.City, p *coverage.Proof, faults []diag.Diagnostic) proofJSON {
	n := p.Counts
	counts := countsJSON{
		n.Cells, n.GroundKM2, n.Categories, n.Minutes, n.Combinations, n.PlaceClasses, n.RuleClasses, n.Units, n.People, n.Stretches,
		n.Fallback,
	}
	lists := listsJSON{
		cellTexts(p.Lists.BareCells), namesOf(p.Lists.LostPoints, resource.Point), stringsOf(p.Lists.OpenMatters),
		namesOf(p.Lists.IdlePeople, resource.Person),
	}
	out := proofJSON{
		countsJSON: counts, listsJSON: lists, Counts: counts, Lists: lists,
		Proved: n.Proved(), Open: n.Open, Overlaps: n.Overlapping, Revision: p.Revision, City: p.Revision,
		From: p.From, To: p.To, StartTime: p.From, EndTime: p.To,
		Gaps: []gapJSON{}, MoreGaps: p.MoreGaps, IdleRules: stringsOf(p.IdleRules), Channels: []string{}, Note: p.Untold().In(o.Lang),
		Faults: cli.FaultRows(o.Lang, faults),
	}
	for _, ch := range p.Channels {
		out.Channels = append(out.Channels, "NOTICE_CHANNEL_"+strings.ToUpper(ch))
	}
	for i := range p.Gaps {
		g := &p.Gaps[i]
		row := gapJSON{
			Reason: "GAP_REASON_" + strings.ToUpper(string(g.Reason)), Stages: []string{}, Areas: stringsOf(g.Areas),
			Categories: stringsOf(g.Categories), From: g.From, To: g.To,
			StartTime: g.From, EndTime: g.To, Intervals: []intervalJSON{}, Count: g.Stretches, Minutes: g.Minutes,
			Cells: g.Cells, Unit: resource.Unit(g.Unit), Post: resource.Post(g.Post), Posts: []string{}, Person: resource.Person(g.Person),
			Why: g.Why.In(o.Lang), Add: g.Add(), Fix: g.Add(),
			BareOf: namesOf(g.BareOf, resource.Area), Bare: cellTexts(g.Bare), Names: []string{},
		}
		for _, s := range g.Stages {
			row.Stages = append(row.Stages, "COVERAGE_STAGE_"+strings.ToUpper(string(s)))
		}
		for _, i := range g.When {
			row.Intervals = append(row.Intervals, intervalOf(i.From, i.To))
		}
		if len(g.Posts) > 1 {
			row.Posts = namesOf(g.Posts, resource.Post)
		}
		for _, id := range g.Areas {
			row.Names = append(row.Names, viewOf(o, c).areaName(id))
		}
		out.Gaps = append(out.Gaps, row)
	}
	return out
}

// mostGaps is the most gaps that are printed for people; --json prints all that the proof lists.
const mostGaps = 50

// printProof prints a proof for people.
func printProof(w io.Writer, o *cli.Options, c *city.City, p *coverage.Proof, faults []diag.Diagnostic) {
	n := p.Counts
	const day = "2006-01-02"
	line := func(en, zh string, args ...any) {
		if o.Lang == "zh" {
			en = zh
		}
		fmt.Fprintf(w, i18n.Plural(en, args...)+"\n", args...)
	}
	line("%[1]s, revision %[2]s, %[3]s to %[4]s: %[5]d {cell|cells} (%.1[6]f km²) x %[7]d {category|categories} x %[8]d {minute|minutes} = %[9]d",
		"%[1]s，版本 %[2]s，%[3]s 至 %[4]s：%[5]d 个 H3 单元（%.1[6]f 平方公里）× %[7]d 类 × %[8]d 分钟 = %[9]d",
		i18n.Text{En: cmp.Or(c.NameEn, c.Name), Zh: c.Name}.In(o.Lang), p.Revision, p.From.Format(day), p.To.Format(day),
		n.Cells, n.GroundKM2, n.Categories, n.Minutes, n.Combinations)
	line("examined %d {kind|kinds} of place x %d {kind|kinds} of category, %d {unit|units}, %d {person|people}, %d {interval|intervals} of duty",
		"检查了 %d 种地点 × %d 种类别、%d 个责任单位、%d 人、%d 段在岗时间", n.PlaceClasses, n.RuleClasses, n.Units, n.People, n.Stretches)
	if p.Complete() && len(faults) == 0 && len(p.Channels) == 0 {
		line("proved, but not that somebody can be reached: each of them has an owner, a limit and a calendar, and at every stage until closing a person on duty, with superiors up to the city's leader; without channels in city.yaml or --channels nobody is proved to be reachable",
			"责任已证，可联系性未证：每一项都有责任单位、时限与日历，且从受理到结案的每个环节都有在岗人员，以及直至市领导的上级链条；city.yaml 未写 channels，也未给出 --channels，不能证明联系得上这些人员")
	} else if p.Complete() && len(faults) == 0 {
		line("proved: each of them has an owner, a limit and a calendar, and at every stage until closing a person on duty who can be reached, with superiors up to the city's leader",
			"证毕：每一项都有责任单位、时限与日历，且从受理到结案的每个环节都有在岗且可联系的人员，以及直至市领导的上级链条")
	}
	for i := range p.Gaps[:min(mostGaps, len(p.Gaps))] {
		g := &p.Gaps[i]
		fmt.Fprintf(w, "\n%s  %s\n", g.Label(o.Lang), g.Why.In(o.Lang))
		line("  where: %[1]s (%[2]d {cell|cells})   what: %[3]s", "  地点：%[1]s（%[2]d 个 H3 单元）   类别：%[3]s", firstAreas(o, c, g.Areas), g.Cells, firstCodes(g, n.Categories))
		line("  add to %[1]s", "  请补充 %[1]s", g.Add())
	}
	if more := len(p.Gaps) - mostGaps + p.MoreGaps; more > 0 {
		line("\n… and %d more {gap; --json lists the gap|gaps; --json lists them}", "\n……另有 %d 处责任空白，--json 可列出", more)
	}
	if len(p.Gaps) > 0 || len(faults) > 0 {
		line("\nproved %[1]d, open %[2]d in %[3]d {gap|gaps}", "\n已证 %[1]d，空白 %[2]d（%[3]d 处）", n.Proved(), n.Open, len(p.Gaps)+p.MoreGaps)
		if n.Overlapping > 0 {
			line("%d of the gaps {overlaps others|overlap}; what lies in several counts once", "其中 %d 处空白相互重叠，重叠部分只计一次", n.Overlapping)
		}
	}
	for _, f := range faults {
		fmt.Fprintf(w, "%s:%d: %s\n", f.File, f.Line, cli.Remedied(f.Message, f.Suggestion).In(o.Lang))
	}
	if len(p.Channels) > 0 {
		line("people are told by %s", "通知渠道：%s", strings.Join(p.Channels, ", "))
	}
	if len(p.Channels) == 0 || p.Declared {
		line("%s (--channels)", "%s（--channels）", p.Untold().In(o.Lang))
	}
	l := p.Lists
	line("cells with no block %d, points with no cell %d, categories with no person %d, people with no duty %d",
		"格无块 %d，点无格 %d，事无人 %d，人无责 %d", p.Counts.BareCells, len(l.LostPoints), len(l.OpenMatters), len(l.IdlePeople))
	if len(l.IdlePeople) > 0 {
		fmt.Fprintf(w, "  %s\n", strings.Join(stringsOf(l.IdlePeople[:min(20, len(l.IdlePeople))]), ", "))
	}
	if len(p.IdleRules) > 0 {
		line("rules that decide nothing in this time: %s", "此期间不起作用的规则：%s", strings.Join(p.IdleRules, ", "))
	}
}

// firstAreas names up to three areas, and counts the others.
func firstAreas(o *cli.Options, c *city.City, areas []grid.AreaID) string {
	var text strings.Builder
	for i, id := range areas[:min(3, len(areas))] {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(string(id) + " " + viewOf(o, c).areaName(id))
	}
	if len(areas) > 3 {
		fmt.Fprintf(&text, " +%d", len(areas)-3)
	}
	return text.String()
}

// firstCodes names up to five categories of a gap, and counts the others; "*" for all.
func firstCodes(g *coverage.Gap, all int) string {
	if len(g.Categories) == all {
		return "*"
	}
	text := strings.Join(stringsOf(g.Categories[:min(5, len(g.Categories))]), ", ")
	if len(g.Categories) > 5 {
		text += fmt.Sprintf(" +%d", len(g.Categories)-5)
	}
	return text
}

type geoFeature struct {
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
	Geometry   geoGeometry    `json:"geometry"`
}

type geoGeometry struct {
	Type        string           `json:"type"`
	Coordinates [][][][2]float64 `json:"coordinates"`
}

// writeGaps writes one feature for each gap: the ground of its areas, or the bare cells.
func writeGaps(file string, o *cli.Options, c *city.City, p *coverage.Proof) error {
	features := []geoFeature{}
	for i := range p.Gaps {
		g := &p.Gaps[i]
		var ground []grid.Polygon
		for _, cell := range g.Bare {
			ring, err := cell.Boundary()
			if err != nil {
				return err
			}
			ground = append(ground, grid.Polygon{ring})
		}
		for _, id := range g.Areas {
			if len(g.Bare) == 0 {
				ground = append(ground, groundOf(c, id)...)
			}
		}
		features = append(features, geoFeature{"Feature", map[string]any{
			"reason": g.Reason, "stages": stringsOf(g.Stages), "areas": stringsOf(g.Areas), "categories": stringsOf(g.Categories),
			"from": g.From, "to": g.To, "why": g.Why.In(o.Lang), "add": g.Add(),
		}, geoGeometry{"MultiPolygon", coordinates(ground)}})
	}
	b, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": features})
	if err != nil {
		return fmt.Errorf("write gaps: %w", err)
	}
	return o.Files.Do(func() error { return cli.WriteFile(file, append(b, '\n')) })
}

// groundOf is the ground of an area, or that of its children if it is not drawn.
func groundOf(c *city.City, id grid.AreaID) []grid.Polygon {
	a := c.Areas[id]
	if a == nil || a.Ground != nil {
		return slices.Clip(areaGround(a))
	}
	var out []grid.Polygon
	for _, child := range a.Children {
		out = append(out, groundOf(c, child)...)
	}
	return out
}

func areaGround(a *city.Area) []grid.Polygon {
	if a == nil {
		return nil
	}
	return a.Ground
}

func coordinates(ground []grid.Polygon) [][][][2]float64 {
	out := make([][][][2]float64, 0, len(ground))
	for _, p := range ground {
		var poly [][][2]float64
		for _, ring := range p {
			line := make([][2]float64, len(ring))
			for i, v := range ring {
				line[i] = [2]float64{v.Lng, v.Lat}
			}
			poly = append(poly, line)
		}
		out = append(out, poly)
	}
	return out
}
