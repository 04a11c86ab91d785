package client

import (
	"context"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	wanggev1 "wangge/api/wangge/v1"
)

// The back-off between two attempts to resume a watch: it doubles from the first to the largest.
const (
	firstBackoff = 200 * time.Millisecond
	maxBackoff   = 10 * time.Second
)

// WatchCommand prints each change of the cases of a unit as it happens.
func WatchCommand(o *cli.Options) *cobra.Command {
	c := newClient(o)
	var scope, queue string
	var after uint64
	var overview bool
	cmd := &cobra.Command{
		Use:   "watch --scope UNIT",
		Short: "Print each change of a unit's cases as it happens; resumes by itself after a cut",
		Long: `Prints each change of the cases of a unit, each once and in order, until it is stopped. After a cut it goes on where it was.
--after REVISION begins after the revision of the last message of an earlier watch (--json prints them); without it, now.
--overview prints the counts instead, whenever they change.`,
		Example: "  wangge watch --scope area:230102\n  wangge watch --scope area:230100 --overview\n  wangge watch --scope area:230102 --queue to_check\n  wangge watch --scope department:WATER --after 1700 --json",
		Args:    cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Timeout = 0
			if overview && queue != "" {
				return i18n.Errorf("--queue does not go with --overview", "--queue 不能与 --overview 同用")
			}
			if overview && cmd.Flags().Changed("after") {
				return i18n.Errorf("--after does not go with --overview, which begins with the counts of now", "--after 不能与 --overview 同用：计数从当前开始")
			}
			var from *uint64
			if cmd.Flags().Changed("after") {
				from = &after
			}
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				for pause := firstBackoff; ; pause = min(2*pause, maxBackoff) {
					begun := false
					err := c.watchOnce(ctx, cmd, conn, watching{scope, queue, overview}, &from, &begun)
					if code := status.Code(err); ctx.Err() != nil || code != codes.Unavailable {
						if from != nil && !overview {
							o.Note(cmd, map[string]any{"after_revision": *from}, i18n.F("stopped; go on with --after %d", "已停止；用 --after %d 继续", *from))
						}
						if ctx.Err() != nil {
							return nil //nolint:nilerr // stopped by the person who watches
						}
						return err
					}
					if begun {
						pause = firstBackoff
					}
					o.Note(cmd, nil, i18n.F("wangge: cut off; trying again in %.1f s", "wangge：连接中断，%.1f 秒后重试", pause.Seconds()))
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(pause): //nolint:forbidigo // a person waits, by the time of the machine
					}
				}
			})
		},
	}
	c.Flags(cmd)
	cmd.Flags().StringVar(&scope, "scope", "", "area:ID, department:ID, section:ID or point:ID; or person:ID of oneself, for what waits for oneself")
	queueFlag(cmd, &queue)
	cmd.Flags().Uint64Var(&after, "after", 0, "begin after this revision; 0 is the beginning (default now)")
	cmd.Flags().BoolVar(&overview, "overview", false, "the counts of the unit and of those just below it")
	_ = cmd.MarkFlagRequired("scope") // defined just above
	return cmd
}

// watching is the request of a watch.
type watching struct {
	scope, queue string
	overview     bool
}

// watchOnce prints changes until the stream ends. It sets from to the revision of the last message, and begun once a message arrived.
func (c *client) watchOnce(
	ctx context.Context, cmd *cobra.Command, conn *grpc.ClientConn, of watching, from **uint64, begun *bool,
) error {
	w := cmd.OutOrStdout()
	if of.overview {
		req := &wanggev1.WatchOverviewRequest{Scope: remote.UnitName(of.scope)}
		stream, err := wanggev1.NewSupervisionServiceClient(conn).WatchOverview(ctx, req)
		if err != nil {
			return err
		}
		for {
			m, err := stream.Recv()
			if err != nil {
				return err
			}
			*begun = true
			if c.Options.JSON {
				if err := c.Print(ctx, conn, w, m); err != nil {
					return err
				}
				continue
			}
			for _, row := range m.GetRows() {
				printSummary(c.Options.Printer(w, nil), row)
			}
		}
	}
	stream, err := wanggev1.NewCaseServiceClient(conn).WatchCases(ctx, &wanggev1.WatchCasesRequest{
		Scope: remote.ScopeName(of.scope), Queue: queueOf(of.queue), AfterRevision: *from,
	})
	if err != nil {
		return err
	}
	for {
		m, err := stream.Recv()
		if err != nil {
			return err
		}
		*begun = true
		at := m.GetRevision()
		*from = &at
		if c.Options.JSON {
			if err := c.Print(ctx, conn, w, m); err != nil {
				return err
			}
			continue
		}
		if m.GetBehind() {
			c.Options.Note(cmd, nil, i18n.F("behind: what follows is read from the store, nothing is lost", "已落后：以下内容从存储读取，没有遗漏"))
		}
		for _, cs := range m.GetCases() {
			if err := c.show(ctx, conn, w, cs); err != nil {
				return err
			}
		}
		for _, name := range m.GetRemoved() {
			c.Options.Printer(w, nil).Line("%s  left", "%s  已移出", caseview.Number(name))
		}
	}
}
