package client

import (
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
	"wangge/cmd/wangge/client/remote"
)

// client is a command that calls a server, and prints the answers.
type client struct{ *remote.Server }

func newClient(o *cli.Options) *client { return &client{&remote.Server{Options: o}} }

// words are the language of the caller and the zone of the city.
func (c *client) words(zone *time.Location) caseview.Words {
	return caseview.Words{Lang: c.Options.Lang, Zone: zone}
}
