package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

func outboxCommand(o *options) *cobra.Command {
	c := &client{o: o}
	parent := &cobra.Command{Use: "outbox", Short: "List notices that were given up, and queue them again"}
	c.flags(parent)
	list := &cobra.Command{
		Use: "list", Short: "List the notices that were given up, and why", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.zone(ctx, conn)
				if err != nil {
					return err
				}
				for token := ""; ; {
					r, err := wanggev1.NewAdminServiceClient(conn).ListParkedNotices(ctx, &wanggev1.ListParkedNoticesRequest{PageToken: token})
					if err != nil {
						return err
					}
					for _, n := range r.GetNotices() {
						if !o.json {
							noticeLine(cmd.OutOrStdout(), n, zone)
						} else if err := message(cmd.OutOrStdout(), n); err != nil {
							return err
						}
					}
					if token = r.GetNextPageToken(); token == "" {
						return nil
					}
				}
			})
		},
	}
	var number string
	replay := &cobra.Command{
		Use: "replay", Short: "Queue parked notices again, as if they had never been tried", Args: cobra.NoArgs,
		Example: "  wangge outbox replay\n  wangge outbox replay --case 20261123-000417",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				req := &wanggev1.ReplayNoticesRequest{}
				if number != "" {
					req.Name = name(number)
				}
				r, err := wanggev1.NewAdminServiceClient(conn).ReplayNotices(ctx, req)
				if err != nil {
					return err
				}
				if o.json {
					return message(cmd.OutOrStdout(), r)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%d queued again\n", r.GetReplayed())
				return nil
			})
		},
	}
	replay.Flags().StringVar(&number, "case", "", "only those of one case")
	parent.AddCommand(list, replay)
	return parent
}

// noticeLine is a notice for people.
func noticeLine(w io.Writer, n *wanggev1.Notice, zone *time.Location) {
	state := strings.ToLower(strings.TrimPrefix(n.GetState().String(), "NOTICE_STATE_"))
	fmt.Fprintf(w, "  %s  %s of event %d by %s to %s  %d tries  %s\n", n.GetTime().AsTime().In(zone).Format("2006-01-02 15:04:05"), state, n.GetEventSequence(), n.GetChannel(), n.GetPerson(), n.GetAttempts(), n.GetError())
}
