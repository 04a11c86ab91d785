package rulings

import (
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"

	"github.com/spf13/cobra"
)

// Command makes, lists, revokes and exports rulings.
func Command(o *cli.Options) *cobra.Command {
	c := &remote.Server{Options: o}
	parent := &cobra.Command{Use: "precedent", Short: "Rulings on the accountable unit (权属认定): create, list, revoke and export"}
	c.Flags(parent)
	parent.AddCommand(create(c), list(c), revoke(c), export(c))
	return parent
}
