package client

import (
	"context"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
	"wangge/cmd/wangge/client/remote"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// OutboxCommand lists dead letters, and queues them again.
func OutboxCommand(o *cli.Options) *cobra.Command {
	c := newClient(o)
	parent := &cobra.Command{Use: "outbox", Short: "List notices that were given up, and queue them again"}
	c.Flags(parent)
	list := &cobra.Command{
		Use: "list", Short: "List the notices that were given up, and why", Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				for token, n := "", 0; ; {
					r, err := wanggev1.NewAdminServiceClient(conn).ListDeadLetters(ctx, &wanggev1.ListDeadLettersRequest{PageToken: token})
					if err != nil {
						return err
					}
					for _, notice := range r.GetNotices() {
						n++
						if !o.JSON {
							caseview.Printer{W: cmd.OutOrStdout(), Words: c.words(zone)}.Notice(notice)
						} else if err := c.Print(ctx, conn, cmd.OutOrStdout(), notice); err != nil {
							return err
						}
					}
					if token = r.GetNextPageToken(); token == "" {
						return c.NoteEmpty(cmd, n)
					}
				}
			})
		},
	}
	var number string
	replay := &cobra.Command{
		Use: "replay", Short: "Queue dead letters again, as if they had never been tried", Args: cli.Args(),
		Example: "  wangge outbox replay\n  wangge outbox replay --case 20261123-000417",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				req := &wanggev1.ReplayNoticesRequest{}
				if number != "" {
					req.Case = remote.CaseName(number)
				}
				r, err := wanggev1.NewAdminServiceClient(conn).ReplayNotices(ctx, req)
				if err != nil {
					return err
				}
				if o.JSON {
					return c.Print(ctx, conn, cmd.OutOrStdout(), r)
				}
				c.Options.Printer(cmd.OutOrStdout(), nil).Line("%d queued again", "重新排队 %d 条", r.GetReplayed())
				return nil
			})
		},
	}
	replay.Flags().StringVar(&number, "case", "", "only those of one case")
	parent.AddCommand(list, replay)
	return parent
}
