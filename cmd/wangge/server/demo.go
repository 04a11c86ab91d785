package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"wangge/api/auth"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"

	"github.com/spf13/cobra"
)

// DemoCommand tells a day of Harbin under a simulated clock, and then serves Harbin.
func DemoCommand(o *cli.Options) *cobra.Command {
	var once bool
	var data, listen string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a simulated day of Harbin, then serve it for you to try; --once only plays it",
		Long: `Plays a day of Harbin on the terminal with a simulated clock, over a real store and the code that serves. Without --once it
then serves Harbin with the machine's clock on loopback, makes tokens for a few invented people and prints commands to try.`,
		Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := auth.CheckListen(listen, false); err != nil && !once {
				return err
			}
			dir, err := os.MkdirTemp("", "wangge-demo-")
			if err != nil {
				return cli.Failure(err)
			}
			defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			if err := tellDay(cmd.Context(), o, cmd.OutOrStdout(), filepath.Join(dir, "story.db")); err != nil || once {
				return err
			}
			if data == "" {
				data = filepath.Join(dir, "data")
			}
			return serveDemo(cmd, o, data, listen)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "tell the day and exit")
	cmd.Flags().StringVar(&data, "data", "", "keep the served data here (default a directory that goes with the demo)")
	cmd.Flags().StringVar(&listen, "listen", cli.DefaultListen, "address of the server, on this machine")
	return cmd
}

// serveDemo serves Harbin until the context ends, and prints commands to try.
func serveDemo(cmd *cobra.Command, o *cli.Options, data, listen string) (err error) {
	if err := auth.CheckListen(listen, false); err != nil {
		return err
	}
	lis, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", listen)
	if err != nil {
		return cli.Failure(err)
	}
	defer lis.Close() //nolint:errcheck // the server has closed it when it ran
	d, err := OpenData(data, false)
	if err != nil {
		return cli.Failure(err)
	}
	defer func() { err = errors.Join(err, d.Store.Close()) }()
	c, files, err := startingCity(cmd, o, "harbin", d.Store)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	people, err := issueDemoTokens(d.Tokens)
	if err != nil {
		return cli.Failure(err)
	}
	cfg := desk.Config{Store: d.Store, City: c, Directory: files}
	outs := &outputs{log: true, gap: time.Minute}
	err = serve(cmd.Context(), cfg, lis, d.Tokens, nil, outs, func(addr net.Addr, c *city.City, _ []string) {
		printDemo(out, o, c, addr, people)
	})
	if err != nil {
		return cli.Failure(err)
	}
	return nil
}

// printDemo prints the address of the demo and commands to try.
func printDemo(out io.Writer, o *cli.Options, c *city.City, addr net.Addr, people []demoPerson) {
	if o.JSON {
		// An error has no reader left.
		_ = cli.Encode(out, map[string]any{
			"city": c.Code, "revision": c.Revision, "listen": addr.String(), "people": people,
		})
		return
	}
	p := o.Printer(out, c.Location)
	p.Line("\n%[1]s serves on %[3]s\n\nTry it from another terminal, as one of these people (Ctrl-C stops the demo):", "\n%[2]s服务已启动，监听 %[3]s\n\n请在另一终端以下列人员的身份试用（按 Ctrl-C 结束演示）：", c.NameEn, c.Name, addr)
	for _, who := range people {
		p.Line("  export %s=%s   # %s", "  export %s=%s   # %s", who.As, who.Token, who.Person)
	}
	fmt.Fprintf(out, `  wangge report 45.755 126.600 C0106 --text 缺盖 --server %[1]s --token $INSPECTOR
  wangge case list --scope area:230102 --open --server %[1]s --token $LEADER
  wangge case act NUMBER start --server %[1]s --token $OWNER
  wangge overdue --scope area:230100 --summary --server %[1]s --token $LEADER
  wangge city get ./now --server %[1]s --token $GRID_OFFICE
`, addr)
	p.Line("Notices go to the log of this demo alone; nobody is told.", "通知只写入本演示的日志，不会发给任何人。")
}

// demoPerson is a person as whom the demo can be tried.
type demoPerson struct {
	As     string `json:"as"` // the variable of a shell that holds the token
	Person string `json:"person"`
	Token  string `json:"token"`
}

// issueDemoTokens issues a token for each of the demo's people.
func issueDemoTokens(tokens *auth.Tokens) ([]demoPerson, error) {
	people := []demoPerson{
		{As: "INSPECTOR", Person: "p-230102-inspector-1"},
		{As: "OWNER", Person: "p-lighting-owner"},
		{As: "CHECKER", Person: "p-checker-1"},
		{As: "ACCEPTOR", Person: "p-acceptor-3"},
		{As: "LEADER", Person: "p-leader"},
		{As: "GRID_OFFICE", Person: "p-grid-office"},
	}
	for i, who := range people {
		var err error
		if people[i].Token, err = tokens.Issue(roster.PersonID(who.Person), 24*time.Hour, time.Now(), rand.Reader); err != nil {
			return nil, err
		}
	}
	return people, nil
}
