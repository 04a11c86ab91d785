package rulings

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"
	"wangge/grid"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

func create(c *remote.Server) *cobra.Command {
	var unit, categories, at, area, section, polygon, from, to, text, number, datum string
	var radius float64
	cmd := &cobra.Command{
		Use: "create", Short: "Name the accountable unit for some categories at a place: a ruling comes before every rule", Args: cli.Args(),
		Example: "  wangge precedent create --unit department:WATER --categories C0101,C0102 --at 45.755,126.600 --radius 200 --to 2027-11-23 --text '…'\n  wangge precedent create --unit area:230102 --categories 'E04*' --polygon ground.geojson --text '…'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := grid.ParseDatum(datum)
			if err != nil {
				return err
			}
			given := 0
			for _, place := range []string{at, area, section, polygon} {
				if place != "" {
					given++
				}
			}
			if given != 1 {
				return i18n.Errorf("name one place: --at with --radius, --area, --section or --polygon", "请给出一个地点：--at 与 --radius、--area、--section 或 --polygon")
			}
			p := &wanggev1.Precedent{Unit: remote.UnitName(unit), Text: text}
			if number != "" {
				p.Case = remote.CaseName(number)
			}
			for code := range strings.SplitSeq(categories, ",") {
				p.Categories = append(p.Categories, strings.TrimSpace(code))
			}
			switch {
			case area != "":
				p.Place = &wanggev1.Precedent_Area{Area: remote.AreaName(area)}
			case section != "":
				p.Place = &wanggev1.Precedent_Section{Section: remote.SectionName(section)}
			case polygon != "":
				polygons, err := remote.ReadPolygons(polygon, d)
				if err != nil {
					return err
				}
				p.Place = &wanggev1.Precedent_Polygons_{Polygons: &wanggev1.Precedent_Polygons{Polygons: polygons}}
			default:
				lat, lng, _ := strings.Cut(at, ",")
				y, err1 := strconv.ParseFloat(strings.TrimSpace(lat), 64)
				x, err2 := strconv.ParseFloat(strings.TrimSpace(lng), 64)
				if err := errors.Join(err1, err2); err != nil {
					return i18n.Errorf("--at %q: write LAT,LNG", "--at %q：应为 纬度,经度", at)
				}
				p.Place = &wanggev1.Precedent_Circle_{Circle: &wanggev1.Precedent_Circle{
					Center: &wanggev1.Position{Latitude: y, Longitude: x, Datum: wanggev1.Datum(d)}, RadiusM: radius,
				}}
			}
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				if p.StartTime, err = instantFlag(from, zone); err != nil {
					return err
				}
				if p.EndTime, err = instantFlag(to, zone); err != nil {
					return err
				}
				r, err := wanggev1.NewPrecedentServiceClient(conn).CreatePrecedent(ctx, &wanggev1.CreatePrecedentRequest{Precedent: p})
				if err != nil {
					return err
				}
				return printRuling(c, cmd.OutOrStdout(), r, zone)
			})
		},
	}
	cmd.Flags().StringVar(&unit, "unit", "", "the accountable unit: area:ID, department:ID, section:ID or point:ID")
	cmd.Flags().StringVar(&categories, "categories", "", "patterns as in rules.csv, with commas between")
	cmd.Flags().StringVar(&at, "at", "", "place: the middle of a circle, LAT,LNG")
	cmd.Flags().Float64Var(&radius, "radius", 0, "of the circle, in metres")
	cmd.Flags().StringVar(&area, "area", "", "place: an area's id")
	cmd.Flags().StringVar(&section, "section", "", "place: a section's id")
	cmd.Flags().StringVar(&polygon, "polygon", "", "place: a GeoJSON file with a Polygon or MultiPolygon")
	cli.ChoiceFlag(cmd, &datum, "datum", "wgs84", grid.DatumNames(), "of the place: wgs84, gcj02, bd09 or cgcs2000")
	cmd.Flags().StringVar(&from, "from", "", "when it begins (default now)")
	cmd.Flags().StringVar(&to, "to", "", "when it ends (default: when it is revoked)")
	cmd.Flags().StringVar(&text, "text", "", "the ruling in words")
	cmd.Flags().StringVar(&number, "case", "", "the case whose dispute it settled")
	for _, f := range []string{"unit", "categories", "text"} {
		_ = cmd.MarkFlagRequired(f) // the flags are defined just above
	}
	return cmd
}

// instantFlag parses an instant or a day; nil for an empty text.
func instantFlag(text string, zone *time.Location) (*timestamppb.Timestamp, error) {
	if text == "" {
		return nil, nil
	}
	at, err := cli.DayOrTime(text, zone)
	if err != nil {
		return nil, err
	}
	return timestamppb.New(at), nil
}
