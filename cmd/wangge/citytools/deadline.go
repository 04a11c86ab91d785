package citytools

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wangge/cmd/wangge/citytools/supposed"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// A DeadlineSource reads the deadlines of cases from a server.
type DeadlineSource interface {
	// Flags adds the flags that name the server and the caller.
	Flags(cmd *cobra.Command)
	// Deadline returns the deadline of a case, by its number, with its parts.
	Deadline(cmd *cobra.Command, number string) (sla.Deadline, error)
}

// DeadlineCommand explains when a limit of a city directory ends, or the deadline of a case that a server knows.
func DeadlineCommand(o *cli.Options, server DeadlineSource) *cobra.Command {
	var from, unit, number, owner string
	var n int
	var stops []string
	cmd := &cobra.Command{
		Use:   "deadline DIR --from TIME --limit N --unit U | deadline DIR --campaign ID=TIME[,GRADE] | deadline --case NUMBER",
		Short: "Print the instant at which a limit or a case's deadline ends, and why",
		Example: "  wangge deadline harbin --from 2026-09-30T16:30 --limit 4 --unit work_hours\n  wangge deadline --case 20261123-000417" +
			"\n  wangge deadline ./our-city --campaign snow=2026-12-01T06:00,大雪 --owner department:SAN",
		Args: cli.Args("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if number != "" {
				if len(args) > 0 || from != "" || n != 0 || unit != "" || owner != "" || stops != nil {
					return i18n.Errorf("--case stands alone: a case has its own start, limit and calendar", "--case 须单独使用：案件有自己的起点、时限与日历")
				}
				d, err := server.Deadline(cmd, number)
				if err != nil {
					return err
				}
				return printDeadline(cmd.OutOrStdout(), o, d)
			}
			if stops != nil && (from != "" || n != 0 || unit != "") {
				return i18n.Errorf("--campaign stands alone beside --owner: its limits are those of limits.csv, from the stop", "--campaign 只能与 --owner 同用：时限取自 limits.csv，自停止起算")
			}
			if len(args) == 0 || stops == nil && (from == "" || n == 0 || unit == "") {
				return i18n.Errorf("write deadline DIR --from TIME --limit N --unit U, deadline DIR --campaign ID=TIME, or deadline --case NUMBER", "请写 deadline 城市目录 --from 时间 --limit 数量 --unit 单位、deadline 城市目录 --campaign 编号=时间，或 deadline --case 案件号")
			}
			u := calendar.Hours
			var err error
			if stops == nil {
				if u, err = calendar.ParseUnit(unit); err != nil {
					return err
				}
			}
			c, err := cli.LoadCity(args[0])
			if err != nil {
				return err
			}
			var whose roster.Unit
			if owner != "" {
				if whose, err = roster.ParseUnit(owner); err != nil {
					return err
				}
				if known := c.UnitIDs(whose.Kind); !slices.Contains(known, whose.ID) {
					near := diag.Suggest(whose.ID, known[:min(len(known), 20)])
					if id := diag.Near(whose.ID, known); id != "" {
						near = diag.Suggest(whose.ID, []string{id})
					}
					return cli.Failure(i18n.Errorf("--owner %[1]q is not in the city; %[2]v", "--owner %[1]q 不在该城市中，%[2]v", owner, near))
				}
			}
			if stops != nil {
				if c, err = supposed.City(o, cmd, c, stops); err != nil {
					return err
				}
				return printStops(cmd.OutOrStdout(), o, c, whose)
			}
			start, err := o.Instant(cmd, from, c.Location)
			if err != nil {
				return err
			}
			d, err := sla.ExplainLimit(c, whose, start, calendar.Limit{N: n, Unit: u})
			if err != nil {
				return cli.Failure(err)
			}
			return printDeadline(cmd.OutOrStdout(), o, d)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "start, in the city's time zone unless it has one")
	cli.CountFlag(cmd.Flags(), &n, "limit", 0, 1, "how many units")
	cli.ChoiceFlag(cmd, &unit, "unit", "", calendar.UnitNames(), "minutes, hours, work_hours, work_days or days")
	cmd.Flags().StringVar(&owner, "owner", "", "whose calendar: area:ID or department:ID (default the city's)")
	cmd.Flags().StringVar(&number, "case", "", "explain the deadline of this case of a server")
	supposed.Flag(cmd, &stops)
	server.Flags(cmd)
	cli.LongRunning(cmd)
	return cmd
}

// printDeadline prints a deadline for people, or with --json as wanggev1.ExplainDeadlineResponse, with the keys that are promised to
// scripts: start, due, and limit as a number beside unit.
func printDeadline(out io.Writer, o *cli.Options, d sla.Deadline) error {
	counted, skipped := []intervalJSON{}, []intervalJSON{}
	for _, i := range d.Counted {
		counted = append(counted, intervalOf(i.From, i.To))
	}
	for _, s := range d.Skipped {
		skipped = append(skipped, skippedOf(o, s))
	}
	unit := ""
	if d.Limit.N > 0 {
		unit = d.Limit.Unit.String()
	}
	if o.JSON {
		object := map[string]any{
			"start": d.Start, "limit": d.Limit.N, "unit": unit, "due": d.Due, "counted": counted, "skipped": skipped,
			"start_time": d.Start, "due_time": d.Due, "counted_total": durationText(d.Used), "counted_seconds": int64(d.Used / time.Second),
			"extensions": d.Extended, "paused": d.Paused, "provisional": d.Provisional,
			"limit_rule": d.LimitRule,
		}
		if d.Due.IsZero() { // a campaign pauses the clock
			delete(object, "due")
			delete(object, "due_time")
		}
		if d.Why != (i18n.Text{}) {
			object["campaign"] = map[string]any{"text": d.Why.In(o.Lang)}
		}
		return cli.Encode(out, object)
	}
	printParts(out, o, d)
	return nil
}

// printStops prints the limits that count from the stops of campaigns, with their deadlines.
func printStops(out io.Writer, o *cli.Options, c *city.City, owner roster.Unit) error {
	rows, err := supposed.Rows(c, owner)
	if err != nil {
		return cli.Failure(err)
	}
	if o.JSON {
		list := []map[string]any{}
		for i := range rows {
			r := &rows[i]
			list = append(list, map[string]any{
				"limit_rule": r.ID, "category": r.Pattern.String(), "condition": r.Condition, "section_tier": r.SectionTier, "tier": r.Tier,
				"area": r.Area, "campaign": r.Run.ID, "grade": r.Run.Grade, "start": r.Run.StoppedAt, "limit": r.Limit.N,
				"unit": r.Limit.Unit.String(), "due": r.Due, "provisional": r.Provisional, "text": r.Text(c).In(o.Lang),
			})
		}
		return cli.Encode(out, map[string]any{"limits": list})
	}
	for _, line := range supposed.Lines(c, rows) {
		fmt.Fprintln(out, line.In(o.Lang))
	}
	return nil
}

// printParts prints a deadline part by part, in the order of time; the parts add up to the second.
func printParts(out io.Writer, o *cli.Options, d sla.Deadline) {
	when := func(t time.Time) string {
		if strings.HasPrefix(o.Lang, "zh") {
			return t.Format("2006-01-02 ") + []string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}[t.Weekday()] + t.Format(" 15:04:05")
		}
		return t.Format("Mon 2006-01-02 15:04:05")
	}
	what := i18n.Text{En: "a limit of the office", Zh: "流程时限"}
	if d.Limit.N > 0 {
		what = d.Limit.Text()
	}
	if d.Extended > 0 {
		what = i18n.F("%[1]s, granted %[3]d {time|times} more,", "%[2]s（已延期 %[3]d 次）", what.En, what.Zh, d.Extended)
	}
	head := i18n.F("%[1]s from %[3]s ends %[4]s", "%[2]s，自 %[3]s 起，至 %[4]s 止", what.En, what.Zh, when(d.Start), when(d.Due))
	if d.Paused && d.Due.IsZero() {
		head = i18n.F("%[1]s from %[3]s is paused", "%[2]s，自 %[3]s 起，计时暂停", what.En, what.Zh, when(d.Start))
	} else if d.Paused {
		head = i18n.F("%[1]s from %[3]s is paused; it ran until %[4]s", "%[2]s，自 %[3]s 起，计时暂停；曾计至 %[4]s", what.En, what.Zh, when(d.Start), when(d.Due))
	}
	fmt.Fprintln(out, head.In(o.Lang))
	if d.Why != (i18n.Text{}) {
		fmt.Fprintln(out, "  "+d.Why.In(o.Lang))
	}
	if d.Provisional {
		fmt.Fprintln(out, i18n.F("  provisional: it reaches a year whose holidays are not published yet", "  暂定：所及年份的节假日尚未公布").In(o.Lang))
	}
	lasts := func(d time.Duration) string { return i18n.Exact(d).In(o.Lang) }
	var counted, skipped time.Duration
	i, k := 0, 0
	for i < len(d.Counted) || k < len(d.Skipped) {
		if k == len(d.Skipped) || i < len(d.Counted) && d.Counted[i].From.Before(d.Skipped[k].From) {
			p := d.Counted[i]
			i++
			counted += p.To.Sub(p.From)
			fmt.Fprintf(out, "  + %s - %s  %s\n", when(p.From), when(p.To), lasts(p.To.Sub(p.From)))
			continue
		}
		p := d.Skipped[k]
		k++
		if p.Counts > 0 {
			counted += p.Counts
			fmt.Fprintf(out, "  + %s  %s  %s\n", when(p.From), lasts(p.Counts), i18n.Text{En: p.Why, Zh: p.WhyZh}.In(o.Lang))
			continue
		}
		skipped += p.To.Sub(p.From)
		fmt.Fprintf(out, "  - %s - %s  %s  %s\n", when(p.From), when(p.To), lasts(p.To.Sub(p.From)), i18n.Text{En: p.Why, Zh: p.WhyZh}.In(o.Lang))
	}
	fmt.Fprintln(out, i18n.F("  counted %[1]s + not counted %[2]s = %[3]s in all", "  计时 %[1]s + 不计时 %[2]s = 共 %[3]s", lasts(counted), lasts(skipped), lasts(counted+skipped)).In(o.Lang))
}
