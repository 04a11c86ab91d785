package client

import (
	"context"
	"io"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/casetable"
	"wangge/cmd/wangge/client/caseview"
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
	parent.AddCommand(caseList(c), caseShow(c), casePrint(c), caseAct(c), caseDuplicates(c), caseReproject(c), caseQueues(c))
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
	sheetFlags
}

// mostListed is the most cases on one page of a server.
const mostListed = 200

// add adds the flags.
func (l *listFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.scope, "scope", "", "area:ID, department:ID, section:ID, point:ID, or person:ID for what waits for somebody now")
	cmd.Flags().BoolVar(&l.ground, "ground", false, "not what the unit is accountable for but what lies on its ground; open cases only")
	queueFlag(cmd, &l.queue)
	cmd.Flags().StringVar(&l.filter, "filter", "", "AIP-160 over stage, severity, category, light, escalation_step, owner, co_owner, person, handler, reporter, area, section, point, create_time, due_time, overdue, unlocated, source, supervised, requested, arbiter, returns, reworks, group, appeal, outcome, satisfaction, close_time, text, external_id, caller_phone, reporter_phone; units and people in quotes, as in --scope")
	cmd.Flags().StringVar(&l.order, "order", "", "create_time or 'create_time desc'; of open cases also due_time, which is the usual one, or 'due_time desc'")
	cli.CountFlag(cmd.Flags(), &l.limit, "limit", mostListed, 1, "at most so many")
	l.sheetFlags.add(cmd)
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

// listAll hands the cases of a list, page by page, to its table, and notes which of the end and --limit ended it. It returns the number of
// cases.
func (c *client) listAll(
	ctx context.Context, conn *grpc.ClientConn, cmd *cobra.Command, l *listFlags, next caseLister, table casetable.Table,
) (int, error) {
	bar := cli.NewProgress(cmd.ErrOrStderr())
	for n, token := 0, l.page; ; {
		page, err := next(ctx, conn, int32(min(mostListed, l.limit-n)), token)
		if err != nil {
			return n, err
		}
		for _, cs := range page.cases {
			n++
			if err := table.Add(cs); err != nil {
				return n, err
			}
		}
		if err := table.Flush(); err != nil {
			return n, err
		}
		if token = page.next; l.sheet() && l.output != "" {
			bar.Show(n, share(n, page.total, token))
			if token == "" || n >= l.limit {
				bar.Done()
			}
		}
		switch {
		case token == "":
			if n == 0 && !c.Options.JSON {
				c.Options.Note(cmd, nil, i18n.F("none", "没有案件"))
			}
			return n, nil
		case n >= l.limit && page.total != nil:
			c.Options.Note(cmd, map[string]any{"next_page_token": token, "total_size": *page.total}, i18n.F("stopped at %d, of %d in all; --limit shows more, or go on with --page %s", "已列出 %d 条，共 %d 条；可用 --limit 调整，或用 --page %s 继续", n, *page.total, token))
			return n, nil
		case n >= l.limit:
			c.Options.Note(cmd, map[string]any{"next_page_token": token}, i18n.F("stopped at %d; --limit shows more, or go on with --page %s", "已列出 %d 条；可用 --limit 调整，或用 --page %s 继续", n, token))
			return n, nil
		}
	}
}

// share is how much of a list n cases are, as far as the server has said how long the list is.
func share(n int, total *int32, next string) float64 {
	switch {
	case next == "":
		return 1
	case total == nil || *total == 0:
		return 0
	}
	return min(1, float64(n)/float64(*total))
}

// listView is the view of cases for a list: basic for the eye, full for JSON and spreadsheets.
func (c *client) listView(l *listFlags) wanggev1.CaseView {
	if c.Options.JSON || l.sheet() {
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
	caseview.Printer{W: w, Words: c.words(zone)}.Case(cs)
	return nil
}

// jsonLine prints a case as the wire names it.
func jsonLine(w io.Writer, cs *wanggev1.Case, zone *time.Location) error {
	return remote.PrintMessage(w, cs, zone)
}

// caseList lists the cases of a unit.
func caseList(c *client) *cobra.Command {
	var l listFlags
	var open, unlocated bool
	cmd := &cobra.Command{
		Use: "list --scope UNIT", Short: "List the cases of a unit", Args: cli.Args(),
		Example: "  wangge case list --scope area:230102 --open --filter 'severity = A AND light = red'\n  wangge case list --scope department:WATER --order 'create_time desc'\n  wangge case list --scope person:p-lighting-owner --open\n  wangge case list --scope section:park-3 --open --ground\n  wangge case list --scope person:p-230102-inspector-1 --queue to_check\n  wangge case list --scope area:230100 --open --xlsx -o open.xlsx",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if unlocated {
				l.filter = conjunction(l.filter, "unlocated = true")
			}
			return c.list(cmd, &l, func(ctx context.Context, conn *grpc.ClientConn, size int32, token string) (casePage, error) {
				state := wanggev1.CaseState_CASE_STATE_UNSPECIFIED
				if open {
					state = wanggev1.CaseState_CASE_STATE_OPEN
				}
				return l.read(ctx, conn, state, c.listView(&l), size, token)
			}, jsonLine)
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
