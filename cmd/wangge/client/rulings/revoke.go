package rulings

import (
	"context"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

func revoke(c *remote.Server) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "revoke ID", Short: "End a ruling now: what it routed stays routed, the next case goes by the rules", Args: cli.Args("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				req := &wanggev1.RevokePrecedentRequest{Name: remote.PrecedentName(args[0]), Reason: reason}
				r, err := wanggev1.NewPrecedentServiceClient(conn).RevokePrecedent(ctx, req)
				if err != nil {
					return err
				}
				return printRuling(c, cmd.OutOrStdout(), r, zone)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	_ = cmd.MarkFlagRequired("reason") // it is defined just above
	return cmd
}
