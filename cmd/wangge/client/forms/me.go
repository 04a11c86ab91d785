package forms

import (
	"cmp"
	"context"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// MeCommand shows who the holder of the token is.
func MeCommand(o *cli.Options) *cobra.Command {
	l := newLister(o)
	cmd := &cobra.Command{
		Use: "me", Short: "Show who you are: posts, ground, duty, and what you may do", Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return l.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				me, err := wanggev1.NewFormServiceClient(conn).GetMe(ctx, &wanggev1.GetMeRequest{})
				if err != nil {
					return err
				}
				if l.Options.JSON {
					return l.Print(ctx, conn, cmd.OutOrStdout(), me)
				}
				printMe(l.Options.Printer(cmd.OutOrStdout(), nil), me)
				return nil
			})
		},
	}
	l.Flags(cmd)
	return cmd
}

// printMe prints a person with posts and rights.
func printMe(p cli.Printer, me *wanggev1.Me) {
	p.Line("%s", "%s", cli.Named(me.GetDisplayName(), remote.PersonID(me.GetPerson())))
	for _, post := range me.GetPosts() {
		var more []string
		if post.GetOnDuty() {
			more = append(more, p.In("on duty", "当班"))
		}
		if post.GetCovering() {
			more = append(more, p.In("covering for a colleague", "代岗"))
		}
		if post.GetShift() != "" {
			more = append(more, p.In("shift %s", "班次 %s", post.GetShift()))
		}
		p.Line("  %[1]s at %[2]s, ground %[3]s%[4]s", "  %[2]s %[1]s，责任区域 %[3]s%[4]s", post.GetRoleDisplayName(), cli.Named(post.GetUnitDisplayName(), remote.UnitID(post.GetUnit())),
			post.GetGround().GetDisplayName(), bracketed(p, strings.Join(more, p.In(", ", "，"))))
		p.Line("    may %s", "    可执行 %s", actWords(p, post.GetActs()))
	}
	var city []string
	for _, act := range me.GetCityActs() {
		city = append(city, dispatch.Act(act).Text().In(p.Lang))
	}
	p.Line("  for the city: %s", "  城市事项：%s", strings.Join(city, p.In(", ", "、")))
	printQueues(p, me.GetQueues())
}

// printQueues prints what waits for the person, or that nothing does. A server that counts no queues has none.
func printQueues(p cli.Printer, queues []*wanggev1.QueueCount) {
	if len(queues) == 0 {
		return
	}
	var waiting []string
	for _, n := range queues {
		name := remote.QueueText(n.GetQueue()).In(p.Lang)
		switch {
		case n.GetCases() == 0:
		case n.GetOverdue() == 0:
			waiting = append(waiting, p.In("%[1]s %[2]d", "%[1]s %[2]d", name, n.GetCases()))
		default:
			waiting = append(waiting, p.In("%[1]s %[2]d, %[3]d of them overdue", "%[1]s %[2]d，其中超时 %[3]d", name, n.GetCases(), n.GetOverdue()))
		}
	}
	p.Line("  waiting for you: %s", "  待办：%s", cmp.Or(strings.Join(waiting, p.In("; ", "；")), p.In("nothing", "无")))
}

// actWords are acts on a case, as they are typed.
func actWords(p cli.Printer, list []wanggev1.Act) string {
	out := make([]string, len(list))
	for i, act := range list {
		word := cli.EnumWord(act.String(), "ACT_")
		if act == wanggev1.Act_ACT_COMPLETE_MILESTONE {
			word = string(dispatch.ActCompleteMilestone)
		}
		out[i] = cli.ActText(word).In(p.Lang)
	}
	return strings.Join(out, p.In(", ", "、"))
}
