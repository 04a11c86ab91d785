// Command wangge runs the dispatch service and its tools. Each subcommand has its own file.
package main

import (
	"context"
	"io"
	"os"
	_ "time/tzdata" // city time zones on machines without a zone database

	"github.com/spf13/cobra"

	"wangge/cmd/wangge/cli"
)

func main() {
	os.Exit(run(cli.Signals(), os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return cli.Run(ctx, args, stdout, stderr, commands)
}

// commands are the subcommands of wangge.
func commands(o *cli.Options) []*cobra.Command {
	city := cityCommand(o)
	city.AddCommand(revisionCommands(o)...)
	return []*cobra.Command{
		demoCommand(o), serveCommand(o), tokenCommand(o), importCommand(o), checkCommand(o), auditCommand(o), simCommand(o),
		reportCommand(o), caseCommand(o), precedentCommand(o), overdueCommand(o), watchCommand(o), outboxCommand(o),
		city, routeCommand(o), onDutyCommand(o), locateCommand(o), deadlineCommand(o, newCaseDeadlines(o)),
		loadCommand(o),
	}
}
