package client

import (
	"context"
	"io"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/casefile"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
)

// casePrint writes a paper about a case.
func casePrint(c *client) *cobra.Command {
	var form, output string
	var force bool
	cmd := &cobra.Command{
		Use: "print NUMBER", Short: "Write the file of a case, or a notice about the case, as a page of HTML to print", Args: cli.Args("NUMBER"),
		Example: "  wangge case print 20261123-000417 -o case.html\n  wangge case print 20261123-000417 --form rectification -o notice.html",
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.Options.JSON {
				return i18n.Errorf("case print writes HTML: leave out --json, or use case show --json", "case print 输出 HTML：请去掉 --json，或改用 case show --json")
			}
			if output != "" {
				if err := cli.Free(output, force); err != nil {
					return err
				}
			}
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				document, err := c.document(ctx, conn, args[0])
				if err != nil {
					return err
				}
				write := func(w io.Writer) error { return casefile.Write(w, casefile.Form(form), document) }
				if output != "" {
					return cli.WriteWith(output, write)
				}
				if err := write(cmd.OutOrStdout()); err != nil {
					return cli.Failure(err)
				}
				return nil
			})
		},
	}
	cli.ChoiceFlag(cmd, &form, "form", string(casefile.File), casefile.Forms(),
		"file: the whole case; rectification: what the accountable unit is to put right; supervision: a leader's instruction to the unit")
	cmd.Flags().StringVarP(&output, "output", "o", "", "the file to write (default standard output)")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file of -o if it exists")
	return cmd
}

// document reads the printed content of a case.
func (c *client) document(ctx context.Context, conn *grpc.ClientConn, number string) (d casefile.Document, err error) {
	record, err := readRecord(ctx, conn, number)
	if err != nil {
		return d, err
	}
	zone, err := c.CityZone(ctx, conn)
	if err != nil {
		return d, err
	}
	city, err := c.City(ctx, conn)
	if err != nil {
		return d, err
	}
	words := c.words(zone)
	words.Plain = true
	return casefile.Document{
		Words: words, City: city.GetDisplayName(), Printed: time.Now().In(zone).Format("2006-01-02 15:04"), Account: words.Account(record),
	}, nil
}
