package rulings

import (
	"time"

	"wangge/cmd/wangge/cli"

	"github.com/spf13/cobra"

	wanggev1 "wangge/api/wangge/v1"
)

func list(c *caller) *cobra.Command {
	var asked filter
	cmd := &cobra.Command{
		Use: "list", Short: "List rulings, the latest first", Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			n := 0
			err := c.rulings(cmd, &asked, func(p *wanggev1.Precedent, zone *time.Location) error {
				n++
				return c.print(cmd.OutOrStdout(), p, zone)
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
