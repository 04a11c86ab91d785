package citytools

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/lint"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
)

// CityCommand holds the commands on city directories that need no server. The caller adds those that need one.
func CityCommand(o *cli.Options) *cobra.Command {
	parent := &cobra.Command{Use: "city", Short: "Check, compare, apply and exchange city directories"}
	var places string
	check := &cobra.Command{
		Use:     "check DIR",
		Short:   "Say everything that is wrong with a city directory: file, line, what to write instead",
		Example: "  wangge city check harbin\n  wangge city check ./our-city --lang zh --geojson defects.geojson",
		Args:    cli.Args("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			fsys, err := cli.CityDirectory(args[0])
			if err != nil {
				return err
			}
			begin := time.Now()
			c, faults := compile.FS(fsys)
			took := time.Since(begin)
			if places != "" {
				defects, _ := compile.DefectsOf(fsys) // its faults are among those of the city
				if err := o.Files.Do(func() error {
					return cli.WriteWith(places, func(w io.Writer) error { return writeDefects(w, o, defects) })
				}); err != nil {
					return err
				}
			}
			return printCheck(cmd, o, c, faults, took)
		},
	}
	check.Flags().StringVar(&places, "geojson", "", "write the places of all defects of the drawn areas to this file")
	parent.AddCommand(check, gridCommand(o), proveCommand(o), cityExport(o), cityImport(o), cityReplay(o))
	cli.LongRunning(parent.Commands()...)
	return parent
}

// printCheck prints the diagnostics and warnings of a city; it returns cli.ErrFound if there are diagnostics.
func printCheck(cmd *cobra.Command, o *cli.Options, c *city.City, faults []diag.Diagnostic, took time.Duration) error {
	out := cmd.OutOrStdout()
	rows, remarks, and := cli.FaultRows(o.Lang, faults), []cli.FaultJSON{}, i18n.F("; ", "；").In(o.Lang)
	if len(faults) == 0 {
		remarks = cli.FaultRows(o.Lang, lint.Warnings(c))
	}
	switch {
	case o.JSON:
		all := map[string]any{"ok": len(faults) == 0, "faults": rows, "remarks": remarks}
		if len(faults) == 0 { // two checks of a faulty city print the same, as they do without --json
			s := c.Index.Stats()
			all["revision"], all["city_revision"], all["areas"], all["load_seconds"] = c.Revision, c.Revision, len(c.Areas), took.Seconds()
			all["index"] = map[string]int{
				"cells": s.InteriorCells + s.BorderCells, "border_cells": s.BorderCells, "edges": s.Edges, "bytes": s.Bytes,
			}
		}
		if err := json.NewEncoder(out).Encode(all); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	case len(faults) == 0:
		s := c.Index.Stats()
		o.Printer(out, c.Location).Line("%s (%s) revision %s: %d {area|areas}, %d {category|categories}, %d {rule|rules}; index %d {cell|cells}, %d at borders, %d {edge|edges}, %d KiB; loaded in %.2f s",
			"%[1]s版本 %[3]s：%[4]d 个区域、%[5]d 个类别、%[6]d 条规则；索引 %[7]d 个 H3 单元，其中 %[8]d 个跨边界，%[9]d 条边，%[10]d KB；载入用时 %.2[11]f 秒",
			c.Name, c.NameEn, c.Revision, len(c.Areas), len(c.Categories), len(c.Rules),
			s.InteriorCells+s.BorderCells, s.BorderCells, s.Edges, s.Bytes/1024, took.Seconds())
		for _, d := range c.Defects {
			o.Printer(out, c.Location).Line("accepted: %s (%s)", "已确认：%s（%s）", d.Message, d.Reason)
		}
		for _, r := range remarks {
			fmt.Fprintf(out, "%s:%d: %s%s%s\n", r.File, r.Line, r.Message, and, r.Suggestion)
		}
	default:
		for _, r := range rows {
			fmt.Fprintf(out, "%s:%d: %s%s%s\n", r.File, r.Line, r.Message, and, r.Suggestion)
		}
	}
	if len(faults) > 0 {
		return cli.ErrFound
	}
	return nil
}
