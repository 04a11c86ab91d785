package citytools

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/city/geojson"
	"wangge/dispatch/city/sheets/csvfile"
	"wangge/dispatch/i18n"
	"wangge/grid"

	"github.com/spf13/cobra"
)

// gridCommand writes the unit grid.
func gridCommand(o *cli.Options) *cobra.Command {
	var table, places, area, at string
	cmd := &cobra.Command{
		Use:     "grid DIR",
		Short:   "Write the unit grid: each cell with its code, areas, people and shares, as CSV and GeoJSON",
		Example: "  wangge city grid harbin --area 230102 --csv grid.csv --geojson grid.geojson",
		Args:    cli.Args("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if table == "" && places == "" {
				return i18n.Errorf("city grid needs --csv FILE, --geojson FILE or both", "city grid 须给出 --csv 文件名、--geojson 文件名，或两者都给")
			}
			c, err := cli.LoadCity(args[0])
			if err != nil {
				return err
			}
			if area == "" {
				area = string(c.Root)
			}
			when := time.Now().In(c.Location)
			if at != "" {
				if when, err = o.Instant(cmd, at, c.Location); err != nil {
					return err
				}
			}
			within, ok := c.AreaOfCode(area, when)
			if !ok {
				return cli.Failure(i18n.Errorf("area %[1]q does not exist in %[2]s", "%[3]s没有区域 %[1]q", area, c.NameEn, c.Name))
			}
			g := gridWriter{c: c, within: within, at: when}
			if table != "" {
				if err := o.Files.Do(func() error { return cli.WriteWith(table, g.csv) }); err != nil {
					return err
				}
			}
			if places != "" {
				if err := o.Files.Do(func() error { return cli.WriteWith(places, g.hexagons) }); err != nil {
					return err
				}
			}
			if o.JSON {
				return cli.Encode(cmd.OutOrStdout(), map[string]any{
					"area": within, "cells": g.cells, "size_m2": math.Round(g.m2), "shared": g.shared, "without_code": g.bare, "csv": table,
					"geojson": places,
				})
			}
			o.Printer(cmd.OutOrStdout(), c.Location).Line("%d {cell|cells}, %.3f km², %d shared by several areas, %d without a code", "%d 个单元网格，%.3f 平方公里，%d 个为多个区域共有，%d 个没有编码", g.cells, g.m2/1e6, g.shared, g.bare)
			return nil
		},
	}
	cmd.Flags().StringVar(&table, "csv", "", "write a table to this file")
	cmd.Flags().StringVar(&places, "geojson", "", "write hexagons to this file")
	cmd.Flags().StringVar(&area, "area", "", "only cells that report to this area, by its id or a code that it had (default the city)")
	cmd.Flags().StringVar(&at, "at", "", "codes and people as of that instant (default now)")
	return cmd
}

// gridWriter writes the cells of an area as a table or a map, and counts them.
type gridWriter struct {
	c      *city.City
	within grid.AreaID
	at     time.Time

	cells, shared, bare int
	m2                  float64
}

// each calls do with every cell, and counts them anew.
func (g *gridWriter) each(do func(city.UnitGrid) error) error {
	g.cells, g.shared, g.bare, g.m2 = 0, 0, 0, 0
	for u, err := range g.c.UnitGrids(g.within, g.at) {
		if err != nil {
			return err
		}
		g.cells++
		g.m2 += u.SizeM2
		if len(u.Shares) > 1 {
			g.shared++
		}
		if u.Code == "" {
			g.bare++
		}
		if err := do(u); err != nil {
			return err
		}
	}
	return nil
}

// share is a part of a whole hexagon, rounded to four digits.
func share(m2, whole float64) float64 { return math.Round(m2/whole*1e4) / 1e4 }

// csv writes the cells as a table.
func (g *gridWriter) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	head := append([]string{"code", "cell", "lat", "lng", "size_m2"}, g.c.Levels...)
	if err := out.Write(append(head, "owner", "owner_share", "shares", "post", "people")); err != nil {
		return err
	}
	err := g.each(func(u city.UnitGrid) error {
		row := []string{
			u.Code, u.Cell.String(), fmt.Sprintf("%.6f", u.Middle.Lat), fmt.Sprintf("%.6f", u.Middle.Lng),
			strconv.Itoa(int(math.Round(u.SizeM2))),
		}
		levels := make([]string, len(g.c.Levels))
		for _, id := range u.Areas {
			levels[g.c.Areas[id].Level] = string(id)
		}
		shares := make([]string, len(u.Shares))
		for i, s := range u.Shares {
			shares[i] = fmt.Sprintf("%s:%.4f", s.Area, share(s.M2, u.SizeM2))
		}
		people := make([]string, len(u.Persons))
		for i, p := range u.Persons {
			people[i] = string(p)
		}
		row = append(row, levels...)
		row = append(row, string(u.Shares[0].Area), fmt.Sprintf("%.4f", share(u.Shares[0].M2, u.SizeM2)),
			strings.Join(shares, " "), string(u.Post), strings.Join(people, " "))
		for i, cell := range row {
			row[i] = csvfile.Inert(cell)
		}
		return out.Write(row)
	})
	out.Flush()
	return errors.Join(err, out.Error())
}

// hexagons writes the cells as hexagons, a GeoJSON collection.
func (g *gridWriter) hexagons(w io.Writer) error {
	type properties struct {
		Code   string                  `json:"code"`
		Cell   string                  `json:"cell"`
		SizeM2 float64                 `json:"size_m2"`
		Areas  []grid.AreaID           `json:"areas"`
		Owner  grid.AreaID             `json:"owner"`
		Shares map[grid.AreaID]float64 `json:"shares"`
		Post   string                  `json:"post"`
		People []string                `json:"people"`
	}
	out := geojson.NewWriter(w)
	err := g.each(func(u city.UnitGrid) error {
		p := properties{
			Code: u.Code, Cell: u.Cell.String(), SizeM2: math.Round(u.SizeM2), Areas: u.Areas, Owner: u.Shares[0].Area,
			Shares: map[grid.AreaID]float64{}, Post: string(u.Post), People: []string{},
		}
		for _, s := range u.Shares {
			p.Shares[s.Area] = share(s.M2, u.SizeM2)
		}
		for _, person := range u.Persons {
			p.People = append(p.People, string(person))
		}
		hexagon, err := u.Cell.Boundary()
		if err != nil {
			return err
		}
		out.Polygons(p, []grid.Polygon{{hexagon}})
		return nil
	})
	return errors.Join(err, out.Close())
}
