package client

import (
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
)

// client is a command that calls a server, and prints the answers.
type client struct{ *remote.Server }

func newClient(o *cli.Options) *client { return &client{&remote.Server{Options: o}} }
