package revisions

import (
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
)

// caller is a command that calls a server, and prints the answers.
type caller struct{ *remote.Server }

func newCaller(o *cli.Options) *caller { return &caller{&remote.Server{Options: o}} }
