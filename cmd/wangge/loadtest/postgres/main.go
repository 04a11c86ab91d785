// Command postgres is wangge load with one phase more, which does the same job the usual way: PostgreSQL with PostGIS behind the
// same gRPC methods. Areas are polygons with a GiST index, a point is routed with ST_Contains, and a case and its event are
// inserted, with their indexes, in one synchronous transaction. It checks no token, keeps no escalation policy, answers no watcher
// and knows no request twice but by its unique index. It is a module of its own, so that the product needs no driver. In this
// directory:
//
//	go run . load --phases reports,batches,pages,postgres --postgres postgres://localhost/wangge
//
// The database is emptied first.
package main

import (
	"os"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/loadtest"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(cli.Run(cli.Signals(), os.Args[1:], os.Stdout, os.Stderr, func(o *cli.Options) []*cobra.Command {
		return []*cobra.Command{loadtest.Command(o, phase)}
	}))
}
