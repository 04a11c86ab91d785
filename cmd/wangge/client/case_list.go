package client

import (
	"context"
	"errors"
	"io"
	"math"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/casetable"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// sheetFlags say whether a list is for a spreadsheet, and where it is written.
type sheetFlags struct {
	csv, xlsx, force bool
	output           string
}

// add adds the flags.
func (s *sheetFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.csv, "csv", false, "as CSV with all columns, for spreadsheets; all cases unless --limit is given")
	cmd.Flags().BoolVar(&s.xlsx, "xlsx", false, "as an XLSX workbook with all columns; needs -o; all cases unless --limit is given, 1,048,575 at most")
	cmd.Flags().StringVarP(&s.output, "output", "o", "", "with --csv or --xlsx: the file to write (default standard output, for --csv)")
	cmd.Flags().BoolVar(&s.force, "force", false, "replace the file of -o if it exists")
}

// sheet reports whether the list is for a spreadsheet.
func (s *sheetFlags) sheet() bool { return s.csv || s.xlsx }

// check refuses flags that do not go together, and a file that exists. A list for a spreadsheet is read to its end unless the command says
// how far.
func (l *listFlags) check(cmd *cobra.Command, c *client) error {
	switch {
	case l.csv && l.xlsx:
		return i18n.Errorf("--csv and --xlsx exclude each other", "--csv 与 --xlsx 不能同时使用")
	case l.sheet() && c.Options.JSON:
		return i18n.Errorf("--json does not go with --csv and --xlsx", "--json 不能与 --csv、--xlsx 同用")
	case l.xlsx && l.output == "":
		return i18n.Errorf("--xlsx needs -o FILE", "--xlsx 须用 -o 给出文件")
	case !l.sheet() && (l.output != "" || l.force):
		return i18n.Errorf("-o and --force need --csv or --xlsx", "-o 与 --force 须与 --csv 或 --xlsx 同用")
	case l.sheet() && !cmd.Flags().Changed("limit"):
		l.limit = math.MaxInt32
	}
	if l.sheet() && !cmd.Flags().Changed("timeout") {
		c.Timeout = 0 // a long list takes many calls
	}
	if l.output == "" {
		return nil
	}
	return cli.Free(l.output, l.force)
}

// printCase prints a case as a line of JSON, with its times in a zone.
type printCase func(io.Writer, *wanggev1.Case, *time.Location) error

// list writes a list of cases: a table for the eye, a sheet, or lines of JSON by asJSON.
func (c *client) list(
	cmd *cobra.Command, l *listFlags, next caseLister, asJSON printCase,
) error {
	if err := l.check(cmd, c); err != nil {
		return err
	}
	return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		zone, err := c.CityZoneOrUTC(ctx, conn)
		if err != nil {
			return err
		}
		written, answered := 0, error(nil) // what the server refuses is put into words by Call, which has to see it as it is
		write := func(w io.Writer) error {
			table, err := c.table(w, l, zone, asJSON)
			if err != nil {
				return err
			}
			written, answered = c.listAll(ctx, conn, cmd, l, next, table)
			return errors.Join(answered, table.Close())
		}
		switch {
		case l.output == "":
			err = write(cmd.OutOrStdout())
		case l.csv:
			err = cli.WriteWith(l.output, write)
		default:
			err = cli.WriteBytesWith(l.output, write)
		}
		if answered != nil {
			return answered
		}
		if err == nil && l.output != "" {
			c.Options.Note(cmd, nil, i18n.F("%d {case|cases} in %s", "%[1]d 件案件已写入 %[2]s", written, l.output))
		}
		return err
	})
}

// table is the table that the flags ask for.
func (c *client) table(
	w io.Writer, l *listFlags, zone *time.Location, asJSON printCase,
) (casetable.Table, error) {
	switch {
	case l.csv:
		return casetable.CSV(w, c.words(zone))
	case l.xlsx:
		return casetable.XLSX(w, c.words(zone))
	case c.Options.JSON:
		return jsonLines{w, zone, asJSON}, nil
	}
	return casetable.Text(w, c.words(zone)), nil
}

// jsonLines is a list as lines of JSON.
type jsonLines struct {
	to    io.Writer
	zone  *time.Location
	print printCase
}

// Add implements casetable.Table.
func (j jsonLines) Add(cs *wanggev1.Case) error { return j.print(j.to, cs, j.zone) }

// Flush implements casetable.Table.
func (jsonLines) Flush() error { return nil }

// Close implements casetable.Table.
func (jsonLines) Close() error { return nil }
