package server

import (
	"errors"
	"os"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/records"
	"wangge/dispatch/desk"

	"github.com/spf13/cobra"
)

// ImportCommand takes over past records.
func ImportCommand(o *cli.Options) *cobra.Command {
	var dir, format, data, refused string
	var dry bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take over past records from a CSV (or .csv.gz): every one is imported, already there, or refused with a reason",
		//nolint:lll // lines of the help
		Long: `Takes over past records with their own times. The format, from the city's imports.yaml, says which column is what.
Records keep their id: starting again after an interruption ends in the same state. The server must not be running on the
same data directory.
UTF-8, UTF-16 and GBK are told apart; commas, semicolons and tabs, too. A record that was closed before it was opened is
taken as closed when it was opened. One without a position is kept without one: it belongs to the unit that the format
names for its department, or else to the recorded district or the city, and case list --unlocated lists it. A format with
no_address places it there instead. What had to be assumed is counted, with lines. Refused records go to a CSV with the reason of each, to be mended and imported again.`,
		Example: "  wangge import dispatch/city/cities/boston/events/boston311-2011.csv.gz --city boston --format boston311 --data ./boston-data",
		Args:    cli.Args("FILE"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := cli.LoadCity(dir)
			if err != nil {
				return err
			}
			f, err := records.FormatOf(c, dir, format)
			if err != nil {
				return err
			}
			if at, err := os.Open(args[0]); err != nil { // before a store is made for it
				return cli.Failure(err)
			} else if err := at.Close(); err != nil {
				return cli.Failure(err)
			}
			rows := records.NewReader(c, f, o.Lang, cli.NewProgress(cmd.ErrOrStderr()))
			var out *records.RefusedFile
			if !dry || refused != "" {
				out = records.NewRefusedFile(refused, data, args[0], o.Lang)
			}
			if dry {
				r, err := newRehearsal(cmd.Context(), c, data)
				if err != nil {
					return cli.Failure(err)
				}
				defer func() { err = errors.Join(err, r.Close()) }()
				return records.NewTakeover(rows, r, out).Run(cmd.Context(), cmd.OutOrStdout(), o, args[0])
			}
			if err := prepareStore(data, false); err != nil {
				return cli.Failure(err)
			}
			store, err := openStore(data)
			if err != nil {
				return cli.Failure(err)
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			d, err := desk.Open(cmd.Context(), desk.Config{Store: store, City: c})
			if err != nil {
				return cli.Failure(err)
			}
			defer d.Close()
			return records.NewTakeover(rows, d, out).Run(cmd.Context(), cmd.OutOrStdout(), o, args[0])
		},
	}
	cmd.Flags().StringVar(&dir, "city", "", "a built-in city (harbin, boston) or a directory")
	cmd.Flags().StringVar(&format, "format", "", "name of a format in the city's imports.yaml")
	cmd.Flags().StringVar(&data, "data", "", "data directory; it is made if it is not there")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would become of each record, and write nothing but the file of --refused")
	cmd.Flags().StringVar(&refused, "refused", "", "CSV to write refused records to (default NAME-refused.csv in the data directory)")
	for _, f := range []string{"city", "format", "data"} {
		_ = cmd.MarkFlagRequired(f) // the flags are defined just above
	}
	return cmd
}
