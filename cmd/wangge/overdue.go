package main

import (
	"context"
	"encoding/json"
	"time"
	"wangge/dispatch/say"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// overdueJSON is what scripts may rely on.
type overdueJSON struct {
	Case        string     `json:"case"`
	Category    string     `json:"category"`
	Areas       []areaJSON `json:"areas"`
	Owner       ownerJSON  `json:"owner"`
	Due         string     `json:"due"`
	LateSeconds int64      `json:"late_seconds"`
	Stage       string     `json:"stage"`
	LadderStep  int32      `json:"ladder_step"`
}

func overdueCommand(o *options) *cobra.Command {
	c := &client{o: o}
	var scope string
	var summary, leaders bool
	var limit int
	cmd := &cobra.Command{
		Use: "overdue --scope UNIT", Short: "List what is overdue in a unit, the longest first", Args: cobra.NoArgs,
		Example: "  wangge overdue --scope area:230100\n  wangge overdue --scope area:230100 --summary\n  wangge overdue --scope area:230100 --leaders",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if summary {
				return c.summary(cmd, scope)
			}
			if leaders {
				return c.leaders(cmd, scope, limit)
			}
			page := func(ctx context.Context, conn *grpc.ClientConn, token string) ([]*wanggev1.Case, string, error) {
				r, err := wanggev1.NewSupervisionServiceClient(conn).ListOverdueCases(ctx, &wanggev1.ListOverdueCasesRequest{Scope: scope, PageToken: token, View: c.listed()})
				return r.GetCases(), r.GetNextPageToken(), err
			}
			if !o.json {
				return c.all(cmd, limit, page)
			}
			return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				enc := json.NewEncoder(cmd.OutOrStdout())
				for token, n := "", 0; ; {
					cases, more, err := page(ctx, conn, token)
					if err != nil {
						return err
					}
					for _, cs := range cases {
						if n++; n > limit {
							return nil
						}
						if err := enc.Encode(overdueOf(cs)); err != nil {
							return err
						}
					}
					if token = more; more == "" {
						return nil
					}
				}
			})
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&scope, "scope", "", "area:ID or department:ID")
	cmd.Flags().BoolVar(&summary, "summary", false, "count by child unit instead")
	cmd.Flags().BoolVar(&leaders, "leaders", false, "list for each leader what stands on his step instead")
	cmd.Flags().IntVar(&limit, "limit", 200, "at most so many")
	_ = cmd.MarkFlagRequired("scope") // defined just above
	return cmd
}

func overdueOf(c *wanggev1.Case) overdueJSON {
	out := overdueJSON{
		Case: c.GetName(), Category: c.GetCategory(), Due: c.GetDueTime().AsTime().Format("2006-01-02T15:04:05Z07:00"), LateSeconds: c.GetLateSeconds(),
		Stage: c.GetStage().String(), LadderStep: c.GetLadderStep(),
		Owner: ownerJSON{Kind: c.GetOwner().GetKind().String(), Unit: c.GetOwner().GetUnit(), Post: c.GetOwner().GetPost(), Person: c.GetOwner().GetPerson()},
	}
	for _, a := range c.GetPlace().GetAreas() {
		out.Areas = append(out.Areas, areaJSON{a.GetLevel(), a.GetId(), a.GetDisplayName()})
	}
	return out
}

func (c *client) summary(cmd *cobra.Command, scope string) error {
	return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		r, err := wanggev1.NewSupervisionServiceClient(conn).SummarizeOverdue(ctx, &wanggev1.SummarizeOverdueRequest{Scope: scope})
		if err != nil {
			return err
		}
		if c.o.json {
			return message(cmd.OutOrStdout(), r)
		}
		for _, row := range r.GetRows() {
			c.o.printer(cmd.OutOrStdout(), nil).summary(row)
		}
		return nil
	})
}

func (p printer) summary(row *wanggev1.SummarizeOverdueResponse_Row) {
	worst := say.Lasting(time.Duration(row.GetWorstLateSeconds()) * time.Second)
	p.line("%-24s %5d open %5d overdue  worst %s  %s", "%-24s 未结 %5d  超时 %5d  最长 %s  %s", row.GetUnit(), row.GetOpen(), row.GetOverdue(), worst, row.GetDisplayName())
}

// leaders prints, for each post, the overdue cases that stand on its step.
func (c *client) leaders(cmd *cobra.Command, scope string, limit int) error {
	return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		out := cmd.OutOrStdout()
		p := c.o.printer(out, nil)
		for token, n := "", 0; ; {
			r, err := wanggev1.NewSupervisionServiceClient(conn).ListEscalations(ctx, &wanggev1.ListEscalationsRequest{Scope: scope, PageToken: token})
			if err != nil {
				return err
			}
			for _, row := range r.GetRows() {
				if n++; n > limit {
					return nil
				}
				if !c.o.json {
					p.line("%-40s %-10s %5d overdue  worst %s  %s  %s", "%-40s %-10s 超时 %5d  最长 %s  %s  %s", row.GetPost(), row.GetPersonDisplayName(), row.GetOverdue(), say.Lasting(time.Duration(row.GetWorstLateSeconds())*time.Second), row.GetUnitDisplayName(), row.GetCases()[0])
				} else if err := message(out, row); err != nil {
					return err
				}
			}
			if r.GetCut() {
				c.o.printer(cmd.ErrOrStderr(), nil).line("only the 200,000 longest overdue cases were looked at", "仅查看了超时最长的 200,000 件案件")
			}
			if token = r.GetNextPageToken(); token == "" {
				return nil
			}
		}
	})
}
