package client

import (
	"context"
	"errors"
	"io"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// CaseCommand lists and shows cases, and acts on them.
func CaseCommand(o *cli.Options) *cobra.Command {
	c := newClient(o)
	parent := &cobra.Command{Use: "case", Short: "List, show and act on cases"}
	c.Flags(parent)
	parent.AddCommand(caseList(c), caseShow(c), caseAct(c), caseDuplicates(c), caseReproject(c), caseQueues(c))
	return parent
}

// casePage is one page of a list. total is the size of the list; nil if the server does not count.
type casePage struct {
	cases []*wanggev1.Case
	next  string
	total *int32
}

// caseLister reads one page of a list.
type caseLister func(ctx context.Context, conn *grpc.ClientConn, size int32, token string) (casePage, error)

// listFlags are the flags of every list of cases.
type listFlags struct {
	scope, filter, order, page, queue string
	ground                            bool
	limit                             int
}

// mostListed is the most cases on one page of a server.
const mostListed = 200

// add adds the flags.
func (l *listFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.scope, "scope", "", "area:ID, department:ID, section:ID, point:ID, or person:ID for what waits for somebody now")
	cmd.Flags().BoolVar(&l.ground, "ground", false, "not what the unit is accountable for but what lies on its ground; open cases only")
	queueFlag(cmd, &l.queue)
	cmd.Flags().StringVar(&l.filter, "filter", "", "AIP-160 over stage, severity, category, light, escalation_step, owner, co_owner, person, handler, reporter, area, section, point, create_time, due_time, overdue, unlocated, source, supervised, requested, arbiter, returns, reworks, group, appeal, outcome, satisfaction, close_time, text; units and people in quotes, as in --scope")
	cmd.Flags().StringVar(&l.order, "order", "", "create_time or 'create_time desc'; of open cases also due_time, which is the usual one, or 'due_time desc'")
	cli.CountFlag(cmd.Flags(), &l.limit, "limit", mostListed, 1, "at most so many")
	cmd.Flags().StringVar(&l.page, "page", "", "go on from here: what an earlier call printed when it stopped; everything else as in that call")
	_ = cmd.MarkFlagRequired("scope") // defined just above
}

// read reads one page of the cases in a state.
func (l *listFlags) read(
	ctx context.Context, conn *grpc.ClientConn, state wanggev1.CaseState, view wanggev1.CaseView, size int32, token string,
) (casePage, error) {
	r, err := wanggev1.NewCaseServiceClient(conn).ListCases(ctx, &wanggev1.ListCasesRequest{
		Scope: remote.ScopeName(l.scope), ScopeBy: l.by(), State: state, Queue: queueOf(l.queue),
		Filter: remote.FilterOf(l.filter), OrderBy: l.order,
		PageSize: size, PageToken: token, View: view,
	})
	if err != nil {
		return casePage{}, err
	}
	return casePage{r.GetCases(), r.GetNextPageToken(), r.TotalSize}, nil
}

func (l *listFlags) by() wanggev1.ScopeBy {
	if l.ground {
		return wanggev1.ScopeBy_SCOPE_BY_GROUND
	}
	return wanggev1.ScopeBy_SCOPE_BY_UNSPECIFIED
}

// listAll shows pages to the end of a list or to --limit, and notes which of the two ended it.
func (c *client) listAll(
	cmd *cobra.Command, l *listFlags, next caseLister, show func(context.Context, *grpc.ClientConn, *wanggev1.Case) error,
) error {
	return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		for n, token := 0, l.page; ; {
			page, err := next(ctx, conn, int32(min(mostListed, l.limit-n)), token)
			if err != nil {
				return err
			}
			for _, cs := range page.cases {
				n++
				if err := show(ctx, conn, cs); err != nil {
					return err
				}
			}
			token = page.next
			switch {
			case token == "":
				if n == 0 && !c.Options.JSON {
					c.Options.Note(cmd, nil, i18n.F("none", "没有案件"))
				}
				return nil
			case n >= l.limit && page.total != nil:
				c.Options.Note(cmd, map[string]any{"next_page_token": token, "total_size": *page.total}, i18n.F("stopped at %d, of %d in all; --limit shows more, or go on with --page %s", "已列出 %d 条，共 %d 条；可用 --limit 调整，或用 --page %s 继续", n, *page.total, token))
				return nil
			case n >= l.limit:
				c.Options.Note(cmd, map[string]any{"next_page_token": token}, i18n.F("stopped at %d; --limit shows more, or go on with --page %s", "已列出 %d 条；可用 --limit 调整，或用 --page %s 继续", n, token))
				return nil
			}
		}
	})
}

// listView is the view of cases for a list: basic for lines, full for JSON.
func (c *client) listView() wanggev1.CaseView {
	if c.Options.JSON {
		return wanggev1.CaseView_CASE_VIEW_FULL
	}
	return wanggev1.CaseView_CASE_VIEW_BASIC
}

// show prints a case, with times in the zone of the city, whatever the zone of the machine.
func (c *client) show(ctx context.Context, conn *grpc.ClientConn, w io.Writer, cs *wanggev1.Case) error {
	if c.Options.JSON {
		return c.Print(ctx, conn, w, cs)
	}
	zone, err := c.CityZone(ctx, conn)
	if err != nil {
		return err
	}
	c.printer(w, zone).caseLine(cs)
	return nil
}

// caseList lists the cases of a unit.
func caseList(c *client) *cobra.Command {
	var l listFlags
	var open, unlocated bool
	cmd := &cobra.Command{
		Use: "list --scope UNIT", Short: "List the cases of a unit", Args: cli.Args(),
		Example: "  wangge case list --scope area:230102 --open --filter 'severity = A AND light = red'\n  wangge case list --scope department:WATER --order 'create_time desc'\n  wangge case list --scope person:p-lighting-owner --open\n  wangge case list --scope section:park-3 --open --ground\n  wangge case list --scope person:p-230102-inspector-1 --queue to_check",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if unlocated {
				l.filter = conjunction(l.filter, "unlocated = true")
			}
			return c.listAll(cmd, &l, func(ctx context.Context, conn *grpc.ClientConn, size int32, token string) (casePage, error) {
				state := wanggev1.CaseState_CASE_STATE_UNSPECIFIED
				if open {
					state = wanggev1.CaseState_CASE_STATE_OPEN
				}
				return l.read(ctx, conn, state, c.listView(), size, token)
			}, func(ctx context.Context, conn *grpc.ClientConn, cs *wanggev1.Case) error {
				return c.show(ctx, conn, cmd.OutOrStdout(), cs)
			})
		},
	}
	l.add(cmd)
	cmd.Flags().BoolVar(&unlocated, "unlocated", false, "only those without a position, which came as past records")
	cmd.Flags().BoolVar(&open, "open", false, "only open ones, nearest deadline first")
	return cmd
}

// conjunction is the filter "a and b". In AIP-160 OR binds closer than AND, so neither needs parentheses.
func conjunction(a, b string) string {
	if strings.TrimSpace(a) == "" {
		return b
	}
	return a + " AND " + b
}

// caseShow shows one case with its events and notices.
func caseShow(c *client) *cobra.Command {
	return &cobra.Command{
		Use: "show NUMBER", Short: "Show a case, what happened to it and what you may do", Args: cli.Args("NUMBER"),
		Example: "  wangge case show 20261123-000417",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				client := wanggev1.NewCaseServiceClient(conn)
				got, err := client.GetCase(ctx, &wanggev1.GetCaseRequest{Name: remote.CaseName(args[0])})
				if err != nil {
					return err
				}
				events, err := client.ListCaseEvents(ctx, &wanggev1.ListCaseEventsRequest{Parent: remote.CaseName(args[0]), PageSize: 1000})
				if err != nil {
					return err
				}
				w := cmd.OutOrStdout()
				if err := c.show(ctx, conn, w, got); err != nil || c.Options.JSON {
					return errors.Join(err, c.Print(ctx, conn, w, events))
				}
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				acts := make([]string, len(got.GetOffers()))
				for i, o := range got.GetOffers() {
					acts[i] = offerWord(o)
				}
				p := c.printer(w, zone)
				p.Line("etag %s%s%s  you may: %s", "etag %s%s%s  可执行：%s", got.GetEtag(), p.Labelled("rule", "依据", remote.RuleText(got)), p.Labelled("limit", "时限", limitText(got.GetLimit()).In(p.Lang)), strings.Join(acts, " "))
				people := map[string]string{got.GetOwner().GetPerson(): got.GetOwner().GetPersonDisplayName()}
				for _, e := range events.GetEvents() {
					people[e.GetActor()] = e.GetActorDisplayName()
				}
				p.report(got, people)
				p.status(got, people)
				for _, e := range events.GetEvents() {
					p.event(e, people)
				}
				told, err := client.ListCaseNotices(ctx, &wanggev1.ListCaseNoticesRequest{Parent: remote.CaseName(args[0])})
				for _, n := range told.GetNotices() {
					p.notice(n)
				}
				return err
			})
		},
	}
}
