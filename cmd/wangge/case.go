package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

func caseCommand(o *options) *cobra.Command {
	c := &client{o: o}
	parent := &cobra.Command{Use: "case", Short: "List, show and act on cases"}
	c.flags(parent)
	parent.AddCommand(caseList(c), caseShow(c), caseAct(c), caseDuplicates(c), caseReproject(c))
	return parent
}

func name(number string) string { return "cases/" + strings.TrimPrefix(number, "cases/") }

// casePage is one page of a list.
type casePage func(ctx context.Context, conn *grpc.ClientConn, token string) ([]*wanggev1.Case, string, error)

// all prints pages until the end or until limit cases.
func (c *client) all(cmd *cobra.Command, limit int, next casePage) error {
	return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		token := ""
		for n := 0; ; {
			page, more, err := next(ctx, conn, token)
			if err != nil {
				return err
			}
			for _, cs := range page {
				if n++; n > limit {
					c.o.printer(cmd.ErrOrStderr(), nil).line("stopped at %d; --limit shows more", "仅显示 %d 条，可用 --limit 调整", limit)
					return nil
				}
				if err := c.show(ctx, conn, cmd.OutOrStdout(), cs); err != nil {
					return err
				}
			}
			if token = more; more == "" {
				return nil
			}
		}
	})
}

// listed is how much of each case a list needs: a line shows little, JSON all.
func (c *client) listed() wanggev1.CaseView {
	if c.o.json {
		return wanggev1.CaseView_CASE_VIEW_FULL
	}
	return wanggev1.CaseView_CASE_VIEW_BASIC
}

// show prints a case: times in the city's zone, whatever the machine's.
func (c *client) show(ctx context.Context, conn *grpc.ClientConn, w io.Writer, cs *wanggev1.Case) error {
	if c.o.json {
		return message(w, cs)
	}
	zone, err := c.zone(ctx, conn)
	if err != nil {
		return err
	}
	c.o.printer(w, zone).caseLine(cs)
	return nil
}

func caseList(c *client) *cobra.Command {
	var scope, filter, order string
	var open bool
	var limit int
	cmd := &cobra.Command{
		Use: "list --scope UNIT", Short: "List the cases of a unit", Args: cobra.NoArgs,
		Example: "  wangge case list --scope area:230102 --open --filter 'severity = A AND light = red'\n  wangge case list --scope department:WATER --order 'create_time desc'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.all(cmd, limit, func(ctx context.Context, conn *grpc.ClientConn, token string) ([]*wanggev1.Case, string, error) {
				r, err := wanggev1.NewCaseServiceClient(conn).ListCases(ctx, &wanggev1.ListCasesRequest{Scope: scope, Open: open, PageToken: token, Filter: filter, OrderBy: order, View: c.listed()})
				return r.GetCases(), r.GetNextPageToken(), err
			})
		},
	}
	cmd.Flags().StringVar(&scope, "scope", "", "area:ID or department:ID")
	cmd.Flags().BoolVar(&open, "open", false, "only open ones, nearest deadline first")
	cmd.Flags().StringVar(&filter, "filter", "", "AIP-160 over stage, severity, category, light, ladder_step, owner, person, reporter, create_time, due_time, overdue")
	cmd.Flags().StringVar(&order, "order", "", "due_time with --open; else create_time or 'create_time desc'")
	cmd.Flags().IntVar(&limit, "limit", 200, "at most so many")
	_ = cmd.MarkFlagRequired("scope") // defined just above
	return cmd
}

func caseShow(c *client) *cobra.Command {
	return &cobra.Command{
		Use: "show NUMBER", Short: "Show a case, what happened to it and what you may do", Args: cobra.ExactArgs(1),
		Example: "  wangge case show 20261123-000417",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				client := wanggev1.NewCaseServiceClient(conn)
				got, err := client.GetCase(ctx, &wanggev1.GetCaseRequest{Name: name(args[0])})
				if err != nil {
					return err
				}
				events, err := client.ListCaseEvents(ctx, &wanggev1.ListCaseEventsRequest{Name: name(args[0]), PageSize: 1000})
				if err != nil {
					return err
				}
				w := cmd.OutOrStdout()
				if err := c.show(ctx, conn, w, got.GetCase()); err != nil || c.o.json {
					return errors.Join(err, message(w, events))
				}
				zone, err := c.zone(ctx, conn)
				if err != nil {
					return err
				}
				p := c.o.printer(w, zone)
				p.line("etag %s  rule %s  limit %s  you may: %s", "etag %s  规则 %s  时限 %s  可执行：%s", got.GetCase().GetEtag(), got.GetCase().GetRule(), limitText(got.GetCase().GetLimit()), strings.Join(got.GetCase().GetAvailableActs(), " "))
				p.work(got.GetCase())
				for _, e := range events.GetEvents() {
					p.event(e)
				}
				told, err := client.ListCaseNotices(ctx, &wanggev1.ListCaseNoticesRequest{Name: name(args[0])})
				for _, n := range told.GetNotices() {
					p.notice(n)
				}
				return err
			})
		},
	}
}
