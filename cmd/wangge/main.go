// Command wangge runs the dispatch service and its tools. This file is the table of its commands; the rooms beside it hold them.
package main

import (
	"context"
	"io"
	"os"
	_ "time/tzdata"

	"wangge/cmd/wangge/citytools"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client"
	"wangge/cmd/wangge/client/campaigns"
	"wangge/cmd/wangge/client/forms"
	"wangge/cmd/wangge/client/revisions"
	"wangge/cmd/wangge/client/rulings"
	"wangge/cmd/wangge/client/tokens"
	"wangge/cmd/wangge/loadtest"
	"wangge/cmd/wangge/server"

	// city time zones on machines without a zone database

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(cli.Signals(), os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return cli.Run(ctx, args, stdout, stderr, commands)
}

// commands are the subcommands of wangge, by what they need.
func commands(o *cli.Options) []*cobra.Command {
	city := citytools.CityCommand(o)
	city.AddCommand(revisions.Commands(o)...)
	city.AddCommand(forms.PublicCommand(o))
	token := server.TokenCommand(o)
	token.AddCommand(tokens.Commands(o)...)
	return []*cobra.Command{
		// A data directory, or none.
		server.DemoCommand(o),
		server.ServeCommand(o),
		token,
		server.ImportCommand(o),
		server.CheckCommand(o),
		server.AuditCommand(o),
		server.SimCommand(o),

		// A server.
		client.ReportCommand(o),
		client.CaseCommand(o),
		rulings.Command(o),
		campaigns.Command(o),
		client.OverdueCommand(o),
		client.WatchCommand(o),
		client.OutboxCommand(o),
		forms.MeCommand(o),
		forms.CategoriesCommand(o),
		forms.UnitsCommand(o),
		forms.AreasCommand(o),
		client.AccessCommand(o),

		// A city directory; some of the subcommands of city, and deadline --case, a server.
		city,
		citytools.RouteCommand(o),
		citytools.OnDutyCommand(o),
		citytools.LocateCommand(o),
		citytools.DeadlineCommand(o, client.NewCaseDeadlines(o)),

		// A server of its own.
		loadtest.Command(o),
	}
}
