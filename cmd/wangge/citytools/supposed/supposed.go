// Package supposed reads the campaigns that a what-if question takes as stopped, such as snow that stopped at six, and lists
// the limits that count from such a stop. It also puts the milestones of a supposed case into words. It knows no server: what really ran is
// not asked.
package supposed

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/campaign"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// Flag defines --campaign, each ID=STOPPED[,GRADE].
func Flag(cmd *cobra.Command, into *[]string) {
	cmd.Flags().StringArrayVar(into, "campaign", nil, "as if a campaign had stopped: ID=TIME or ID=TIME,GRADE; may be repeated")
}

// City returns a city in which campaigns have stopped as the flags say, and no others run; c itself without flags.
func City(o *cli.Options, cmd *cobra.Command, c *city.City, flags []string) (*city.City, error) {
	if len(flags) == 0 {
		return c, nil
	}
	var runs []city.CampaignRun
	for _, text := range flags {
		r, err := run(o, cmd, c, text)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(runs, func(is city.CampaignRun) bool { return is.ID == r.ID }) {
			return nil, cli.Failure(i18n.Errorf("--campaign %s is there twice", "--campaign %s 重复", r.ID))
		}
		r.Run, r.Change = uint64(len(runs))+1, uint64(len(runs))+1
		runs = append(runs, r)
	}
	return c.WithRuns(runs, uint64(len(runs))), nil
}

// run reads ID=STOPPED[,GRADE].
func run(o *cli.Options, cmd *cobra.Command, c *city.City, text string) (r city.CampaignRun, err error) {
	id, rest, ok := strings.Cut(text, "=")
	at, grade, _ := strings.Cut(strings.ReplaceAll(rest, "，", ","), ",")
	id, at, grade = strings.TrimSpace(id), strings.TrimSpace(at), strings.TrimSpace(grade)
	if !ok || id == "" || at == "" {
		return r, i18n.Errorf("--campaign %q: write ID=TIME or ID=TIME,GRADE, such as snow=2026-12-01T06:00,大雪", "--campaign %q：请写 编号=时间 或 编号=时间,等级，例如 snow=2026-12-01T06:00,大雪", text)
	}
	k := c.Campaigns[city.CampaignID(id)]
	if k == nil {
		var ids []string
		for known := range c.Campaigns {
			ids = append(ids, string(known))
		}
		slices.Sort(ids)
		if len(ids) == 0 {
			return r, cli.Failure(i18n.Errorf("the city has no campaigns.csv, and so no campaign %q", "该城市没有 campaigns.csv，也就没有专项行动 %q", id))
		}
		return r, cli.Failure(i18n.Errorf("--campaign %[1]q is not in the city; %[2]v", "--campaign %[1]q 不在该城市中，%[2]v", id, diag.Suggest(id, ids)))
	}
	switch {
	case len(k.Grades) == 0 && grade != "":
		return r, cli.Failure(i18n.Errorf("campaign %s has no grades; leave the grade out", "专项行动 %s 不分等级，请勿填写等级", id))
	case len(k.Grades) > 0 && !slices.Contains(k.Grades, grade):
		return r, cli.Failure(i18n.Errorf("grade %[1]q of campaign %[2]s: %[3]v", "专项行动 %[2]s 的等级 %[1]q：%[3]v", grade, id, diag.Suggest(grade, k.Grades)))
	}
	stopped, err := o.Instant(cmd, at, c.Location)
	return city.CampaignRun{Campaign: *k, StartedAt: stopped, StoppedAt: stopped, Grade: grade}, err
}

// When is the instant from which a matter of an instant is asked about: a matter of a campaign that stopped later waits until the
// stop.
func When(c *city.City, code catalog.Code, at time.Time) time.Time {
	if r := c.RunOf(code); r != nil && at.Before(r.StoppedAt) {
		return r.StoppedAt.In(at.Location())
	}
	return at
}

// Limit is the limit of a matter at an instant, and the deadline on the calendar of its owner.
func Limit(
	c *city.City, p *dispatch.Place, code catalog.Code, owner roster.Unit, at time.Time,
) (l calendar.Limit, due time.Time, provisional bool, err error) {
	is := campaign.LimitAt(c, p, code, &c.Categories[code].Conditions[0], at)
	due, provisional, err = sla.DueOf(c, owner, is.From, is.Limit)
	return is.Limit, due, provisional, err
}

// Row is a row of limits.csv that counts from the stop of a campaign, and its deadline.
type Row struct {
	*catalog.LimitRule
	Run         *city.CampaignRun
	Limit       calendar.Limit
	Due         time.Time
	Provisional bool
}

// Text says of what and where the row is the limit.
func (r *Row) Text(c *city.City) i18n.Text {
	en, zh := []string{r.Pattern.String()}, []string{r.Pattern.String()}
	for _, part := range []struct{ en, zh, is string }{
		{"condition ", "立案条件 ", r.Condition},
		{"class of street ", "街路等级 ", r.SectionTier},
		{"tier ", "区域分级 ", r.Tier},
		{"in ", "限区域 ", r.Area},
	} {
		if part.is != "" {
			en, zh = append(en, part.en+part.is), append(zh, part.zh+part.is)
		}
	}
	if r.Severity != catalog.SeverityUnknown {
		en, zh = append(en, "severity "+"ABC"[r.Severity-1:r.Severity]), append(zh, "ABC"[r.Severity-1:r.Severity]+" 级")
	}
	due := r.Due.In(c.Location).Format("2006-01-02 15:04")
	return i18n.F("%[1]s: %[3]s, due %[5]s (%[6]s)", "%[2]s：%[4]s，至 %[5]s 止（%[6]s）",
		strings.Join(en, ", "), strings.Join(zh, "，"), r.Limit.Text().En, r.Limit.Text().Zh, due, r.ID)
}

// Rows lists the limits that count from the stops of a city's campaigns, in the order in which limits.csv is tried, on the
// calendar of a unit.
func Rows(c *city.City, owner roster.Unit) ([]Row, error) {
	var out []Row
	for i := range c.Limits {
		rule := &c.Limits[i]
		r, ok := c.Run(city.CampaignID(rule.Campaign))
		if !ok || !rule.FromStop || rule.Grade != "" && rule.Grade != r.Grade {
			continue
		}
		severity, holds := whom(c, rule, r.StoppedAt.In(c.Location))
		if !holds {
			continue
		}
		row := Row{LimitRule: rule, Run: &r, Limit: sla.UrgentLimit(c, severity, rule.Limit)}
		var err error
		if row.Due, row.Provisional, err = sla.DueOf(c, owner, r.StoppedAt.In(c.Location), row.Limit); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// whom is the least severity of a condition for which a row holds at an instant; false if there is none.
func whom(c *city.City, rule *catalog.LimitRule, at time.Time) (s catalog.Severity, holds bool) {
	for _, code := range slices.Sorted(maps.Keys(c.Categories)) {
		cat := c.Categories[code]
		for i := range cat.Conditions {
			if cond := &cat.Conditions[i]; rule.Applies(cat, cond, at) {
				s, holds = max(s, cond.Severity), true
			}
		}
	}
	return s, holds
}

// Lines says for each stopped campaign what its limits are: first from when they count.
func Lines(c *city.City, rows []Row) []i18n.Text {
	var out []i18n.Text
	for i := range c.Runs {
		r := &c.Runs[i]
		head := sla.CampaignText(c, dispatch.CampaignMark{ID: r.ID, Change: r.Change, From: r.StoppedAt, Grade: r.Grade})
		out = append(out, head)
		n := len(out)
		for k := range rows {
			if rows[k].Run.ID == r.ID {
				t := rows[k].Text(c)
				out = append(out, i18n.Text{En: "  " + t.En, Zh: "  " + t.Zh})
			}
		}
		if len(out) == n {
			out = append(out, i18n.F("  no row of limits.csv has this campaign and grade: the limits of the conditions count from there", "  limits.csv 中没有该专项行动及等级的行：按立案条件自身的时限自此起算"))
		}
	}
	return out
}
