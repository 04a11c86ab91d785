package main

import (
	"encoding/json"
	"fmt"
	"time"
	"wangge/dispatch/calendar"

	"github.com/spf13/cobra"
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
	var from, unit string
	var n int
	cmd := &cobra.Command{
		Use:     "deadline DIR --from TIME --limit N --unit U",
		Short:   "Print the instant at which a limit ends, and why",
		Example: "  wangge deadline harbin --from 2026-09-30T16:30 --limit 4 --unit work_hours",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
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
			due, err := c.Calendar.Add(start, calendar.Limit{N: n, Unit: u})
			if err != nil {
				return wrongError{err}
			}
			return printDeadline(cmd, o, start, due)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "start, in the city's time zone unless it has one")
	cmd.Flags().IntVar(&n, "limit", 0, "how many units")
	cmd.Flags().StringVar(&unit, "unit", "", "hours, work_hours, work_days or days")
	for _, f := range []string{"from", "limit", "unit"} {
		_ = cmd.MarkFlagRequired(f) // the flags are defined just above
	}
	return cmd
}

type intervalJSON struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Why  string    `json:"why,omitempty"`
}

func printDeadline(cmd *cobra.Command, o *options, start time.Time, due calendar.Due) error {
	out := cmd.OutOrStdout()
	counted, skipped := []intervalJSON{}, []intervalJSON{}
	for _, i := range due.Counted {
		counted = append(counted, intervalJSON{From: i.From, To: i.To})
	}
	for _, s := range due.Skipped {
		why := s.Why
		if o.lang == "zh" {
			why = s.WhyZh
		}
		skipped = append(skipped, intervalJSON{s.From, s.To, why})
	}
	if o.json {
		err := json.NewEncoder(out).Encode(map[string]any{"start": start, "limit": due.Limit.N, "unit": due.Limit.Unit.String(), "due": due.At, "counted": counted, "skipped": skipped})
		if err != nil {
			return fmt.Errorf("print: %w", err)
		}
		return nil
	}
	const layout = "Mon 2006-01-02 15:04"
	fmt.Fprintf(out, "%s from %s ends %s\n", due.Limit, start.Format(layout), due.At.Format(layout))
	for _, i := range counted {
		fmt.Fprintf(out, "  + %s - %s\n", i.From.Format(layout), i.To.Format(layout))
	}
	for _, i := range skipped {
		fmt.Fprintf(out, "  - %s - %s  %s\n", i.From.Format(layout), i.To.Format(layout), i.Why)
	}
	return nil
}
