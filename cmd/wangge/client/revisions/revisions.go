package revisions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
)

// Commands are the subcommands of city that need a server: they compare a city directory with the server's city, apply the
// directory, and read the revisions that were applied.
func Commands(o *cli.Options) []*cobra.Command {
	var out []*cobra.Command
	for _, command := range []func(*remote.Server) *cobra.Command{cityPlan, cityApply, cityLog, cityWithdraw, cityGet} {
		out = append(out, command(&remote.Server{Options: o}))
	}
	return out
}

// printRevision prints a revision.
func printRevision(c *remote.Server, w io.Writer, r *wanggev1.Revision, zone *time.Location) error {
	if c.Options.JSON {
		return remote.PrintMessage(w, r, zone)
	}
	_, err := fmt.Fprintln(w, revisionLine(r, zone, c.Options.Lang))
	return err
}

// revisionLine is an applied revision on one line.
func revisionLine(r *wanggev1.Revision, zone *time.Location, lang string) string {
	at := func(t *timestamppb.Timestamp) string { return t.AsTime().In(zone).Format("2006-01-02 15:04") }
	state := i18n.F("decided", "曾启用")
	switch {
	case r.GetActive():
		state = i18n.F("decides", "现行")
	case r.GetWithdrawn():
		state = i18n.F("withdrawn by %s", "由 %s 撤回", remote.PersonID(r.GetWithdrawnBy()))
	case r.GetActivateTime() == nil:
		state = i18n.F("waits", "待启用")
	}
	open := i18n.F("keep", "未结案件不动")
	switch r.GetOpenCases() {
	case wanggev1.OpenCases_OPEN_CASES_REROUTE:
		open = i18n.F("reroute", "未结案件重新派遣")
	case wanggev1.OpenCases_OPEN_CASES_MOVE:
		open = i18n.F("move", "仅移交无人负责的未结案件")
	case wanggev1.OpenCases_OPEN_CASES_UNSPECIFIED, wanggev1.OpenCases_OPEN_CASES_KEEP:
	}
	by, note := i18n.F("%s", "%s", cli.Named(r.GetPersonDisplayName(), remote.PersonID(r.GetPerson()))), i18n.F("%s", "%s", i18n.OneLine(r.GetNote()))
	if r.GetPerson() == "" {
		by = i18n.F("the service", "系统")
	}
	if r.GetNote() == revision.FirstNote {
		note.Zh = "服务首次启动时的目录"
	}
	out := i18n.F("%[1]d  %[2]s  %[3]s  applied %[5]s by %[6]s, from %[7]s, %[8]s", "%[1]d  %[2]s  %[4]s  %[5]s 由%[10]s提交，自 %[7]s 起，%[9]s",
		remote.RevisionNumber(r), r.GetCityRevision(), state.En, state.Zh, at(r.GetApplyTime()), by.En,
		at(r.GetScheduleTime()), open.En, open.Zh, by.Zh).In(lang)
	pass := r.GetBackfill()
	if pass.GetCasesSeen() > 0 {
		out += i18n.F(": %d open {case|cases} seen, %d moved, %d kept, %d stuck", "：核对未结案件 %d 件，变动 %d、不动 %d、无法派遣 %d", pass.GetCasesSeen(), pass.GetCasesMoved(), pass.GetCasesKept(), pass.GetCasesStuck()).In(lang)
	}
	if r.GetActivateTime() != nil && !pass.GetDone() {
		out += i18n.F(" so far", "（进行中）").In(lang)
	}
	if r.GetWaiver() != "" {
		out += i18n.F("; %[1]d {gap|gaps} waived: %[2]s", "；豁免空白 %[1]d 处：%[2]s", len(r.GetWaivedGaps()), r.GetWaiver()).In(lang)
	}
	if r.GetNote() != "" {
		out += i18n.F("; %[1]s", "；%[2]s", note.En, note.Zh).In(lang)
	}
	return out
}

// cityLog lists the applied revisions.
func cityLog(c *remote.Server) *cobra.Command {
	var limit int
	var rows bool
	cmd := &cobra.Command{
		Use: "log", Short: "List the revisions that were applied, the latest first: who, when, what, which gaps were waived", Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				token := ""
				for n := 0; ; {
					r, err := wanggev1.NewCityServiceClient(conn).ListRevisions(ctx, &wanggev1.ListRevisionsRequest{PageToken: token})
					if err != nil {
						return err
					}
					for _, a := range r.GetRevisions() {
						if n++; n > limit {
							return nil
						}
						if err := printRevision(c, cmd.OutOrStdout(), a, zone); err != nil {
							return err
						}
						if !rows || c.Options.JSON {
							continue
						}
						for _, text := range append(slices.Clone(a.GetWaivedGaps()), a.GetChanges()...) {
							fmt.Fprintln(cmd.OutOrStdout(), "     "+i18n.OneLine(text))
						}
					}
					if token = r.GetNextPageToken(); token == "" {
						return c.NoteEmpty(cmd, n)
					}
				}
			})
		},
	}
	c.Flags(cmd)
	cli.CountFlag(cmd.Flags(), &limit, "limit", 50, 1, "most revisions")
	cmd.Flags().BoolVar(&rows, "rows", false, "also what each one changed and waived")
	return cmd
}

// cityWithdraw withdraws a revision before it becomes active.
func cityWithdraw(c *remote.Server) *cobra.Command {
	var number uint64
	cmd := &cobra.Command{
		Use: "withdraw --number N", Short: "Take back a revision that waits for its instant", Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				r, err := wanggev1.NewCityServiceClient(conn).WithdrawRevision(ctx, &wanggev1.WithdrawRevisionRequest{Name: resource.Revision(number)})
				if err != nil {
					return err
				}
				return printRevision(c, cmd.OutOrStdout(), r, zone)
			})
		},
	}
	c.Flags(cmd)
	cmd.Flags().Uint64Var(&number, "number", 0, "of the apply, as city log prints it")
	_ = cmd.MarkFlagRequired("number") // it is defined just above
	return cmd
}

// cityGet writes a kept revision into a new directory.
func cityGet(c *remote.Server) *cobra.Command {
	var revision string
	cmd := &cobra.Command{
		Use: "get DIR", Short: "Write a kept revision of the city into a new directory (default: the one that decides)", Args: cli.Args("DIR"),
		Example: "  wangge city get ./now\n  wangge city get ./then --revision c-5f3a9c21d0b4",
		RunE: func(cmd *cobra.Command, args []string) error {
			if entries, err := os.ReadDir(args[0]); err == nil && len(entries) > 0 {
				return cli.Failure(i18n.Errorf("%s is not empty; name a new directory", "%s 不是空目录，请另指定一个新目录", args[0]))
			}
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				stream, err := wanggev1.NewCityServiceClient(conn).DownloadCity(ctx, &wanggev1.DownloadCityRequest{CityRevision: revision})
				if err != nil {
					return err
				}
				dir, kept := city.Directory{}, ""
				for {
					m, err := stream.Recv()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						return err
					}
					if m.GetCityRevision() != "" {
						kept = m.GetCityRevision()
					}
					if p := m.GetPart(); p != nil {
						dir[p.GetName()] = append(dir[p.GetName()], p.GetData()...)
					}
				}
				if err := cli.WriteDirectory(args[0], dir); err != nil {
					return err
				}
				if c.Options.JSON {
					return cli.Encode(cmd.OutOrStdout(), map[string]any{"revision": kept, "directory": args[0], "files": slices.Sorted(maps.Keys(dir))})
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), kept)
				return err
			})
		},
	}
	c.Flags(cmd)
	cmd.Flags().StringVar(&revision, "revision", "", "a kept revision, as city log prints it")
	return cmd
}
