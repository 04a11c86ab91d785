// Package campaigns holds the commands on the campaigns of a city: list, show, start and stop.
package campaigns

import (
	"context"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
)

// Command lists, shows, starts and stops campaigns.
func Command(o *cli.Options) *cobra.Command {
	c := &remote.Server{Options: o}
	parent := &cobra.Command{Use: "campaign", Short: "Campaigns of the city that pause and move limits, such as snow: list, show, start and stop"}
	c.Flags(parent)
	parent.AddCommand(list(c), show(c), start(c), stop(c))
	return parent
}

func list(c *remote.Server) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the campaigns: state, last start and stop, grade", Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				resp, err := wanggev1.NewCampaignServiceClient(conn).ListCampaigns(ctx, &wanggev1.ListCampaignsRequest{})
				if err != nil {
					return err
				}
				for _, k := range resp.GetCampaigns() {
					if err := printCampaign(c, cmd, k, zone); err != nil {
						return err
					}
				}
				return c.NoteEmpty(cmd, len(resp.GetCampaigns()))
			})
		},
	}
}

func show(c *remote.Server) *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show a campaign with its last changes: by whom, when and why", Args: cli.Args("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return answered(c, cmd, func(ctx context.Context, s wanggev1.CampaignServiceClient, _ *time.Location) (*wanggev1.Campaign, error) {
				return s.GetCampaign(ctx, &wanggev1.GetCampaignRequest{Name: name(args[0])})
			})
		},
	}
}

func start(c *remote.Server) *cobra.Command {
	var at, note string
	cmd := &cobra.Command{
		Use: "start ID", Short: "Start a campaign: the clocks of its categories are paused until it stops", Args: cli.Args("ID"),
		Example: "  wangge campaign start snow --at 2026-11-30T22:00 --note '气象台预警'",
		RunE: func(cmd *cobra.Command, args []string) error {
			send := func(ctx context.Context, s wanggev1.CampaignServiceClient, zone *time.Location) (*wanggev1.Campaign, error) {
				from, err := instant(c, cmd, at, zone)
				if err != nil {
					return nil, err
				}
				return s.StartCampaign(ctx, &wanggev1.StartCampaignRequest{Name: name(args[0]), StartTime: from, Note: note})
			}
			return changed(c, cmd, name(args[0]), send)
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "from when, at most 7 days back (default now)")
	cmd.Flags().StringVar(&note, "note", "", "why")
	return cmd
}

func stop(c *remote.Server) *cobra.Command {
	var at, grade, note string
	cmd := &cobra.Command{
		Use: "stop ID", Short: "Stop a campaign: the limits of its categories count from there; a second stop corrects the first", Args: cli.Args("ID"),
		Example: "  wangge campaign stop snow --at 2026-12-01T06:00 --grade 大雪\n  wangge campaign stop snow --at 2026-12-01T05:00 --grade 大雪 --note '气象台更正'",
		RunE: func(cmd *cobra.Command, args []string) error {
			send := func(ctx context.Context, s wanggev1.CampaignServiceClient, zone *time.Location) (*wanggev1.Campaign, error) {
				to, err := instant(c, cmd, at, zone)
				if err != nil {
					return nil, err
				}
				return s.StopCampaign(ctx, &wanggev1.StopCampaignRequest{Name: name(args[0]), StopTime: to, Grade: grade, Note: note})
			}
			return changed(c, cmd, name(args[0]), send)
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "from when the limits count (default now; a second stop without --at keeps the instant of the first)")
	cmd.Flags().StringVar(&grade, "grade", "", "grade of the campaign, one of campaigns.csv")
	cmd.Flags().StringVar(&note, "note", "", "why; a correction needs a reason")
	return cmd
}

// answered calls the service and prints the campaign of the answer with its changes.
func answered(
	c *remote.Server, cmd *cobra.Command,
	call func(context.Context, wanggev1.CampaignServiceClient, *time.Location) (*wanggev1.Campaign, error),
) error {
	return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		zone, err := c.CityZone(ctx, conn)
		if err != nil {
			return err
		}
		k, err := call(ctx, wanggev1.NewCampaignServiceClient(conn), zone)
		if err != nil {
			return err
		}
		return printCampaign(c, cmd, k, zone)
	})
}

// changed calls the service for a change, prints the campaign of the answer, and says so when the service changed nothing: the
// campaign was as asked for already, and the note of the call is not kept.
func changed(
	c *remote.Server, cmd *cobra.Command, id string,
	call func(context.Context, wanggev1.CampaignServiceClient, *time.Location) (*wanggev1.Campaign, error),
) error {
	same := false
	err := answered(c, cmd, func(ctx context.Context, s wanggev1.CampaignServiceClient, zone *time.Location) (*wanggev1.Campaign, error) {
		was, unknown := s.GetCampaign(ctx, &wanggev1.GetCampaignRequest{Name: id}) // the change itself says what is wrong
		k, err := call(ctx, s, zone)
		same = err == nil && unknown == nil && k.GetLast().GetChange() == was.GetLast().GetChange()
		return k, err
	})
	if err == nil && same {
		c.Options.Note(cmd, nil, i18n.F("nothing changed: the campaign was so already; a note is not kept", "未作更改：专项行动已是该状态，备注不予保存"))
	}
	return err
}

func name(id string) string { return resource.Campaign(id) }

// instant reads a flag; nil without one.
func instant(c *remote.Server, cmd *cobra.Command, text string, zone *time.Location) (*timestamppb.Timestamp, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // an instant that is not given is no fault
	}
	at, err := c.Options.Instant(cmd, text, zone)
	if err != nil {
		return nil, err
	}
	return timestamppb.New(at), nil
}

var states = map[wanggev1.CampaignState]i18n.Text{
	wanggev1.CampaignState_CAMPAIGN_STATE_IDLE:      {En: "never started", Zh: "未启动"},
	wanggev1.CampaignState_CAMPAIGN_STATE_UNDER_WAY: {En: "under way, clocks paused", Zh: "进行中，暂停计时"},
	wanggev1.CampaignState_CAMPAIGN_STATE_STOPPED:   {En: "stopped, limits count from there", Zh: "已停止，自停止起算"},
	wanggev1.CampaignState_CAMPAIGN_STATE_ENDED:     {En: "over", Zh: "已结束"},
}

// printCampaign prints a campaign, and its changes below.
func printCampaign(c *remote.Server, cmd *cobra.Command, k *wanggev1.Campaign, zone *time.Location) error {
	w := cmd.OutOrStdout()
	if c.Options.JSON {
		return remote.PrintMessage(w, k, zone)
	}
	p := c.Options.Printer(w, zone)
	state := states[k.GetState()]
	p.Line("%[1]s  %[2]s  %[3]s  %[4]s%[5]s", "%[1]s  %[2]s  %[3]s  %[4]s%[5]s",
		strings.TrimPrefix(k.GetName(), "campaigns/"), k.GetDisplayName(), k.GetCategories(), p.In(state.En, state.Zh), span(p, k.GetLast()))
	if k.GetMoving() {
		p.Line("  open cases are being moved", "  正在调整在办案件")
	}
	for _, r := range k.GetChanges() {
		p.Line("  %[1]s  %[2]s%[3]s  %[4]s", "  %[1]s  %[2]s%[3]s  %[4]s",
			minute(p, r.GetChangeTime()), r.GetPersonDisplayName(), span(p, r), r.GetNote())
	}
	return nil
}

// span says from when to when a run lasted, with its grade.
func span(p cli.Printer, r *wanggev1.CampaignChange) string {
	switch {
	case r == nil:
		return ""
	case r.GetStopTime() == nil:
		return p.In("  since %s", "  自 %s 起", minute(p, r.GetStartTime()))
	default:
		return strings.TrimRight(p.In("  %[1]s to %[2]s %[3]s", "  %[1]s 至 %[2]s %[3]s", minute(p, r.GetStartTime()), minute(p, r.GetStopTime()), r.GetGrade()), " ")
	}
}

// minute formats an instant in the zone of the city; "" without one.
func minute(p cli.Printer, ts *timestamppb.Timestamp) string {
	if ts == nil {
		return ""
	}
	return ts.AsTime().In(p.Zone).Format("2006-01-02 15:04")
}
