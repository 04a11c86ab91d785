package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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
	parent.AddCommand(caseList(c), caseShow(c), caseAct(c))
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
					fmt.Fprintf(cmd.ErrOrStderr(), "stopped at %d; --limit shows more\n", limit)
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
	line(w, cs, zone)
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
				fmt.Fprintf(w, "etag %s  rule %s  limit %s  you may: %s\n", got.GetCase().GetEtag(), got.GetCase().GetRule(), got.GetCase().GetLimit(), strings.Join(got.GetCase().GetAvailableActs(), " "))
				zone, err := c.zone(ctx, conn)
				if err != nil {
					return err
				}
				for _, e := range events.GetEvents() {
					fmt.Fprintf(w, "  %s  %-13s %s %s\n", e.GetTime().AsTime().In(zone).Format("2006-01-02 15:04:05"), e.GetKind(), e.GetActor(), strings.Join(e.GetTold(), " "))
				}
				told, err := client.ListCaseNotices(ctx, &wanggev1.ListCaseNoticesRequest{Name: name(args[0])})
				for _, n := range told.GetNotices() {
					noticeLine(w, n, zone)
				}
				return err
			})
		},
	}
}

func caseAct(c *client) *cobra.Command {
	var etag, request, note, unit, reason, condition, handler, closing, outcome, to string
	var passed, failed bool
	cmd := &cobra.Command{
		Use:       "act NUMBER accept|dispatch|return|start|resolve|check|close|escalate",
		Short:     "Do an act as the person of the token",
		Example:   "  wangge case act 20261123-000417 start\n  wangge case act 20261123-000417 return --reason not_my_line\n  wangge case act 20261123-000417 check --passed",
		Args:      cobra.ExactArgs(2),
		ValidArgs: []string{"accept", "dispatch", "return", "start", "resolve", "check", "close", "escalate"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if request == "" {
				request = rand.Text()
			}
			act := &wanggev1.ActContext{Name: name(args[0]), Etag: etag, RequestId: request, Note: note}
			return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				client := wanggev1.NewCaseServiceClient(conn)
				var resp interface{ GetCase() *wanggev1.Case }
				var err error
				switch args[1] {
				case "accept":
					resp, err = client.AcceptCase(ctx, &wanggev1.AcceptCaseRequest{Act: act, Condition: condition})
				case "dispatch":
					resp, err = client.DispatchCase(ctx, &wanggev1.DispatchCaseRequest{Act: act, Unit: unit})
				case "return":
					var why int32
					if why, err = enum(wanggev1.ReturnReason_value, "RETURN_REASON_", reason); err != nil {
						return fmt.Errorf("--reason %w", err)
					}
					resp, err = client.ReturnCase(ctx, &wanggev1.ReturnCaseRequest{Act: act, Reason: wanggev1.ReturnReason(why)})
				case "start":
					resp, err = client.StartCase(ctx, &wanggev1.StartCaseRequest{Act: act, Handler: handler})
				case "resolve":
					resp, err = client.ResolveCase(ctx, &wanggev1.ResolveCaseRequest{Act: act})
				case "check":
					if passed == failed {
						return errors.New("a check needs its verdict: --passed or --failed")
					}
					resp, err = client.CheckCase(ctx, &wanggev1.CheckCaseRequest{Act: act, Passed: &passed})
				case "close":
					var how int32
					if how, err = enum(wanggev1.Outcome_value, "OUTCOME_", outcome); err != nil {
						return fmt.Errorf("--outcome %w", err)
					}
					resp, err = client.CloseCase(ctx, &wanggev1.CloseCaseRequest{Act: act, Closing: closing, Outcome: wanggev1.Outcome(how)})
				case "escalate":
					resp, err = client.EscalateCase(ctx, &wanggev1.EscalateCaseRequest{Act: act, To: to})
				default:
					return fmt.Errorf("act %q: write one of %s", args[1], strings.Join(cmd.ValidArgs, ", "))
				}
				if err != nil {
					return err
				}
				return c.show(ctx, conn, cmd.OutOrStdout(), resp.GetCase())
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&etag, "etag", "", "the etag you read; the act is refused if the case has moved on (default any)")
	f.StringVar(&request, "request-id", "", "the same id again acts once (default random)")
	f.StringVar(&note, "note", "", "kept with the act")
	f.StringVar(&unit, "unit", "", "dispatch: the unit, by hand (default by rule)")
	f.StringVar(&reason, "reason", "", "return: not_my_area, not_my_line, no_jurisdiction, need_information or duplicate")
	f.StringVar(&condition, "condition", "", "accept: filing condition (default the reported one)")
	f.StringVar(&handler, "handler", "", "start: who does the work (default you)")
	f.BoolVar(&passed, "passed", false, "check: the closing condition is met")
	f.BoolVar(&failed, "failed", false, "check: it is not; back to work on the first deadline")
	f.StringVar(&outcome, "outcome", "", "close: fixed or not_fixed")
	f.StringVar(&to, "to", "", "escalate: superior, superior_2 …, level:district, city_leader, a role, or post:ROLE@UNIT; --note is the reason")
	f.StringVar(&closing, "closing", "", "close: the closing condition that was met")
	return cmd
}
