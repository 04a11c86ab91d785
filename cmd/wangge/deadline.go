package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/calendar"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// timeLayouts are the ways to write an instant on the command line; without a zone it is the city's.
var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04"}

func parseTime(s string, loc *time.Location) (time.Time, error) {
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil {
			return t.In(loc), nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q: write 2026-09-30T16:30, or with a zone 2026-09-30T16:30:00+08:00", s)
}

func deadlineCommand(o *options) *cobra.Command {
	var from, unit, number, owner string
	var n int
	remote := &client{o: o}
	cmd := &cobra.Command{
		Use:     "deadline DIR --from TIME --limit N --unit U | deadline --case NUMBER",
		Short:   "Print the instant at which a limit or a case's deadline ends, and why",
		Example: "  wangge deadline harbin --from 2026-09-30T16:30 --limit 4 --unit work_hours\n  wangge deadline --case 20261123-000417",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if number != "" {
				return remote.caseDeadline(cmd, number)
			}
			if len(args) == 0 || from == "" || n == 0 || unit == "" {
				return errors.New("write deadline DIR --from TIME --limit N --unit U, or deadline --case NUMBER")
			}
			u, err := calendar.ParseUnit(unit)
			if err != nil {
				return err
			}
			c, err := loadCity(cmd, o, args[0])
			if err != nil {
				return err
			}
			start, err := parseTime(from, c.Location)
			if err != nil {
				return err
			}
			var whose roster.Unit
			if owner != "" {
				if whose, err = roster.ParseUnit(owner); err != nil {
					return err
				}
			}
			d, err := dispatch.ExplainLimit(c, whose, start, calendar.Limit{N: n, Unit: u})
			if err != nil {
				return wrongError{err}
			}
			return printDeadline(cmd.OutOrStdout(), o, d)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "start, in the city's time zone unless it has one")
	cmd.Flags().IntVar(&n, "limit", 0, "how many units")
	cmd.Flags().StringVar(&unit, "unit", "", "hours, work_hours, work_days or days")
	cmd.Flags().StringVar(&owner, "owner", "", "whose calendar: area:ID or department:ID (default the city's)")
	cmd.Flags().StringVar(&number, "case", "", "explain the deadline of this case of a server")
	remote.flags(cmd)
	return cmd
}

type intervalJSON struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Why  string    `json:"why,omitempty"`
}

// caseDeadline asks a server why a case's deadline is what it is.
func (c *client) caseDeadline(cmd *cobra.Command, number string) error {
	return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		zone, err := c.zone(ctx, conn)
		if err != nil {
			return err
		}
		r, err := wanggev1.NewCaseServiceClient(conn).ExplainDeadline(ctx, &wanggev1.ExplainDeadlineRequest{Name: name(number)})
		if err != nil {
			return err
		}
		if r.GetStart() == nil {
			return wrongError{errors.New("no clock of the case has run")}
		}
		d := dispatch.Deadline{Start: r.GetStart().AsTime().In(zone), Due: r.GetDue().AsTime().In(zone), Extended: int(r.GetExtensions()), Paused: r.GetPaused()}
		if r.GetUnit() != "" {
			u, err := calendar.ParseUnit(r.GetUnit())
			if err != nil {
				return err
			}
			d.Limit = calendar.Limit{N: int(r.GetLimit()), Unit: u}
		}
		for _, p := range r.GetCounted() {
			d.Counted = append(d.Counted, calendar.Interval{From: p.GetFrom().AsTime().In(zone), To: p.GetTo().AsTime().In(zone)})
		}
		for _, p := range r.GetSkipped() {
			d.Skipped = append(d.Skipped, calendar.Skip{From: p.GetFrom().AsTime().In(zone), To: p.GetTo().AsTime().In(zone), Why: p.GetWhy(), WhyZh: p.GetWhy()})
		}
		return printDeadline(cmd.OutOrStdout(), c.o, d)
	})
}

func printDeadline(out io.Writer, o *options, d dispatch.Deadline) error {
	counted, skipped := []intervalJSON{}, []intervalJSON{}
	for _, i := range d.Counted {
		counted = append(counted, intervalJSON{From: i.From, To: i.To})
	}
	for _, s := range d.Skipped {
		skipped = append(skipped, intervalJSON{s.From, s.To, say.Text{En: s.Why, Zh: s.WhyZh}.In(o.lang)})
	}
	unit := ""
	if d.Limit.N > 0 {
		unit = d.Limit.Unit.String()
	}
	if o.json {
		err := json.NewEncoder(out).Encode(map[string]any{"start": d.Start, "limit": d.Limit.N, "unit": unit, "due": d.Due, "counted": counted, "skipped": skipped, "extensions": d.Extended, "paused": d.Paused})
		if err != nil {
			return fmt.Errorf("print: %w", err)
		}
		return nil
	}
	const layout = "Mon 2006-01-02 15:04"
	what := d.Limit.String()
	if d.Extended > 0 {
		what = fmt.Sprintf("%s, granted %d times more,", what, d.Extended)
	}
	ends := "ends"
	if d.Paused {
		ends = "stands still; it ran until"
	}
	fmt.Fprintf(out, "%s from %s %s %s\n", what, d.Start.Format(layout), ends, d.Due.Format(layout))
	for _, i := range counted {
		fmt.Fprintf(out, "  + %s - %s\n", i.From.Format(layout), i.To.Format(layout))
	}
	for _, i := range skipped {
		fmt.Fprintf(out, "  - %s - %s  %s\n", i.From.Format(layout), i.To.Format(layout), i.Why)
	}
	return nil
}
