package rulings

import (
	"wangge/cmd/wangge/cli"

	"github.com/spf13/cobra"
)

// Command makes, lists, revokes and exports rulings.
func Command(o *cli.Options) *cobra.Command {
	c := newCaller(o)
	parent := &cobra.Command{Use: "precedent", Short: "Rule on who is accountable (权属认定), list, revoke and export rulings"}
	c.Flags(parent)
	parent.AddCommand(create(c), list(c), revoke(c), export(c))
	return parent
}
