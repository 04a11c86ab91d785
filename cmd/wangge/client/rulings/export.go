package rulings

import (
	"encoding/csv"
	"errors"
	"io"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/city/sheets/csvfile"

	"github.com/spf13/cobra"

	wanggev1 "wangge/api/wangge/v1"
)

func export(c *remote.Server) *cobra.Command {
	var asked filter
	cmd := &cobra.Command{
		Use: "export FILE", Short: "Write rulings as CSV for the joint meeting; - is standard output", Args: cli.Args("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, answered := 0, error(nil)
			export := func(out io.Writer) error {
				if _, err := io.WriteString(out, "\ufeff"); err != nil { // so that spreadsheets read it as UTF-8
					return cli.Failure(err)
				}
				w := csv.NewWriter(out)
				if err := w.Write(columns); err != nil {
					return cli.Failure(err)
				}
				answered = each(c, cmd, &asked, func(p *wanggev1.Precedent, zone *time.Location) error {
					n++
					row := row(p, zone, c.Options.Lang)
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
