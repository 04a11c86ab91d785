package rulings

import (
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"

	"github.com/spf13/cobra"

	wanggev1 "wangge/api/wangge/v1"
)

func list(c *remote.Server) *cobra.Command {
	var asked filter
	cmd := &cobra.Command{
		Use: "list", Short: "List rulings, the latest first", Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			n := 0
			err := each(c, cmd, &asked, func(p *wanggev1.Precedent, zone *time.Location) error {
				n++
				return printRuling(c, cmd.OutOrStdout(), p, zone)
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
