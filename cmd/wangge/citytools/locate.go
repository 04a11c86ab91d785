package citytools

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"wangge/api/resource"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// locateJSON is wanggev1.LocateResponse, with the position as it was typed and the values of place at the top level besides.
type locateJSON struct {
	Lat      *float64     `json:"lat"`
	Lng      *float64     `json:"lng"`
	Cell     string       `json:"cell,omitempty"`
	Areas    []areaJSON   `json:"areas,omitempty"`
	Place    *placeJSON   `json:"place,omitempty"`
	Sections []unitJSON   `json:"sections,omitzero"` // these lists are left out where there is no place
	Borders  []borderJSON `json:"borders,omitzero"`
	Points   []pointJSON  `json:"points,omitzero"`
	Guess    string       `json:"guess,omitempty"` // of a position outside the city
	Error    string       `json:"error,omitempty"`
}

// unitJSON is wanggev1.SectionRef and a name besides.
type unitJSON struct {
	ID          string `json:"id"`
	Name        string `json:"name"` // the same as display_name
	Department  string `json:"department"`
	DisplayName string `json:"display_name"`
}

// borderJSON has the ids of the areas, where wanggev1.LocateResponse.Border has references.
type borderJSON struct {
	Area                 grid.AreaID `json:"area"`
	DistanceM            *float64    `json:"distance_m"` // null: the ground has no border
	Neighbour            grid.AreaID `json:"neighbour"`  // empty: outside the city
	Ambiguous            bool        `json:"ambiguous"`
	AreaDisplayName      string      `json:"area_display_name"`
	NeighbourDisplayName string      `json:"neighbour_display_name"`

	distance float64
}

// pointJSON is wanggev1.LocateResponse.NearPoint and the id besides.
type pointJSON struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	DisplayName string  `json:"display_name"`
	Kind        string  `json:"kind"`
	DistanceM   float64 `json:"distance_m"`
	Unit        string  `json:"unit"`
	Component   string  `json:"component"` // the code of an asset

	unit roster.Unit
}

// LocateCommand says in which areas and sections a position lies, and which borders and points are near.
func LocateCommand(o *cli.Options) *cobra.Command {
	var dir, datum string
	var accuracy, within float64
	cmd := &cobra.Command{
		Use:     "locate LAT LNG",
		Short:   "Say whose ground a position is: areas, sections, borders with who is next door, points near by",
		Example: "  wangge locate 45.755 126.600\n  wangge locate --city boston 42.35 -71.08 --accuracy 30",
		Args:    cli.Args("LAT", "LNG"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := grid.ParseDatum(datum)
			if err != nil {
				return err
			}
			lat, err1 := cli.Degrees(args[0])
			lng, err2 := cli.Degrees(args[1])
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			c, err := cli.LoadCity(dir)
			if err != nil {
				return err
			}
			out := locateJSON{Lat: lat, Lng: lng}
			at, failed := routing.Locate(c, grid.Position{Lat: *lat, Lng: *lng, Datum: d, AccuracyM: accuracy}, within)
			if failed != nil {
				out.Error = cli.PlaceErrorText(c, failed).In(o.Lang)
				guess := c.Index.LikelyErrorOf(*lat, *lng)
				if outside, ok := errors.AsType[*grid.OutsideError](failed); ok {
					guess = outside.Likely
				}
				out.Guess = string(guess.Kind)
			} else {
				out.fill(c, o, at)
			}
			if o.JSON {
				err = cli.Encode(cmd.OutOrStdout(), out)
			} else {
				out.print(cmd, o, c)
			}
			if err == nil && out.Error != "" {
				err = cli.ErrFound
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "city", "harbin", "a built-in city (harbin, boston) or a directory")
	cli.ChoiceFlag(cmd, &datum, "datum", "wgs84", grid.DatumNames(), "wgs84, gcj02, bd09 or cgcs2000")
	cli.MetresFlag(cmd.Flags(), &accuracy, "accuracy", 0, grid.MaxAccuracyM, "how far off the position may be, in metres")
	cli.MetresFlag(cmd.Flags(), &within, "within", 200, routing.MaxNearPointsM, "how far to look for points, in metres")
	cli.LongRunning(cmd)
	return cmd
}

func (l *locateJSON) fill(c *city.City, o *cli.Options, at routing.LocatedPosition) {
	l.Place = viewOf(o, c).place(at.Place)
	l.Cell, l.Sections, l.Borders, l.Points = l.Place.Cell, []unitJSON{}, []borderJSON{}, []pointJSON{}
	for _, ref := range l.Place.Areas {
		l.Areas = append(l.Areas, areaJSON{ref.Level, ref.ID, ref.DisplayName, ref.DisplayName})
	}
	for _, ref := range l.Place.Sections {
		l.Sections = append(l.Sections, unitJSON{ref.ID, ref.DisplayName, ref.Department, ref.DisplayName})
	}
	for _, b := range at.Borders {
		row := borderJSON{
			Area: b.Area, AreaDisplayName: viewOf(o, c).areaName(b.Area), DistanceM: finiteOrNil(b.DistanceM), Neighbour: b.Neighbour,
			Ambiguous: b.Ambiguous, distance: b.DistanceM,
		}
		if b.Neighbour != "" {
			row.NeighbourDisplayName = viewOf(o, c).areaName(b.Neighbour)
		}
		l.Borders = append(l.Borders, row)
	}
	for _, p := range at.Points {
		u := roster.Unit{Kind: roster.UnitPoint, ID: p.Point.ID}
		up, _ := c.Parent(u)
		l.Points = append(l.Points, pointJSON{
			p.Point.ID, resource.Unit(u), viewOf(o, c).unitName(u), p.Point.Kind, p.DistanceM, resource.Unit(up), p.Point.Component, up,
		})
	}
}

func (l *locateJSON) print(cmd *cobra.Command, o *cli.Options, c *city.City) {
	w := cmd.OutOrStdout()
	if l.Error != "" {
		fmt.Fprintln(w, l.Error)
		return
	}
	p := o.Printer(w, c.Location)
	p.Line("cell       %s", "H3 单元    %s", l.Cell)
	for i, a := range l.Areas {
		b := l.Borders[i]
		next := string(b.Neighbour)
		if c.Areas[b.Neighbour] != nil {
			next += " " + c.UnitName(roster.Unit{Kind: roster.UnitArea, ID: next}).In(o.Lang)
		}
		if next == "" {
			next = "-"
		}
		mark := ""
		if b.Ambiguous {
			mark = "  ?"
		}
		p.Line("%-10s %s %s; border in %s, next door %s%s", "%-10s %s %s；距边界 %s，相邻 %s%s", dispatch.LevelText(a.Level), a.ID, a.Name, distanceText(b.distance), next, mark)
	}
	for _, s := range l.Sections {
		p.Line("section    %s %s, %s", "责任段     %s %s，%s", s.ID, s.Name, s.Department)
	}
	for _, at := range l.Points {
		p.Line("%-10s %s %s, %s, %s %s", "%-10s %s %s，%s，%s %s",
			at.Kind, at.ID, at.DisplayName, distanceText(at.DistanceM), at.unit, at.Component)
	}
}

// distanceText is a distance on the ground: below a kilometre to 0.1 m, because a border may be that near.
func distanceText(m float64) i18n.Text {
	if m < 1000 {
		return i18n.F("%.1f m", "%.1f 米", m)
	}
	return i18n.Metres(m)
}
