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

// lookTexts are the calls that answer names and phones, by their names on the wire.
var lookTexts = map[string]i18n.Text{
	"GetCase": {En: "read the case", Zh: "查看案件"}, "ListCases": {En: "listed cases", Zh: "列出案件"}, "WatchCases": {En: "watched cases", Zh: "订阅案件"},
	"ListCaseEvents": {En: "read the history", Zh: "查看办理过程"}, "ActOnCase": {En: "acted on the case", Zh: "办理案件"},
	"BatchActOnCases": {En: "acted on cases", Zh: "批量办理案件"},
	"DownloadCity":    {En: "downloaded the directory", Zh: "下载城市目录"}, "GetRevision": {En: "read a revision", Zh: "查看城市版本"},
	"ListRevisions": {En: "listed revisions", Zh: "列出城市版本"}, "PlanCity": {En: "planned a change", Zh: "预演城市变更"}, "ListLinkedCases": {En: "listed linked cases", Zh: "列出关联案件"},
	"CreateReport": {En: "filed the report", Zh: "录入上报"}, "BatchCreateReports": {En: "filed reports", Zh: "批量录入上报"},
}

// lookText is how somebody came to see a name and a phone; an unknown call is named as it is.
func lookText(method string) i18n.Text {
	if t, ok := lookTexts[method]; ok {
		return t
	}
	return i18n.Text{En: method, Zh: method}
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
		r.GetTime().AsTime().In(p.Zone).Format(time.DateTime), what, who, lookText(r.GetMethod()))
}
