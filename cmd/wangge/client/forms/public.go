package forms

import (
	"context"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// PublicCommand is the subcommand of city that shows the public part of the server's city.
func PublicCommand(o *cli.Options) *cobra.Command {
	c := &remote.Server{Options: o}
	cmd := &cobra.Command{
		Use: "public", Short: "Show the public part of the city: process, duties, limits; needs no token if the city is public", Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var pages []*wanggev1.PublicCity
			err := c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				for token := ""; ; {
					r, err := wanggev1.NewFormServiceClient(conn).GetPublicCity(ctx, &wanggev1.GetPublicCityRequest{PageSize: 500, PageToken: token})
					if err != nil {
						return err
					}
					pages = append(pages, r)
					if token = r.GetNextPageToken(); token == "" {
						return nil
					}
				}
			})
			if err != nil {
				return err
			}
			zone, err := time.LoadLocation(pages[0].GetTimeZone())
			if err != nil {
				return cli.Failure(err)
			}
			if !o.JSON {
				printPublic(o.Printer(cmd.OutOrStdout(), zone), pages)
				return nil
			}
			for _, page := range pages {
				if err := remote.PrintMessage(cmd.OutOrStdout(), page, zone); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags(cmd)
	return cmd
}

// printPublic prints the public part. The first page begins with the process.
func printPublic(p cli.Printer, pages []*wanggev1.PublicCity) {
	names := categoryNames{}
	for _, page := range pages {
		names.add(page.GetCategories())
	}
	r := pages[0]
	p.Line("%[1]s (%[2]s), table %[3]s", "%[1]s（%[2]s），类别表 %[3]s", r.GetDisplayName(), r.GetCode(), r.GetTableVersion())
	p.Line("process", "办理流程")
	for _, s := range r.GetStages() {
		p.Line("  %s%s", "  %s%s", s.GetDisplayName(), p.Labelled("within", "时限", s.GetLimitText()))
	}
	p.Line("  a closed case may be reopened for %d days", "  结案后 %d 天内可重新立案", r.GetReopenDays())
	for _, level := range r.GetLevels() {
		if len(level.GetDuties()) > 0 {
			p.Line("every %[1]s, %[2]d in all", "各%[1]s，共 %[2]d 个", level.GetDisplayName(), level.GetAreaCount())
			printDuties(p, level.GetDuties(), names)
		}
	}
	for _, page := range pages {
		for _, u := range page.GetUnits() {
			printUnit(p, u, names)
		}
	}
	for _, page := range pages {
		for _, c := range page.GetCategories() {
			printCategory(p, c)
		}
	}
}
