package citytools

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"wangge/cmd/wangge/citytools/parts"
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
	// Deadline returns the deadline of a case, by its number, with its parts, and the clocks beside that of the owner: the
	// receipt, the second dispatches of platforms, the parts of co-owners, the milestones.
	Deadline(cmd *cobra.Command, number string) (sla.Deadline, cli.Beside, error)
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
				d, beside, err := server.Deadline(cmd, number)
				if err != nil {
					return err
				}
				return printDeadline(cmd.OutOrStdout(), o, d, beside)
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
			return printDeadline(cmd.OutOrStdout(), o, d, cli.Beside{})
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
func printDeadline(out io.Writer, o *cli.Options, d sla.Deadline, beside cli.Beside) error {
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
		maps.Copy(object, beside.Fields)
		return cli.Encode(out, object)
	}
	parts.Print(out, o.Lang, d)
	if len(beside.Lines) > 0 {
		fmt.Fprintln(out, i18n.F("clocks beside this one:", "另行计时：").In(o.Lang))
	}
	for _, line := range beside.Lines {
		fmt.Fprintln(out, " ", i18n.OneLine(line))
	}
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
