package forms

import (
	"context"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
)

// UnitsCommand lists units with their duties.
func UnitsCommand(o *cli.Options) *cobra.Command {
	l := newLister(o)
	var kind, parent string
	cmd := &cobra.Command{
		Use: "units [SEARCH]", Short: "List units with their duties, without their people", Args: cli.Args("[SEARCH]"),
		Example: "  wangge units\n  wangge units hbj\n  wangge units --kind section --parent department:GREEN",
		RunE: func(cmd *cobra.Command, args []string) error {
			req := &wanggev1.ListUnitsRequest{Search: first(args), Parent: remote.UnitName(parent)}
			if kind != "" {
				req.Kind = wanggev1.UnitKind(wanggev1.UnitKind_value["UNIT_KIND_"+strings.ToUpper(kind)])
			}
			names := categoryNames{}
			return l.list(cmd, func(ctx context.Context, conn *grpc.ClientConn, size int32, token string) (listed, error) {
				req.PageSize, req.PageToken = size, token
				if token == "" && !o.JSON {
					if err := names.fetch(ctx, conn); err != nil {
						return listed{}, err
					}
				}
				r, err := wanggev1.NewFormServiceClient(conn).ListUnits(ctx, req)
				return listed{rowsOf(r.GetUnits()), r.GetNextPageToken(), r.GetTotalSize()}, err
			}, func(p cli.Printer, row proto.Message) { printUnit(p, row.(*wanggev1.Unit), names) })
		},
	}
	l.flags(cmd)
	cli.ChoiceFlag(cmd, &kind, "kind", "", remote.EnumNames(wanggev1.UnitKind_name, "UNIT_KIND_"),
		"area, department, section or point (default all but areas)")
	cmd.Flags().StringVar(&parent, "parent", "", "only the units directly below this one")
	return cmd
}

// categoryNames are the names of categories by their codes.
type categoryNames map[string]string

// fetch adds the names of all categories of the server's city.
func (n categoryNames) fetch(ctx context.Context, conn *grpc.ClientConn) error {
	for token := ""; ; {
		r, err := wanggev1.NewFormServiceClient(conn).ListCategories(ctx, &wanggev1.ListCategoriesRequest{PageSize: 500, PageToken: token})
		if err != nil {
			return err
		}
		n.add(r.GetCategories())
		if token = r.GetNextPageToken(); token == "" {
			return nil
		}
	}
}

func (n categoryNames) add(list []*wanggev1.Category) {
	for _, c := range list {
		n[c.GetCode()] = c.GetDisplayName()
	}
}

// words are categories on a line, each by code and name.
func (n categoryNames) words(p cli.Printer, codes []string) string {
	out := make([]string, len(codes))
	for i, code := range codes {
		out[i] = strings.TrimSpace(code + " " + n[code])
	}
	return strings.Join(out, p.In(", ", "、"))
}

// printUnit prints a unit and its duties.
func printUnit(p cli.Printer, u *wanggev1.Unit, names categoryNames) {
	p.Line("%[1]s  %[2]s%[3]s%[4]s", "%[1]s  %[2]s%[3]s%[4]s", remote.UnitID(u.GetName()), u.GetDisplayName(),
		p.Labelled("under", "上级", cli.Named(u.GetParentDisplayName(), remote.UnitID(u.GetParent())).In(p.Lang)), p.Labelled("phone", "电话", u.GetPhone()))
	printDuties(p, u.GetDuties(), names)
}

func printDuties(p cli.Printer, duties []*wanggev1.UnitDuty, names categoryNames) {
	for _, d := range duties {
		when := bracketed(p, d.GetCondition())
		switch {
		case d.GetLead():
			p.Line("  accountable for%[1]s: %[2]s", "  主责%[1]s：%[2]s", when, names.words(p, d.GetCategories()))
		case d.GetText() != "":
			p.Line("  helps, %[1]s%[2]s: %[3]s", "  协办，%[1]s%[2]s：%[3]s", d.GetText(), when, names.words(p, d.GetCategories()))
		default:
			p.Line("  is informed%[1]s: %[2]s", "  知会%[1]s：%[2]s", when, names.words(p, d.GetCategories()))
		}
	}
}
