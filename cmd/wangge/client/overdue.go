package client

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"wangge/api/resource"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// OverdueCommand lists what is overdue in a unit, or counts it by child unit or by leader.
func OverdueCommand(o *cli.Options) *cobra.Command {
	c := newClient(o)
	var l listFlags
	var summary, leaders bool
	var sorted string
	cmd := &cobra.Command{
		Use: "overdue --scope UNIT", Short: "List what is overdue in a unit, the longest first", Args: cli.Args(),
		Example: "  wangge overdue --scope area:230100 --filter 'severity = A'\n  wangge overdue --scope person:p-lighting-owner\n  wangge overdue --scope area:230100 --summary --sort worst\n  wangge overdue --scope area:230100 --leaders",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.checkExclusive(cmd, summary, leaders); err != nil {
				return err
			}
			if summary {
				return c.summary(cmd, remote.UnitName(l.scope), sorted)
			}
			if leaders {
				return c.leaders(cmd, remote.UnitName(l.scope), l.limit)
			}
			return c.list(cmd, &l, func(ctx context.Context, conn *grpc.ClientConn, size int32, token string) (casePage, error) {
				return l.read(ctx, conn, wanggev1.CaseState_CASE_STATE_OVERDUE, c.listView(&l), size, token)
			}, overdueLine)
		},
	}
	c.Flags(cmd)
	l.add(cmd)
	cmd.Flags().BoolVar(&summary, "summary", false, "count by child unit instead")
	cli.ChoiceFlag(cmd, &sorted, "sort", "unit", []string{"unit", "overdue", "worst", "open"},
		"with --summary: unit, overdue, worst or open; the largest first")
	cmd.Flags().BoolVar(&leaders, "leaders", false, "list for each leader the cases on the leader's step instead")
	return cmd
}

// overdueLine prints a case as the wire names it, with keys besides on which scripts rely: case, areas, due, late_seconds and ladder_step
// as numbers, and the owner with the ids of the city directory.
func overdueLine(w io.Writer, c *wanggev1.Case, zone *time.Location) error {
	line, err := remote.Object(c, zone)
	if err != nil {
		return err
	}
	type areaJSON struct {
		Level       string `json:"level"`
		ID          string `json:"id"`
		Name        string `json:"name"` // the same as display_name
		DisplayName string `json:"display_name"`
	}
	areas := []areaJSON{}
	for _, a := range c.GetPlace().GetAreas() {
		unit, _ := resource.ParseUnit(a.GetName())
		areas = append(areas, areaJSON{a.GetLevel(), unit.ID, a.GetDisplayName(), a.GetDisplayName()})
	}
	if owner, ok := line["owner"].(map[string]any); ok {
		o := c.GetOwner()
		owner["unit"], owner["post"], owner["person"] = remote.UnitID(o.GetUnit()), remote.PostID(o.GetPost()), remote.PersonID(o.GetPerson())
	}
	line["case"], line["areas"] = c.GetName(), areas
	line["due"], line["late_seconds"] = c.GetDueTime().AsTime().In(zone).Format(time.RFC3339), c.GetLate().GetSeconds()
	line["ladder_step"] = c.GetEscalationStep()
	return cli.Encode(w, line)
}

// summaryOrders are the orders of the child units of a summary; the largest value comes first.
var summaryOrders = map[string]func(*wanggev1.SummarizeOverdueResponse_Row) int64{
	"unit":    func(*wanggev1.SummarizeOverdueResponse_Row) int64 { return 0 },
	"overdue": func(r *wanggev1.SummarizeOverdueResponse_Row) int64 { return int64(r.GetOverdue()) },
	"worst":   func(r *wanggev1.SummarizeOverdueResponse_Row) int64 { return r.GetWorstLate().GetSeconds() },
	"open":    func(r *wanggev1.SummarizeOverdueResponse_Row) int64 { return int64(r.GetOpen()) },
}

// summary prints the counts of a unit and of its children in an order of summaryOrders.
func (c *client) summary(cmd *cobra.Command, scope, sorted string) error {
	by := summaryOrders[sorted]
	return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		r, err := wanggev1.NewSupervisionServiceClient(conn).SummarizeOverdue(ctx, &wanggev1.SummarizeOverdueRequest{Scope: scope})
		if err != nil {
			return err
		}
		if rows := r.GetRows(); len(rows) > 1 { // the first is the unit itself
			slices.SortStableFunc(rows[1:], func(a, b *wanggev1.SummarizeOverdueResponse_Row) int { return cmp.Compare(by(b), by(a)) })
		}
		if c.Options.JSON {
			return c.Print(ctx, conn, cmd.OutOrStdout(), r)
		}
		for _, row := range r.GetRows() {
			printSummary(c.Options.Printer(cmd.OutOrStdout(), nil), row)
		}
		return nil
	})
}

// printSummary prints the counts of one unit.
func printSummary(p cli.Printer, row *wanggev1.SummarizeOverdueResponse_Row) {
	worst := "–"
	if row.GetOverdue() > 0 {
		worst = i18n.Lasting(row.GetWorstLate().AsDuration()).In(p.Lang)
	}
	p.Line("%-26s %5d open %5d overdue  worst %s  %s", "%-26s 未结 %5d  超时 %5d  最长 %s  %s", remote.UnitID(row.GetUnit()), row.GetOpen(), row.GetOverdue(), worst, row.GetDisplayName())
}

// leaders prints for each post how many overdue cases are on its escalation step.
func (c *client) leaders(cmd *cobra.Command, scope string, limit int) error {
	return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		out := cmd.OutOrStdout()
		p := c.Options.Printer(out, nil)
		for token, n := "", 0; ; {
			r, err := wanggev1.NewSupervisionServiceClient(conn).ListEscalations(ctx, &wanggev1.ListEscalationsRequest{
				Scope: scope, PageToken: token,
			})
			if err != nil {
				return err
			}
			for _, row := range r.GetRows() {
				if n++; n > limit {
					return nil
				}
				if !c.Options.JSON {
					printLeader(p, row)
				} else if err := c.Print(ctx, conn, out, row); err != nil {
					return err
				}
			}
			if r.GetTruncated() {
				c.Options.Note(cmd, map[string]any{"truncated": true}, i18n.F("only the 200,000 longest overdue cases were examined", "仅统计了超时最长的 200,000 件案件"))
			}
			if token = r.GetNextPageToken(); token == "" {
				return c.NoteEmpty(cmd, n)
			}
		}
	})
}

// checkExclusive refuses flags that have no meaning for --summary or --leaders, which are about a whole unit.
func (l *listFlags) checkExclusive(cmd *cobra.Command, summary, leaders bool) error {
	switch {
	case summary && leaders:
		return i18n.Errorf("--summary and --leaders exclude each other", "--summary 与 --leaders 不能同时使用")
	case !summary && cmd.Flags().Changed("sort"):
		return i18n.Errorf("--sort needs --summary", "--sort 须与 --summary 同用")
	case !summary && !leaders:
		return nil
	}
	with, none := "--summary", []string{"filter", "order", "page", "ground", "queue", "csv", "xlsx", "output", "force", "limit"}
	if leaders {
		with, none = "--leaders", none[:len(none)-1] // a limit of leaders
	}
	for _, name := range none {
		if cmd.Flags().Changed(name) {
			return i18n.Errorf("--%[1]s does not go with %[2]s", "--%[1]s 不能与 %[2]s 同用", name, with)
		}
	}
	return nil
}

// printLeader prints the overdue cases on the step of one post: the person, the post by its unit and role, the counts and the
// case that is overdue longest.
func printLeader(p cli.Printer, row *wanggev1.ListEscalationsResponse_Row) {
	role, _, _ := strings.Cut(remote.PostID(row.GetPost()), "@")
	words := roster.Role(role).Text()
	post := i18n.F("%[1]s, %[2]s", "%[1]s %[3]s", row.GetUnitDisplayName(), words.En, words.Zh)
	person := cmp.Or(row.GetPersonDisplayName(), p.In("nobody", "无人"))
	p.Line("%[1]s (%[2]s): %[3]d overdue, worst %[4]s, %[5]s", "%[1]s（%[2]s）：超时 %[3]d，最长 %[4]s，%[5]s", person, post, row.GetOverdue(),
		i18n.Lasting(row.GetWorstLate().AsDuration()), strings.TrimPrefix(row.GetCases()[0], "cases/"))
}
