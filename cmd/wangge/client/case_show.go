package client

import (
	"context"
	"errors"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
	"wangge/cmd/wangge/client/remote"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// caseShow shows one case with its events and notices.
func caseShow(c *client) *cobra.Command {
	var why bool
	cmd := &cobra.Command{
		Use: "show NUMBER", Short: "Show a case, what happened to it and what you may do", Args: cli.Args("NUMBER"),
		Example: "  wangge case show 20261123-000417",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				w := cmd.OutOrStdout()
				if c.Options.JSON {
					return c.showJSON(ctx, conn, cmd, args[0])
				}
				record, err := readRecord(ctx, conn, args[0])
				if err != nil {
					return err
				}
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				words := c.words(zone)
				words.Why = why
				caseview.Printer{W: w, Words: words}.Account(words.Account(record))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "also the rows of the city's tables that decided")
	return cmd
}

// showJSON prints a case and the first page of its events as the wire has them.
func (c *client) showJSON(ctx context.Context, conn *grpc.ClientConn, cmd *cobra.Command, number string) error {
	cases := wanggev1.NewCaseServiceClient(conn)
	got, err := cases.GetCase(ctx, &wanggev1.GetCaseRequest{Name: remote.CaseName(number)})
	if err != nil {
		return err
	}
	events, err := cases.ListCaseEvents(ctx, &wanggev1.ListCaseEventsRequest{Parent: remote.CaseName(number), PageSize: 1000})
	if err != nil {
		return err
	}
	return errors.Join(c.Print(ctx, conn, cmd.OutOrStdout(), got), c.Print(ctx, conn, cmd.OutOrStdout(), events))
}

// maxTold bounds the events, and the notices, that are read of one case.
const maxTold = 10_000

// readRecord reads a case with its events and notices, to maxTold of each.
func readRecord(ctx context.Context, conn *grpc.ClientConn, number string) (r caseview.Record, err error) {
	cases, name := wanggev1.NewCaseServiceClient(conn), remote.CaseName(number)
	if r.Case, err = cases.GetCase(ctx, &wanggev1.GetCaseRequest{Name: name}); err != nil {
		return r, err
	}
	for token := ""; len(r.Events) < maxTold; {
		page, err := cases.ListCaseEvents(ctx, &wanggev1.ListCaseEventsRequest{Parent: name, PageSize: 1000, PageToken: token})
		if err != nil {
			return r, err
		}
		r.Events = append(r.Events, page.GetEvents()...)
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	for token := ""; len(r.Notices) < maxTold; {
		page, err := cases.ListCaseNotices(ctx, &wanggev1.ListCaseNoticesRequest{Parent: name, PageToken: token})
		if err != nil {
			return r, err
		}
		r.Notices = append(r.Notices, page.GetNotices()...)
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	return r, nil
}
