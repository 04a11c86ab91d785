package citytools

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"wangge/cmd/wangge/citytools/supposed"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/diag"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
)

// expectCommand compares the expectations of a city with what the city decides.
func expectCommand(o *cli.Options) *cobra.Command {
	var dir string
	var record bool
	var stops []string
	cmd := &cobra.Command{
		Use:   "test [FILE]",
		Short: "Check a city's own expectations: position, category and instant -> owner, person, deadline, ladder",
		Long: "FILE is a CSV with lat, lng, category, at and any of datum, owner, person, due, ladder, rule, note; an empty cell expects nothing.\n" +
			"Without FILE it is " + city.ExpectationsFile + " of the city. --record fills in what the city does today and writes the file.",
		Example: "  wangge route test expectations.csv --city harbin\n  wangge route test --city ./our-city\n  wangge route test points.csv --city harbin --record",
		Args:    cli.Args("[FILE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := cli.LoadCity(dir)
			if err != nil {
				return err
			}
			if record && stops != nil {
				return i18n.Errorf("--record writes what the city does, and no --campaign", "--record 只记录城市自身的结果，不能与 --campaign 同用")
			}
			if c, err = supposed.City(o, cmd, c, stops); err != nil {
				return err
			}
			list, file, err := expectationsOf(c, dir, args)
			if err != nil {
				return err
			}
			begin := time.Now()
			checks := explain.RunExpectations(c, list)
			took := time.Since(begin)
			if record {
				return recordExpectations(cmd.OutOrStdout(), o, c, file, &checks)
			}
			return printChecks(cmd.OutOrStdout(), o, c, &checks, took)
		},
	}
	cmd.Flags().StringVar(&dir, "city", "harbin", "a built-in city (harbin, boston) or a directory")
	cmd.Flags().BoolVar(&record, "record", false, "write what the city does today into FILE")
	supposed.Flag(cmd, &stops)
	return cmd
}

// expectationsOf reads expectations from a file, or those of the city itself, and returns the name of the file.
func expectationsOf(c *city.City, dir string, args []string) ([]city.Expectation, string, error) {
	var data []byte
	var err error
	file := city.ExpectationsFile
	if len(args) == 1 {
		file = args[0]
		data, err = os.ReadFile(file)
	} else {
		var fsys fs.FS
		if fsys, err = cli.CityDirectory(dir); err == nil {
			data, err = fs.ReadFile(fsys, file)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, "", cli.Failure(i18n.Errorf("city %s has no %s; name a file, or make one with --record from a CSV of lat,lng,category,at", "城市 %s 没有 %s；请指定文件，或用 --record 由含 lat,lng,category,at 的 CSV 生成", dir, file))
		}
	}
	if err != nil {
		return nil, "", cli.Failure(err)
	}
	list, faults := compile.ReadExpectations(c, file, data)
	if len(faults) > 0 {
		return nil, "", cli.CityFaults(faults)
	}
	return list, file, nil
}

// recordExpectations writes what the city decides today over the expectations of a file. A row that can't be routed is refused.
func recordExpectations(w io.Writer, o *cli.Options, c *city.City, file string, checks *explain.ExpectationResults) error {
	list, lost := make([]city.Expectation, 0, len(checks.Results)), []diag.Diagnostic(nil)
	for _, k := range checks.Results {
		if k.Unroutable {
			lost = append(lost, diag.Diagnostic{File: file, Line: k.Expected.Line, Message: k.Differs[0], Suggestion: i18n.F("mend the row or take it out", "请更正或删去该行")})
			continue
		}
		list = append(list, k.Got)
	}
	if lost != nil {
		return cli.CityFaults(lost) // nothing is written over rows that would be lost
	}
	if err := o.Files.Do(func() error { return cli.WriteFile(file, city.WriteExpectations(c, list)) }); err != nil {
		return cli.Failure(err)
	}
	if o.JSON {
		return cli.Encode(w, map[string]any{"file": file, "rows": len(list)})
	}
	fmt.Fprintf(w, "%s: %d\n", file, len(list))
	return nil
}

// differJSON is an expectation that the city does not meet.
type differJSON struct {
	Line     int      `json:"line"`
	Lat      float64  `json:"lat"`
	Lng      float64  `json:"lng"`
	Category string   `json:"category"`
	Differs  []string `json:"differs"`
}

// printChecks prints the differences; it returns cli.ErrFound if there are any.
func printChecks(w io.Writer, o *cli.Options, c *city.City, checks *explain.ExpectationResults, took time.Duration) error {
	for _, k := range checks.Results {
		if len(k.Differs) == 0 {
			continue
		}
		row := differJSON{k.Expected.Line, k.Expected.Position.Lat, k.Expected.Position.Lng, string(k.Expected.Category), nil}
		for _, d := range k.Differs {
			row.Differs = append(row.Differs, d.In(o.Lang))
		}
		if o.JSON {
			if err := cli.Encode(w, row); err != nil {
				return err
			}
			continue
		}
		for _, d := range row.Differs {
			fmt.Fprintf(w, "%d: %.6f,%.6f %s: %s\n", row.Line, row.Lat, row.Lng, row.Category, d)
		}
	}
	n := len(checks.Results)
	share := 0.0
	if n > 0 {
		share = float64(checks.Fallback) / float64(n)
	}
	if o.JSON {
		if err := cli.Encode(w, map[string]any{
			"rows": n, "failed": checks.Failed, "fallback": checks.Fallback, "fallback_share": share,
			"city_revision": c.Revision, "seconds": took.Seconds(),
		}); err != nil {
			return err
		}
	} else {
		o.Printer(w, nil).Line("%d {row|rows}, %d {differs|differ}; the last rule took %d (%.1f %%); %.3f s", "%d 行，%d 行不符；兜底规则承接 %d 行（%.1f %%）；%.3f 秒",
			n, checks.Failed, checks.Fallback, 100*share, took.Seconds())
	}
	if checks.Failed > 0 {
		return cli.ErrFound
	}
	return nil
}
