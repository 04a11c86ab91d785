package client

import (
	"context"
	"errors"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// caseShow shows one case with its events and notices.
func caseShow(c *client) *cobra.Command {
	var why bool
	var page string
	cmd := &cobra.Command{
		Use: "show NUMBER", Short: "Show a case, what happened to it and what you may do", Args: cli.Args("NUMBER"),
		Example: "  wangge case show 20261123-000417",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				w := cmd.OutOrStdout()
				if c.Options.JSON {
					return c.showJSON(ctx, conn, cmd, args[0], page)
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
				if record.More != "" {
					c.Options.Note(cmd, nil, i18n.F("only the first %[1]d events are shown; the next: wangge case show %[2]s --json --page %[3]s",
						"仅显示前 %[1]d 条动态；其后：wangge case show %[2]s --json --page %[3]s", maxTold, args[0], record.More))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&page, "page", "", "with --json: only the events after a page, by the next_page_token that it printed")
	cmd.Flags().BoolVar(&why, "why", false, "also the rows of the city's tables that decided")
	return cmd
}

// showJSON prints a case and the first page of its events as the wire has them, or another page of the events alone.
func (c *client) showJSON(ctx context.Context, conn *grpc.ClientConn, cmd *cobra.Command, number, page string) error {
	cases := wanggev1.NewCaseServiceClient(conn)
	if page != "" {
		req := &wanggev1.ListCaseEventsRequest{Parent: remote.CaseName(number), PageSize: 1000, PageToken: page}
		events, err := cases.ListCaseEvents(ctx, req)
		if err != nil {
			return err
		}
		return c.Print(ctx, conn, cmd.OutOrStdout(), events)
	}
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
		if len(r.Events) >= maxTold {
			r.More = token
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
	if r.Merged, err = readLinked(ctx, conn, name, wanggev1.LinkKind_LINK_KIND_MERGED); err != nil {
		return r, err
	}
	r.Parts, err = readLinked(ctx, conn, name, wanggev1.LinkKind_LINK_KIND_PART)
	return r, err
}

// maxLinked bounds the cases that are read of those that refer to one in a way.
const maxLinked = 1000

// readLinked reads the cases that refer to one and that the reader may read, to maxLinked.
func readLinked(ctx context.Context, conn *grpc.ClientConn, name string, kind wanggev1.LinkKind) (out []*wanggev1.Case, err error) {
	for token := ""; len(out) < maxLinked; {
		req := &wanggev1.ListLinkedCasesRequest{Parent: name, Kind: kind, PageSize: mostListed, PageToken: token}
		page, err := wanggev1.NewCaseServiceClient(conn).ListLinkedCases(ctx, req)
		if err != nil {
			return nil, err
		}
		out = append(out, page.GetCases()...)
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	return out, nil
}
