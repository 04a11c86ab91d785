package client

import (
	"context"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

const queuePrefix = "CASE_QUEUE_"

// queueWidth is how many columns the name of a queue takes on a terminal.
const queueWidth = 24

// queueFlag defines --queue.
func queueFlag(cmd *cobra.Command, into *string) {
	cli.ChoiceFlag(cmd, into, "queue", "", remote.EnumNames(wanggev1.CaseQueue_name, queuePrefix),
		"only what waits for one kind of act: to_verify, to_check, to_decide, to_accept, to_file, to_dispatch, to_close, supervised, returned, disputed, rework, mass_events, my_work, to_sign, to_start, to_assist or to_reach")
}

// queueOf is the queue of a word of --queue; unspecified for "".
func queueOf(word string) wanggev1.CaseQueue {
	return wanggev1.CaseQueue(wanggev1.CaseQueue_value[queuePrefix+strings.ToUpper(word)])
}

// caseQueues counts the queues of a unit or a person.
func caseQueues(c *client) *cobra.Command {
	var scope string
	cmd := &cobra.Command{
		Use: "queues --scope UNIT", Short: "Count what waits for a unit or a person, by queue", Args: cli.Args(),
		Example: "  wangge case queues --scope area:230102\n  wangge case queues --scope person:p-230102-inspector-1",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				r, err := wanggev1.NewCaseServiceClient(conn).CountQueues(ctx, &wanggev1.CountQueuesRequest{Scope: remote.ScopeName(scope)})
				if err != nil {
					return err
				}
				w := cmd.OutOrStdout()
				if c.Options.JSON {
					return c.Print(ctx, conn, w, r)
				}
				p := c.Options.Printer(w, nil)
				for _, n := range r.GetQueues() {
					word := strings.ToLower(strings.TrimPrefix(n.GetQueue().String(), queuePrefix))
					p.Line("%s %5d  overdue %5d  %s", "%s %5d  其中超时 %5d  %s", cli.Padded(remote.QueueText(n.GetQueue()).In(p.Lang), queueWidth), n.GetCases(), n.GetOverdue(), word)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&scope, "scope", "", "area:ID, department:ID, section:ID, point:ID, or person:ID for what waits for somebody now")
	_ = cmd.MarkFlagRequired("scope") // defined just above
	return cmd
}
