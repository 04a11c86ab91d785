package citytools

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wangge/cmd/wangge/citytools/supposed"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/records"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/diag"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// routeJSON is the output of route for each point. Scripts rely on its names. place, due_time and due_provisional say the same with the
// names of wanggev1.ExplainRouteResponse.
type routeJSON struct {
	Lat      *float64    `json:"lat"` // null when it is no number
	Lng      *float64    `json:"lng"`
	Cell     string      `json:"cell,omitempty"`
	Areas    []areaJSON  `json:"areas,omitempty"`
	Owner    *ownerJSON  `json:"owner,omitempty"`
	CoOwners []ownerJSON `json:"co_owners,omitzero"` // empty: the owner acts alone
	Rule     string      `json:"rule,omitempty"`
	Category string      `json:"category"`
	Limit    int         `json:"limit,omitempty"`
	Unit     string      `json:"unit,omitempty"`
	Due      *time.Time  `json:"due,omitempty"`
	// Provisional: Due is in a year whose holidays are not published yet.
	Provisional bool     `json:"provisional,omitempty"`
	BorderM     *float64 `json:"border_m,omitempty"`  // left out where there is no place, and on ground without a border
	Neighbour   *string  `json:"neighbour,omitempty"` // empty: outside the city
	Error       string   `json:"error,omitempty"`

	Place          *placeJSON `json:"place,omitempty"`
	DueTime        *time.Time `json:"due_time,omitempty"`
	DueProvisional *bool      `json:"due_provisional,omitempty"`

	Chain []linkJSON `json:"chain,omitzero"` // every dispatch on the way to the owner; empty in a city with one platform

	said  i18n.Text // Error, in both languages
	place dispatch.Place
	when  time.Time

	source dispatch.Source
}

// RouteCommand says who would have to act and by when, and why.
func RouteCommand(o *cli.Options) *cobra.Command {
	var dir, at, datum, points, condition, source string
	var stops []string
	cmd := &cobra.Command{
		Use:   "route [LAT LNG CATEGORY]",
		Short: "Say who would have to act and by when, and why; nothing is written",
		Example: "  wangge route 45.755 126.600 E0101\n  wangge route --city boston --points past.csv" +
			"\n  wangge route 45.755 126.600 E0507 --city ./our-city --campaign snow=2026-12-01T06:00,大雪",
		Args: func(cmd *cobra.Command, args []string) error {
			if points == "" && len(args) == 1 {
				if c := diag.Near(args[0], []string{"test"}); c != "" {
					return i18n.Errorf("unknown command %[1]q for %[2]q; %[3]v", "%[2]q 没有命令 %[1]q，%[3]v", args[0], cmd.CommandPath(), diag.Suggest(args[0], []string{c}))
				}
			}
			if points != "" && len(args) != 0 {
				return i18n.Errorf("--points stands alone: the file has the positions and the categories", "--points 须单独使用：位置与类别写在文件中")
			}
			if points == "" && len(args) != 3 {
				return i18n.Errorf("route needs LAT LNG CATEGORY, or --points FILE", "route 需要 纬度 经度 类别，或 --points 文件")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := grid.ParseDatum(datum)
			if err != nil {
				return err
			}
			c, err := cli.LoadCity(dir)
			if err != nil {
				return err
			}
			if c, err = supposed.City(o, cmd, c, stops); err != nil {
				return err
			}
			if points != "" {
				return routeFile(cmd.OutOrStdout(), o, c, points, at, d)
			}
			o.NoteAmbiguous(cmd, at, c.Location)
			from := dispatch.Source(slices.Index(dispatch.SourceNames[:], source))
			r := routeOf(o, c, from, args[0], args[1], args[2], at, d)
			if r.Error != "" {
				if o.JSON {
					err = cli.Encode(cmd.OutOrStdout(), r)
				} else {
					fmt.Fprintln(cmd.OutOrStdout(), r.said.In(o.Lang))
				}
				if err == nil {
					err = cli.ErrFound
				}
				return err
			}
			e, err := explain.CaseFrom(c, r.source, r.place, catalog.Code(r.Category), condition, r.when)
			if err != nil {
				return cli.Failure(err)
			}
			if o.JSON {
				return cli.Encode(cmd.OutOrStdout(), explanationOf(o, c, r, &e))
			}
			printExplanation(cmd.OutOrStdout(), o, c, &e)
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "city", "harbin", "a built-in city (harbin, boston) or a directory")
	cmd.Flags().StringVar(&at, "at", "", "the instant of the report, past or future (default now)")
	cli.ChoiceFlag(cmd, &datum, "datum", "wgs84", grid.DatumNames(), "wgs84, gcj02, bd09 or cgcs2000")
	cli.ChoiceFlag(cmd, &source, "source", "inspector", dispatch.SourceNames[dispatch.SourceInspector:dispatch.SourceImport],
		"whose report it is, which may arrive at another platform")
	cmd.Flags().StringVar(&condition, "condition", "", "the filing condition (default the category's first)")
	supposed.Flag(cmd, &stops)
	cmd.AddCommand(expectCommand(o))
	cmd.Flags().StringVar(&points, "points", "", "CSV of lat,lng,category[,at]; one JSON line each")
	cli.LongRunning(cmd)
	return cmd
}

// routeOf routes one point. What prevents the routing is in Error.
func routeOf(o *cli.Options, c *city.City, source dispatch.Source, lat, lng, category, at string, d grid.Datum) routeJSON {
	r := routeJSON{Category: category, source: source}
	if err := fillRoute(&r, o, c, lat, lng, at, d); err != nil {
		r.said = cli.PlaceErrorText(c, err)
		r.Error = r.said.In(o.Lang)
	}
	return r
}

// fillRoute fills r as far as the point can be routed.
func fillRoute(r *routeJSON, o *cli.Options, c *city.City, lat, lng, at string, d grid.Datum) error {
	var err1, err2, err3 error
	r.Lat, err1 = cli.Degrees(lat)
	r.Lng, err2 = cli.Degrees(lng)
	when := time.Now().In(c.Location).Truncate(time.Second)
	if at != "" {
		when, err3 = cli.ParseTime(at, c.Location)
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	place, err := routing.PlaceOf(c, grid.Position{Lat: *r.Lat, Lng: *r.Lng, Datum: d})
	if err != nil {
		return err
	}
	r.place, r.when = place, when
	r.Place = viewOf(o, c).place(place)
	r.Cell, r.BorderM, r.Neighbour = r.Place.Cell, r.Place.BorderM, &r.Place.Neighbour
	for _, ref := range r.Place.Areas {
		r.Areas = append(r.Areas, areaJSON{ref.Level, ref.ID, c.Areas[grid.AreaID(ref.ID)].Name, ref.DisplayName})
	}
	code := catalog.Code(r.Category)
	if cat, _ := c.Category(r.Category); cat != nil {
		code = cat.Code
	}
	when = supposed.When(c, code, when)
	r.when = when
	dec, chain, err := explain.Route(c, r.source, place, code, when)
	if err != nil {
		return err
	}
	r.Category, r.Rule = string(code), dec.Rule
	owner := viewOf(o, c).owner(dec.Owner, when)
	r.Owner, r.CoOwners = &owner, []ownerJSON{}
	for _, co := range dec.CoOwners {
		r.CoOwners = append(r.CoOwners, viewOf(o, c).owner(co, when))
	}
	r.Chain = viewOf(o, c).chain(chain)
	limit, due, provisional, err := supposed.Limit(c, &place, code, dec.Owner.Unit, when)
	r.Limit, r.Unit = limit.N, limit.Unit.String()
	if err != nil {
		return err
	}
	r.Due, r.Provisional, r.DueTime, r.DueProvisional = &due, provisional, &due, &provisional
	return nil
}

// inFile adds the name of a file to an error that lacks it.
func inFile(name string, err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok && at.Path == name {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// routeFile routes each point of a table, one JSON object a line. It returns cli.ErrFound if a point could not be routed.
func routeFile(w io.Writer, o *cli.Options, c *city.City, file, at string, d grid.Datum) error {
	rows, in, err := records.OpenTable(file, func(cells []string) int { return min(len(cells), 4) })
	if err != nil {
		return cli.Failure(inFile(file, err))
	}
	defer func() { _ = in.Close() }() // it was only read
	enc := json.NewEncoder(w)
	wrong, first := false, true
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return cli.Failure(inFile(file, err))
		}
		rec := row.Cells
		if row.Blank() || first && strings.TrimSpace(rec[0]) == "lat" {
			first = false
			continue
		}
		first = false
		r := routeJSON{Error: i18n.F("%s: line %d has %d {cell|cells}; write lat,lng,category[,at]", "%s 第 %d 行有 %d 格；应为 lat,lng,category[,at]", file, row.Line, len(rec)).In(o.Lang)}
		if row.Fault.En != "" {
			r.Error = i18n.F("%[1]s: line %[2]d: %[3]s", "%[1]s 第 %[2]d 行：%[4]s", file, row.Line, row.Fault.En, row.Fault.Zh).In(o.Lang)
		} else if len(rec) == 3 {
			r = routeOf(o, c, dispatch.SourceInspector, rec[0], rec[1], rec[2], at, d)
		} else if len(rec) == 4 {
			r = routeOf(o, c, dispatch.SourceInspector, rec[0], rec[1], rec[2], rec[3], d)
		}
		wrong = wrong || r.Error != ""
		if err := enc.Encode(r); err != nil {
			return cli.Failure(err)
		}
	}
	if wrong {
		return cli.ErrFound
	}
	return nil
}
