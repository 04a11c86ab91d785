package client

import (
	"context"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// AccessCommand lists who has seen names and phones of callers and reporters, or the phones of the city directory.
func AccessCommand(o *cli.Options) *cobra.Command {
	c := newClient(o)
	var person, number string
	cmd := &cobra.Command{
		Use: "access", Short: "List who has seen the name and phone of a caller or reporter, or has downloaded those of the city, the latest first",
		Example: "  wangge access\n  wangge access --person p-17\n  wangge access --case 20261123-000417",
		Args:    cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				req := &wanggev1.ListAccessRequest{}
				if person != "" {
					req.Person = remote.PersonName(person)
				}
				if number != "" {
					req.Case = remote.CaseName(number)
				}
				for n := 0; ; {
					r, err := wanggev1.NewAdminServiceClient(conn).ListAccess(ctx, req)
					if err != nil {
						return err
					}
					for _, look := range r.GetRecords() {
						n++
						if !o.JSON {
							printLook(c.Options.Printer(cmd.OutOrStdout(), zone), look)
						} else if err := c.Print(ctx, conn, cmd.OutOrStdout(), look); err != nil {
							return err
						}
					}
					if req.PageToken = r.GetNextPageToken(); req.GetPageToken() == "" {
						return c.NoteEmpty(cmd, n)
					}
				}
			})
		},
	}
	c.Flags(cmd)
	cmd.Flags().StringVar(&person, "person", "", "only what this person has seen")
	cmd.Flags().StringVar(&number, "case", "", "only looks at this case")
	return cmd
}

// printLook prints a look on one line.
func printLook(p cli.Printer, r *wanggev1.AccessRecord) {
	who := remote.PersonID(r.GetPerson())
	if name := r.GetPersonDisplayName(); name != "" { // a person who left the city has none
		who = i18n.F("%s (%s)", "%s（%s）", name, who).In(p.Lang)
	}
	what := i18n.F("case %s", "案件 %s", strings.TrimPrefix(r.GetCase(), "cases/")).In(p.Lang)
	if r.GetCase() == "" {
		what = i18n.F("the city directory", "城市目录").In(p.Lang)
	}
	p.Line("%[1]s  %[2]s  %[3]s  %[4]s", "%[1]s  %[2]s  %[3]s  %[4]s",
		r.GetTime().AsTime().In(p.Zone).Format(time.DateTime), what, who, r.GetMethod())
}
