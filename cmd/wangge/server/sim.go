package server

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sim"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// simJSON is the last line of `sim --json`.
type simJSON struct {
	Seeds      int     `json:"seeds"`
	Days       int     `json:"days"`
	Violations int     `json:"violations"`
	Reports    int64   `json:"reports"`
	Cases      int64   `json:"cases"`
	Acts       int64   `json:"acts"`
	Steps      int64   `json:"steps"`
	Notices    int64   `json:"notices"`
	Repeated   int64   `json:"repeated"`
	Crashes    int64   `json:"crashes"`
	Failures   int64   `json:"failures"`
	Revisions  int64   `json:"revisions"`
	Seconds    float64 `json:"seconds"`
}

// SimCommand runs the service in simulated worlds full of faults.
func SimCommand(o *cli.Options) *cobra.Command {
	var seed uint64
	var seeds, days int
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run the service in made-up worlds full of faults, and hold what happens against its rules",
		Long: `One seed makes a city, its people, phones that are offline, clocks that are wrong, and machines that stop at any commit. The
service's own code runs in it under a clock that is handed in. While there are faults nothing may ever be wrong; then they stop,
and everything must be finished within 60 days. A broken rule is told with what happened last and the command that repeats it.`,
		Example: "  wangge sim --seed 8131 --days 365\n  wangge sim --seed 1 --seeds 1000 --days 365",
		Args:    cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if days > 3650 {
				return i18n.Errorf("--days %d: write at most 3650", "--days %d：最多 3650", days)
			}
			defer debug.SetGCPercent(debug.SetGCPercent(400)) // worlds are small and short: collecting less often is a third faster
			begin := time.Now()
			sum := simJSON{Seeds: seeds, Days: days}
			var wrong atomic.Int64
			results := make([]sim.Result, seeds)
			failed := make([]error, seeds)
			g, ctx := errgroup.WithContext(cmd.Context())
			g.SetLimit(runtime.GOMAXPROCS(0))
			for i := range seeds {
				g.Go(func() error {
					var err error
					results[i], err = sim.Run(ctx, sim.Config{Seed: seed + uint64(i), Days: days})
					if _, ok := errors.AsType[*sim.ViolationError](err); ok {
						wrong.Add(1)
						failed[i] = err
						return nil
					}
					return err
				})
			}
			if err := g.Wait(); err != nil {
				return cli.Failure(err)
			}
			out := cmd.OutOrStdout()
			for i, r := range results {
				if v, ok := errors.AsType[*sim.ViolationError](failed[i]); ok {
					if err := printViolation(out, o, v); err != nil {
						return cli.Failure(err)
					}
				}
				sum.Reports += int64(r.Reports)
				sum.Cases += int64(r.Cases)
				sum.Acts += int64(r.Acts)
				sum.Steps += int64(r.Steps)
				sum.Notices += int64(r.Notices)
				sum.Repeated += int64(r.Repeated)
				sum.Crashes += int64(r.Crashes)
				sum.Failures += int64(r.Failures)
				sum.Revisions += int64(r.Revisions)
			}
			sum.Violations, sum.Seconds = int(wrong.Load()), time.Since(begin).Seconds()
			if o.JSON {
				if err := cli.Encode(out, sum); err != nil {
					return err
				}
			} else {
				o.Printer(out, time.UTC).Line("%d worlds of %d days: %d violations; %d reports, %d cases, %d acts, %d timers fired, %d notices (%d again), %d crashes, %d failed commits, %d revisions of the city; %.1f s",
					"%d 个世界、各 %d 天：违反规则 %d 处；上报 %d、案件 %d、操作 %d、计时器触发 %d、通知 %d（重发 %d）、崩溃 %d、提交失败 %d、城市版本 %d；%.1f 秒",
					seeds, days, sum.Violations, sum.Reports, sum.Cases, sum.Acts, sum.Steps, sum.Notices,
					sum.Repeated, sum.Crashes, sum.Failures, sum.Revisions, sum.Seconds)
			}
			if sum.Violations > 0 {
				return cli.ErrFound
			}
			return nil
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 1, "the first seed")
	cli.CountFlag(cmd.Flags(), &seeds, "seeds", 1, 1, "how many worlds, of seeds that follow each other")
	cli.CountFlag(cmd.Flags(), &days, "days", 365, 1, "days of faults in each world")
	return cmd
}

// violationJSON is a broken rule of a world, with what happened last in it.
type violationJSON struct {
	Seed       uint64    `json:"seed"`
	Days       int       `json:"days"`
	At         time.Time `json:"at"`
	Message    string    `json:"message"`
	Transcript []string  `json:"transcript"`
}

// printViolation prints what happened last, then the broken rule; with --json both are on one line.
func printViolation(w io.Writer, o *cli.Options, v *sim.ViolationError) error {
	if o.JSON {
		return cli.Encode(w, violationJSON{v.Seed, v.Days, v.At, v.Error(), append([]string{}, v.Transcript...)})
	}
	for _, line := range append(slices.Clone(v.Transcript), v.Error()) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
