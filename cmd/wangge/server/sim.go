package server

import (
	"errors"
	"runtime"
	"runtime/debug"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sim"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// SimCommand runs the service in simulated worlds full of faults.
func SimCommand(o *cli.Options) *cobra.Command {
	var seed uint64
	var seeds, days int
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run the service in made-up worlds full of faults, and hold what happens against its rules",
		Long: `One seed makes a city, its people, phones that are offline, clocks that are wrong, and machines that stop at any commit. The
service's own code runs in it under a clock that is handed in. While there are faults nothing may ever be wrong; then they stop,
and everything must be finished within 60 days. A broken rule is told at once, with what happened last and the command that
repeats it. Worlds run in parallel, one on each processor. Every half minute a line on standard error says how many are done;
an interrupted run says there which seeds are left.`,
		Example: "  wangge sim --seed 8131 --days 365\n  wangge sim --seed 1 --seeds 1000 --days 365",
		Args:    cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if days > 3650 {
				return i18n.Errorf("--days %d: write at most 3650", "--days %d：最多 3650", days)
			}
			defer debug.SetGCPercent(debug.SetGCPercent(400)) // worlds are small and short: collecting less often is a third faster
			r := newSimRun(o, cmd.OutOrStdout(), cmd.ErrOrStderr(), seed, seeds, days, time.Now)
			g, ctx := errgroup.WithContext(cmd.Context())
			g.SetLimit(runtime.GOMAXPROCS(0))
			for i := range seeds {
				g.Go(func() error {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					result, err := sim.Run(ctx, sim.Config{Seed: seed + uint64(i), Days: days})
					if v, ok := errors.AsType[*sim.ViolationError](err); ok {
						return r.violated(i, result, v)
					}
					if err == nil {
						r.done(i, result)
					}
					return err
				})
			}
			if err := g.Wait(); err != nil {
				r.interrupted()
				return cli.Failure(err)
			}
			return r.summary()
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 1, "the first seed")
	cli.CountFlag(cmd.Flags(), &seeds, "seeds", 1, 1, "how many worlds, of seeds that follow each other")
	cli.CountFlag(cmd.Flags(), &days, "days", 365, 1, "days of faults in each world")
	return cmd
}
