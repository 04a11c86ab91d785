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

// cityApply makes a proposal the active revision, now or at an instant.
func cityApply(c *remote.Server) *cobra.Command {
	var p proposal
	cmd := &cobra.Command{
		Use: "apply [DIR]", Short: "Let another revision of the city decide, now or from an instant on",
		Long: `Lets a city directory decide: all or nothing, now or at --from. It is refused when it opens a gap in responsibility
unless --waive says why that is accepted, and when the city has moved on since you planned (--against, as city plan
prints it). Open cases move only as --open-cases says: keep leaves them as they are and is refused when some would be left
to nobody and no --successor takes over, move gives those to somebody, reroute decides all anew. A category that goes
always needs a --successor while open cases have it. Going back is --revision with an older one.`,
		Example: "  wangge city apply ./our-city --against c-5f3a9c21d0b4 --open-cases keep --note 'new winter roster'\n  wangge city apply ./our-city --against c-5f3a9c21d0b4 --open-cases keep --successor department:CG=department:HW --successor category:E03=category:E04\n  wangge city apply --revision c-5f3a9c21d0b4 --against c-77aa01b2c3d4 --open-cases reroute --note 'back'",
		Args:    cli.Args("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return propose(c, cmd, args, &p, func(
				ctx context.Context, server wanggev1.CityServiceClient, head *wanggev1.Proposal, dir city.Directory, zone *time.Location,
			) error {
				stream, err := server.ApplyCity(ctx)
				if err != nil {
					return err
				}
				if err := upload(head, dir, func(head *wanggev1.Proposal, part *wanggev1.FilePart) error {
					return stream.Send(&wanggev1.ApplyCityRequest{Proposal: head, Part: part})
				}); err != nil {
					return err
				}
				r, err := stream.CloseAndRecv()
				if err != nil {
					return err
				}
				return printRevision(c, cmd.OutOrStdout(), r, zone)
			})
		},
	}
	c.Flags(cmd)
	cmd.Flags().StringVar(&p.against, "against", "", "the revision that you planned against (city plan prints it)")
	cmd.Flags().StringVar(&p.revision, "revision", "", "a kept revision instead of a directory")
	cmd.Flags().StringVar(&p.from, "from", "", "when it takes effect (default now)")
	p.choiceFlags(cmd)
	cmd.Flags().StringVar(&p.waive, "waive", "", "why the gaps that it opens are accepted; kept and shown")
	cmd.Flags().StringVar(&p.note, "note", "", "for people")
	return cmd
}
