package forms

import (
	"context"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch"
	"wangge/dispatch/i18n"
	"wangge/grid"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
)

// AreasCommand lists areas by what a person types, by the area above, or by a position.
func AreasCommand(o *cli.Options) *cobra.Command {
	l := newLister(o)
	var parent, position, datum string
	var accuracy float64
	cmd := &cobra.Command{
		Use: "areas [SEARCH]", Short: "List areas: the city's own, those below one, those at and near a position, or those that a search finds",
		Args:    cli.Args("[SEARCH]"),
		Example: "  wangge areas dlq\n  wangge areas --parent 230102\n  wangge areas --position 45.755,126.600 --accuracy 20",
		RunE: func(cmd *cobra.Command, args []string) error {
			req := &wanggev1.ListAreasRequest{}
			given := 0
			if len(args) > 0 {
				given++
				req.Selection = &wanggev1.ListAreasRequest_Search{Search: args[0]}
			}
			if parent != "" {
				given++
				req.Selection = &wanggev1.ListAreasRequest_Parent{Parent: remote.AreaName(parent)}
			}
			if position != "" {
				given++
				p, err := positionOf(position, datum, accuracy)
				if err != nil {
					return err
				}
				req.Selection = &wanggev1.ListAreasRequest_Position{Position: p}
			}
			if given > 1 {
				return i18n.Errorf("give SEARCH, --parent or --position, one of them", "SEARCH、--parent、--position 只能给出其中之一")
			}
			return l.list(cmd, func(ctx context.Context, conn *grpc.ClientConn, size int32, token string) (listed, error) {
				req.PageSize, req.PageToken = size, token
				r, err := wanggev1.NewFormServiceClient(conn).ListAreas(ctx, req)
				return listed{rowsOf(r.GetAreas()), r.GetNextPageToken(), r.GetTotalSize()}, err
			}, func(p cli.Printer, row proto.Message) { printArea(p, row.(*wanggev1.Area)) })
		},
	}
	l.flags(cmd)
	cmd.Flags().StringVar(&parent, "parent", "", "the areas directly below this one")
	cmd.Flags().StringVar(&position, "position", "", "the areas at LAT,LNG and across a border near by")
	cli.ChoiceFlag(cmd, &datum, "datum", "wgs84", grid.DatumNames(), "wgs84, gcj02, bd09 or cgcs2000")
	cli.MetresFlag(cmd.Flags(), &accuracy, "accuracy", 0, grid.MaxAccuracyM, "radius of uncertainty in metres")
	return cmd
}

// positionOf reads LAT,LNG.
func positionOf(text, datum string, accuracy float64) (*wanggev1.Position, error) {
	wrong := i18n.Errorf("--position %q: write LAT,LNG, as in 45.755,126.600", "--position %q：应写作 纬度,经度，如 45.755,126.600", text)
	latText, lngText, ok := strings.Cut(text, ",")
	lat, err1 := cli.Degrees(strings.TrimSpace(latText))
	lng, err2 := cli.Degrees(strings.TrimSpace(lngText))
	if !ok || err1 != nil || err2 != nil {
		return nil, wrong
	}
	number, err := remote.ParseEnum(wanggev1.Datum_value, "DATUM_", datum)
	if err != nil {
		return nil, err
	}
	return &wanggev1.Position{Latitude: *lat, Longitude: *lng, Datum: wanggev1.Datum(number), AccuracyM: accuracy}, nil
}

func printArea(p cli.Printer, a *wanggev1.Area) {
	near := ""
	if a.GetDistanceM() > 0 {
		near = p.In("  %s away", "  距边界 %s", i18n.Metres(a.GetDistanceM()).In(p.Lang))
	}
	p.Line("%[1]s  %[2]s  %[3]s%[4]s%[5]s%[6]s", "%[1]s  %[2]s  %[3]s%[4]s%[5]s%[6]s",
		remote.UnitID(a.GetName()), a.GetDisplayName(), dispatch.LevelText(a.GetLevel()),
		p.Labelled("in", "属", a.GetParentDisplayName()), below(p, a.GetChildCount()), near)
}

// below says how many areas lie directly below one.
func below(p cli.Printer, n int32) string {
	if n == 0 {
		return ""
	}
	return p.In("  %d below", "  下辖 %d 个", n)
}
