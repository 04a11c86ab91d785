package revisions

import (
	"context"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/city"

	"github.com/spf13/cobra"

	wanggev1 "wangge/api/wangge/v1"
)

// cityPlan says what a proposal would change.
func cityPlan(c *remote.Server) *cobra.Command {
	var p proposal
	var limit int
	cmd := &cobra.Command{
		Use: "plan [DIR]", Short: "Say what a city directory would change on a running server; nothing is written",
		Long: `Says what a city directory would change: rows, ground in km², people left without duty, gaps in responsibility that
open or close, and each open case whose owner, ladder or deadline would move or that would be left to nobody. Exit 1 when
it opens a gap, leaves a case to nobody that neither --open-cases nor a --successor decides, or was planned against a
revision that is no longer active.`,
		Example: "  wangge city plan ./our-city\n  wangge city plan --revision c-5f3a9c21d0b4   # what going back would change",
		Args:    cli.Args("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return propose(c, cmd, args, &p, func(
				ctx context.Context, server wanggev1.CityServiceClient, head *wanggev1.Proposal, dir city.Directory, zone *time.Location,
			) error {
				stream, err := server.PlanCity(ctx)
				if err != nil {
					return err
				}
				if err := upload(head, dir, func(head *wanggev1.Proposal, part *wanggev1.FilePart) error {
					return stream.Send(&wanggev1.PlanCityRequest{Proposal: head, Part: part})
				}); err != nil {
					return err
				}
				if err := stream.CloseSend(); err != nil {
					return err
				}
				return printPlan(c, cmd.OutOrStdout(), stream.Recv, zone, limit)
			})
		},
	}
	c.Flags(cmd)
	cmd.Flags().StringVar(&p.against, "against", "", "the revision that you planned against before: says what was applied meanwhile")
	cmd.Flags().StringVar(&p.revision, "revision", "", "a kept revision instead of a directory")
	cmd.Flags().StringVar(&p.from, "from", "", "when it would take effect (default now)")
	p.choiceFlags(cmd)
	cli.CountFlag(cmd.Flags(), &limit, "limit", 50, 1, "most rows of each list that are printed; --json prints all")
	return cmd
}
