package client

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/city/sheets/csvfile"
	"wangge/dispatch/i18n"
	"wangge/grid"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// PrecedentCommand makes, lists, revokes and exports rulings.
func PrecedentCommand(o *cli.Options) *cobra.Command {
	c := newClient(o)
	parent := &cobra.Command{Use: "precedent", Short: "Rule on who is accountable (权属认定), list, revoke and export rulings"}
	c.Flags(parent)
	parent.AddCommand(precedentCreate(c), precedentList(c), precedentRevoke(c), precedentExport(c))
	return parent
}

func precedentCreate(c *client) *cobra.Command {
	var unit, categories, at, area, section, polygon, from, to, text, number, datum string
	var radius float64
	cmd := &cobra.Command{
		Use: "create", Short: "Rule on who is accountable for some categories at a place: rulings come before every rule", Args: cli.Args(),
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
				p.Case = caseName(number)
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
				return c.printPrecedent(cmd.OutOrStdout(), r, zone)
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

// printPrecedent prints a ruling.
func (c *client) printPrecedent(w io.Writer, p *wanggev1.Precedent, zone *time.Location) error {
	if c.Options.JSON {
		return remote.PrintMessage(w, p, zone)
	}
	row := precedentRow(p, zone, c.Options.Lang)
	c.printer(w, zone).Line("%s  %s  %s (%s)  %s  %s  %s..%s  %s: %s", "%s  %s  %s（%s）  %s  %s  %s..%s  %s：%s",
		row[0], row[1], row[3], row[2], row[4], row[5], row[6], row[7], row[10], row[8])
	return nil
}

// precedentColumns are the columns of the export for the quarterly joint meeting (联席会议).
var precedentColumns = []string{
	"id", "state", "unit", "unit_name", "categories", "place", "from", "to", "text", "case", "decider", "decided_at", "revoked_at",
	"revoker", "revoke_reason",
}

// precedentRow are the cells of precedentColumns.
func precedentRow(p *wanggev1.Precedent, zone *time.Location, lang string) []string {
	when := func(t *timestamppb.Timestamp) string {
		if t == nil {
			return ""
		}
		return t.AsTime().In(zone).Format("2006-01-02 15:04")
	}
	start, end := p.GetStartTime().AsTime(), p.GetEndTime().AsTime()
	state := i18n.F("ended", "已到期")
	switch {
	case p.GetRevokeTime() != nil:
		state = i18n.F("revoked", "已撤销")
	case p.GetInForce():
		state = i18n.F("in force", "有效")
	case p.GetEndTime() == nil || end.After(start) && start.After(p.GetDecideTime().AsTime()):
		state = i18n.F("to come", "未生效")
	}
	var place string
	switch is := p.GetPlace().(type) {
	case *wanggev1.Precedent_Circle_:
		at := is.Circle.GetCenter()
		place = fmt.Sprintf("%.6f,%.6f ± %s", at.GetLatitude(), at.GetLongitude(), i18n.Metres(is.Circle.GetRadiusM()).In(lang))
	case *wanggev1.Precedent_Area:
		place = remote.UnitID(is.Area)
	case *wanggev1.Precedent_Section:
		place = remote.UnitID(is.Section)
	case *wanggev1.Precedent_Polygons_:
		place = i18n.F("%d polygons", "%d 个面", len(is.Polygons.GetPolygons())).In(lang)
	}
	return []string{
		remote.PrecedentID(p.GetName()), state.In(lang), remote.UnitID(p.GetUnit()), p.GetUnitDisplayName(),
		strings.Join(p.GetCategories(), " "), place,
		when(p.GetStartTime()), when(p.GetEndTime()), p.GetText(), strings.TrimPrefix(p.GetCase(), "cases/"),
		p.GetDeciderDisplayName() + " (" + remote.PersonID(p.GetDecider()) + ")", when(p.GetDecideTime()),
		when(p.GetRevokeTime()), remote.PersonID(p.GetRevoker()), p.GetRevokeReason(),
	}
}

// rulingFilter are the flags of list and export that select rulings.
type rulingFilter struct {
	inForce  bool
	from, to string
}

func (a *rulingFilter) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.inForce, "in-force", false, "only those that hold now")
	cmd.Flags().StringVar(&a.from, "from", "", "only what was decided, ended or revoked from this day on")
	cmd.Flags().StringVar(&a.to, "to", "", "only what was decided, ended or revoked before this day")
}

// within returns a predicate: was the ruling decided, ended or revoked in the days that the flags name?
func (a *rulingFilter) within(zone *time.Location) (func(*wanggev1.Precedent) bool, error) {
	if a.from == "" && a.to == "" {
		return func(*wanggev1.Precedent) bool { return true }, nil
	}
	day := func(name, text string, open time.Time) (time.Time, error) {
		if text == "" {
			return open, nil
		}
		t, err := cli.DayOrTime(text, zone)
		if err != nil {
			return t, i18n.Errorf("--%s %q: write 2026-04-01", "--%s %q：应写作 2026-04-01", name, text)
		}
		return t, nil
	}
	from, err1 := day("from", a.from, time.Time{})
	to, err2 := day("to", a.to, time.Unix(1<<40, 0))
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return func(p *wanggev1.Precedent) bool {
		for _, t := range []*timestamppb.Timestamp{p.GetDecideTime(), p.GetEndTime(), p.GetRevokeTime()} {
			if t != nil && !t.AsTime().Before(from) && t.AsTime().Before(to) {
				return true
			}
		}
		return false
	}, nil
}

// rulings calls each with every ruling that the filter selects, page by page.
func (c *client) rulings(cmd *cobra.Command, asked *rulingFilter, each func(*wanggev1.Precedent, *time.Location) error) error {
	return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		zone, err := c.CityZone(ctx, conn)
		if err != nil {
			return err
		}
		within, err := asked.within(zone)
		if err != nil {
			return cli.Failure(err)
		}
		for token := ""; ; {
			r, err := wanggev1.NewPrecedentServiceClient(conn).ListPrecedents(ctx, &wanggev1.ListPrecedentsRequest{
				PageSize: 200, PageToken: token, InForce: asked.inForce,
			})
			if err != nil {
				return err
			}
			for _, p := range r.GetPrecedents() {
				if !within(p) {
					continue
				}
				if err := each(p, zone); err != nil {
					return err
				}
			}
			if token = r.GetNextPageToken(); token == "" {
				return nil
			}
		}
	})
}

func precedentList(c *client) *cobra.Command {
	var asked rulingFilter
	cmd := &cobra.Command{
		Use: "list", Short: "List rulings, the latest first", Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			n := 0
			err := c.rulings(cmd, &asked, func(p *wanggev1.Precedent, zone *time.Location) error {
				n++
				return c.printPrecedent(cmd.OutOrStdout(), p, zone)
			})
			if err != nil {
				return err
			}
			return c.NoteEmpty(cmd, n)
		},
	}
	asked.flags(cmd)
	return cmd
}

func precedentRevoke(c *client) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "revoke ID", Short: "End a ruling now: what it routed stays routed, the next case goes by the rules", Args: cli.Args("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				req := &wanggev1.RevokePrecedentRequest{Name: remote.PrecedentName(args[0]), Reason: reason}
				r, err := wanggev1.NewPrecedentServiceClient(conn).RevokePrecedent(ctx, req)
				if err != nil {
					return err
				}
				return c.printPrecedent(cmd.OutOrStdout(), r, zone)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	_ = cmd.MarkFlagRequired("reason") // it is defined just above
	return cmd
}

func precedentExport(c *client) *cobra.Command {
	var asked rulingFilter
	cmd := &cobra.Command{
		Use: "export FILE", Short: "Write rulings as CSV for the joint meeting; - is standard output", Args: cli.Args("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, answered := 0, error(nil)
			export := func(out io.Writer) error {
				if _, err := io.WriteString(out, "\ufeff"); err != nil { // so that spreadsheets read it as UTF-8
					return cli.Failure(err)
				}
				w := csv.NewWriter(out)
				if err := w.Write(precedentColumns); err != nil {
					return cli.Failure(err)
				}
				answered = c.rulings(cmd, &asked, func(p *wanggev1.Precedent, zone *time.Location) error {
					n++
					row := precedentRow(p, zone, c.Options.Lang)
					for i, cell := range row {
						row[i] = csvfile.Inert(cell)
					}
					return w.Write(row)
				})
				w.Flush()
				return errors.Join(answered, w.Error())
			}
			if args[0] == "-" {
				return export(cmd.OutOrStdout())
			}
			if err := cli.WriteWith(args[0], export); answered != nil {
				return answered
			} else if err != nil || !c.Options.JSON {
				return err
			}
			return cli.Encode(cmd.OutOrStdout(), map[string]any{"file": args[0], "rows": n})
		},
	}
	asked.flags(cmd)
	return cmd
}
